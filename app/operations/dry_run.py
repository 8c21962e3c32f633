"""Dry runs: a write is done in one snapshot, its consequences are looked at, and it is undone.

What it locks is free again as soon as the prices after it are known, and it never takes the place of the change log
that writers of a shop wait for each other at. Nothing is told to anybody, and no answer is kept for retries.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from app.domain.changes import Change, Events, Kind, Logged
from app.domain.dry_runs import DryRun, Firing, Found, PriceChange, found
from app.domain.limits import PRICES_COMPARED
from app.domain.periods import Calendar
from app.domain.problems import Refused
from app.domain.verdicts import Answer, refused
from app.loaders.prices import quote
from app.operations.affected_prices import affected, changed_prices
from app.operations.fire_triggers import firing
from app.operations.journal import Written
from app.operations.transaction import Call, again, key_problem
from app.store import products, shops, triggers
from app.store.database import Database
from app.store.failures import Conflict
from app.store.session import Session

Write = Callable[[Session], Awaitable[Written]]


class Wanted(NamedTuple):
    """Which consequences are looked at."""

    triggers: bool
    prices: bool


async def dry_run(
    database: Database, call: Call, write: Write, wanted: Wanted,
    on_conflict: Callable[[Conflict], Answer] | None = None, *, events: Events,
) -> DryRun:  # fmt: skip
    """What the write would answer and do, had it run now. An idempotency key is checked, but neither found nor kept.
    Raises the store's failures."""
    if problem := key_problem(call.idempotency_key):
        return DryRun(refused([problem]))
    try:
        return await again(lambda: _tried(database, call, write, wanted, events))
    except Refused as refusal:
        return DryRun(refused(refusal.problems))
    except Conflict as conflict:
        if on_conflict is None:
            raise
        return DryRun(on_conflict(conflict))


async def _tried(database: Database, call: Call, write: Write, wanted: Wanted, events: Events) -> DryRun:
    async with database.trying(call.shop_id) as session:
        await session.command("savepoint untouched")
        written = await write(session)
        fired = await _firings(session, call, written, events) if wanted.triggers else None
        prices = await _prices(session, written) if wanted.prices else None
    return DryRun(_without_new_ids(written), fired, prices)


async def _firings(session: Session, call: Call, written: Written, events: Events) -> Found[Firing]:
    """What is summed up or suppressed fires nothing."""
    model, definition, changes = written.model, written.definition, written.changes
    shop = await shops.find_shop(session) if changes and events is Events.EMIT else None
    if model is None or definition is None or shop is None:
        return Found()
    now = datetime.now(UTC)
    made = [
        Logged(number, definition.id, change, False, call.operation, call.api_key_id, None, now)
        for number, change in enumerate(changes)
    ]
    places = _places(written.answer)
    new = _new_ids(changes)
    fired: list[Firing] = []
    for trigger in await triggers.every(session):
        if trigger.enabled and trigger.definition_id == definition.id:
            calendar = Calendar(now, ZoneInfo(shop.time_zone))
            for _, each in await firing(session, model, trigger, made, calendar):
                change, id_ = each.change, str(each.change.record_id)
                known = change._replace(record_id=None) if id_ in new else change
                fired.append(Firing(trigger, known, places[id_]))
    return found(fired)


async def _prices(session: Session, written: Written) -> Found[PriceChange]:
    """Compares the prices after the write with those before, to which it goes back."""
    model, definition = written.model, written.definition
    if model is None or definition is None or not written.changes:
        return Found()
    pairs, are_all = await affected(session, model, definition, written.changes, PRICES_COMPARED)
    if not pairs:
        return Found(is_exact=are_all)
    after = await quote(session, model, pairs)
    await session.command("rollback to savepoint untouched")
    before = await quote(session, model, pairs)
    rows = await products.by_ids(session, list(dict.fromkeys(id_ for _, id_ in pairs)))
    return found(changed_prices(before, after, rows), is_exact=are_all)


def _places(answer: Answer) -> dict[str, int]:
    """The position of the first item that became each record."""
    return {verdict.id: verdict.index for verdict in reversed(answer.verdicts) if verdict.id is not None}


def _without_new_ids(written: Written) -> Answer:
    """Records that would be created have no ids."""
    new = _new_ids(written.changes)
    verdicts = tuple(replace(each, id=None) if each.id in new else each for each in written.answer.verdicts)
    return replace(written.answer, verdicts=verdicts)


def _new_ids(changes: Sequence[Change]) -> set[str]:
    return {str(change.record_id) for change in changes if change.kind is Kind.CREATED}
