"""Deliveries: the outbox of webhooks. Whoever sends one claims it for a while, and loses it to others if it dies."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import asyncpg

from app.domain.limits import DELIVERY_DAYS, LARGEST_ID
from app.domain.webhooks import Delivery, DeliveryStatus
from app.store import statements
from app.store.paging import Page
from app.store.session import Session

_sql = statements.load("deliveries.sql")


class NewDelivery(NamedTuple):
    """A change to be told."""

    sequence: int
    record_id: int
    body: str


async def insert(session: Session, trigger_id: int, new: Sequence[NewDelivery]) -> None:
    """To be sent in order of sequence, record by record. Raises Conflict when one of the changes is told already."""
    await session.fetch(
        _sql.insert, trigger_id, [each.sequence for each in new], [each.record_id for each in new],
        [each.body for each in new], DELIVERY_DAYS,
    )  # fmt: skip


async def claim(session: Session, places: Mapping[int, int], seconds: float) -> list[Delivery]:
    """For each trigger up to so many deliveries that may be sent now; nobody else gets them for so many seconds."""
    rows = await session.fetch(_sql.claim, list(places), list(places.values()), seconds)
    return sorted(map(_delivery, rows), key=lambda each: each.sequence)


async def delivered(session: Session, delivery: Delivery, answered: int) -> None:
    await session.fetch(_sql.delivered, delivery.id, answered)


async def failed(
    session: Session, delivery: Delivery, answered: int | None, error: str, pause: float, *, dead: bool
) -> None:
    """Tries again after so many seconds, or gives up. Nothing where somebody else has taken over."""
    await session.fetch(_sql.failed, delivery.id, delivery.next_at, answered, error, pause, dead)


async def by_id(session: Session, delivery_id: int) -> Delivery | None:
    rows = await session.fetch(_sql.by_id, delivery_id)
    return _delivery(rows[0]) if rows else None


async def page(
    session: Session, asked: Page[int], statuses: Sequence[DeliveryStatus], trigger_id: int | None = None
) -> list[Delivery]:
    """Deliveries in order of id (last first when asked backward)."""
    rows = await session.fetch(
        _sql.page_backward if asked.backward else _sql.page, asked.after or 0, asked.before or LARGEST_ID, asked.limit,
        [each.value for each in statuses], trigger_id,
    )  # fmt: skip
    return [*map(_delivery, rows)]


async def count(session: Session, bound: int, statuses: Sequence[DeliveryStatus], trigger_id: int | None = None) -> int:
    """How many such deliveries there are, counting no further than the bound."""
    rows = await session.fetch(_sql.count, bound, [each.value for each in statuses], trigger_id)
    return int(rows[0]["n"])


async def replay(session: Session, ids: Sequence[int]) -> list[int]:
    """Sends those of them again that are dead letters; their ids."""
    return [int(row["id"]) for row in await session.fetch(_sql.replay, list(ids))]


async def replay_all(session: Session, trigger_id: int | None, most: int) -> list[int]:
    """Sends the oldest dead letters again, of a trigger or of all; their ids."""
    return [int(row["id"]) for row in await session.fetch(_sql.replay_all, trigger_id, most)]


def _delivery(row: asyncpg.Record) -> Delivery:
    return Delivery(**{**row, "status": DeliveryStatus(row["status"])})
