"""Deliveries: the outbox of webhooks. Whoever sends one claims it for a while, and loses it to others if it dies."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import NamedTuple

import asyncpg

from app.domain.limits import DELIVERY_DAYS, LARGEST_ID, SOON_SECONDS
from app.domain.webhooks import Delivery, DeliveryStatus
from app.store import statements
from app.store.paging import Page
from app.store.session import Session

_sql = statements.load("deliveries.sql")
_MORE = 10


class NewDelivery(NamedTuple):
    """A change to be told. Without a record it waits for no other."""

    sequence: int
    record_id: int | None
    body: str


class Room(NamedTuple):
    """How many records' deliveries may be claimed for a trigger, and how many behind the first of each."""

    records: int
    behind: int = 0


class Failure(NamedTuple):
    """An attempt that failed; the next one is made after `pause` seconds, unless it is given up."""

    delivery: Delivery
    answered: int | None
    error: str
    pause: float
    dead: bool


async def insert(session: Session, trigger_id: int, new: Sequence[NewDelivery]) -> None:
    """To be sent in order of sequence, record by record. As many that were settled long ago, and some more, are
    forgotten. Raises Conflict when one of the changes is told already."""
    await forget(session, len(new) + _MORE)
    await session.fetch(
        _sql.insert, trigger_id, [each.sequence for each in new], [each.record_id for each in new],
        [each.body for each in new],
    )  # fmt: skip


async def forget(session: Session, most: int, days: int = DELIVERY_DAYS) -> int:
    """Removes so many of those that were settled more than so many days ago, the oldest; how many."""
    return len(await session.fetch(_sql.forget, days, most))


async def claim(session: Session, rooms: Mapping[int, Room], seconds: float) -> list[list[Delivery]]:
    """What may be sent now, by trigger; nobody else gets it for so many seconds. Each list holds deliveries of one
    record, each to be sent when the one before it has arrived."""
    rows = await session.fetch(
        _sql.claim, list(rooms), [room.records for room in rooms.values()], [room.behind for room in rooms.values()],
        seconds,
    )  # fmt: skip
    chains: dict[tuple[int, int | None, int], list[asyncpg.Record]] = defaultdict(list)
    for row in sorted(rows, key=itemgetter("sequence")):
        alone = row["sequence"] if row["record_id"] is None else 0
        chain = chains[row["trigger_id"], row["record_id"], alone]
        if row["place"] == len(chain):  # behind a gap: it was settled, or taken, a moment ago
            chain.append(row)
    return [[*map(delivery, chain)] for chain in chains.values() if chain]


async def delivered(session: Session, arrived: Sequence[tuple[Delivery, int]]) -> None:
    """These have arrived, and were answered with that status."""
    await session.run_many(_sql.delivered, [(each.id, answered) for each, answered in arrived])


async def failed(session: Session, failures: Sequence[Failure]) -> None:
    """Tries each again after its pause, or gives it up. Nothing where somebody else has taken over."""
    await session.run_many(
        _sql.failed, [(each.id, each.next_at, answered, error, pause, dead)
                      for each, answered, error, pause, dead in failures],
    )  # fmt: skip


async def let_go(session: Session, claimed: Sequence[Delivery]) -> None:
    """These will not be sent by whom they were claimed."""
    await session.run_many(_sql.let_go, [(each.id, each.next_at) for each in claimed])


async def by_id(session: Session, delivery_id: int) -> Delivery | None:
    rows = await session.fetch(_sql.by_id, delivery_id, DELIVERY_DAYS)
    return delivery(rows[0]) if rows else None


async def page(
    session: Session, asked: Page[int], statuses: Sequence[DeliveryStatus], trigger_id: int | None = None
) -> list[Delivery]:
    """Deliveries in order of id (last first when asked backward)."""
    rows = await session.fetch(
        _sql.page_backward if asked.backward else _sql.page, asked.after or 0, asked.before or LARGEST_ID, asked.limit,
        [each.value for each in statuses], trigger_id, DELIVERY_DAYS,
    )  # fmt: skip
    return [*map(delivery, rows)]


async def count(session: Session, bound: int, statuses: Sequence[DeliveryStatus], trigger_id: int | None = None) -> int:
    """How many such deliveries there are, counting no further than the bound."""
    asked = [each.value for each in statuses]
    rows = await session.fetch(_sql.count, bound, asked, trigger_id, DELIVERY_DAYS)
    return int(rows[0]["n"])


async def replay(session: Session, ids: Sequence[int]) -> list[int]:
    """Sends those of them again that are dead letters; their ids."""
    return [int(row["id"]) for row in await session.fetch(_sql.replay, list(ids))]


async def hurry(session: Session, ids: Sequence[int]) -> list[int]:
    """Sends those of them now that are pending and would wait longer than a minute, or whose record's earlier ones
    would, with all that waits of their records; their ids."""
    return [int(row["id"]) for row in await session.fetch(_sql.hurry, list(ids), SOON_SECONDS)]


async def statuses(session: Session, ids: Sequence[int]) -> dict[int, DeliveryStatus]:
    """Of those that there are."""
    return {row["id"]: DeliveryStatus(row["status"]) for row in await session.fetch(_sql.statuses, list(ids))}


async def replay_all(session: Session, trigger_id: int | None, most: int) -> list[int]:
    """Sends the oldest dead letters again, of a trigger or of all; their ids."""
    return [int(row["id"]) for row in await session.fetch(_sql.replay_all, trigger_id, most)]


def delivery(row: asyncpg.Record) -> Delivery:
    """A row of the outbox."""
    known = {name: row[name] for name in Delivery.__annotations__}
    return Delivery(**{**known, "status": DeliveryStatus(row["status"])})
