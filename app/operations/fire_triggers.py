"""Judges the change log: what fires a trigger becomes a delivery, in the transaction that moves the trigger on."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from app.domain.changes import Kind, Logged, changed_fields
from app.domain.definitions import Definition, Model
from app.domain.periods import Calendar
from app.domain.triggers import Trigger, concerned, fires, understood
from app.domain.webhooks import event_id
from app.store import changes, deliveries, shops, triggers
from app.store.database import Database
from app.store.deliveries import NewDelivery
from app.store.matching import State, matching
from app.store.paging import Page
from app.store.session import Session
from app.telemetry import metrics

_PAGE = 200


async def fire(database: Database, shop_id: int, trigger_id: int) -> bool:
    """Judges the next changes of the trigger's definition; whether there may be more. Nothing where somebody else is at
    it. What fires while the trigger is broken is passed over: it fails closed. Raises the store's failures."""
    async with database.writing(shop_id, untold=True) as session:
        held = await triggers.hold_behind(session, trigger_id)
        shop = await shops.find_shop(session) if held is not None else None
        if held is None or shop is None:
            return False
        trigger, last = held
        page = Page(_PAGE, after=trigger.reached, before=last + 1)
        found = await changes.page(session, page, definition_id=trigger.definition_id)
        model = await database.models.current(session)
        new = await _deliveries(session, model, trigger, found, ZoneInfo(shop.time_zone))
        if new:
            await deliveries.insert(session, trigger.id, new)
        more = len(found) == _PAGE
        await triggers.advance(session, trigger.id, found[-1].sequence if more else last)
    now = datetime.now(UTC)
    metrics.noticed("triggers", [(now - each.made_at).total_seconds() for each in found])
    return more


async def _deliveries(
    session: Session, model: Model, trigger: Trigger, found: Sequence[Logged], zone: ZoneInfo
) -> list[NewDelivery]:
    """The deliveries of those that fire. Calendar words mean the day of the change: changes of one day are judged by
    one statement."""
    new: list[NewDelivery] = []
    by_day = groupby(found, key=lambda each: each.made_at.astimezone(zone).date())
    for _, of_day in by_day:
        made = list(of_day)
        for definition, each in await firing(session, model, trigger, made, Calendar(made[0].made_at, zone)):
            new.append(_delivery(session.shop_id, trigger, definition, each))
    watched = model.by_id.get(trigger.definition_id)
    if watched is not None:  # an erasure fires whatever the condition: who was told of the person must hear of it
        erased = (each for each in found if each.change.kind is Kind.CONTACT_ERASED)
        new += [_delivery(session.shop_id, trigger, watched, each) for each in erased]
    return new


async def firing(
    session: Session, model: Model, trigger: Trigger, made: Sequence[Logged], calendar: Calendar
) -> list[tuple[Definition, Logged]]:
    """Those of some changes, all of one day, that fire the trigger, and its definition."""
    concern = concerned(trigger, made)
    told, _ = understood(model, trigger, calendar) if concern else (None, None)
    if told is None:
        return []
    definition, condition = told
    states = [state for each in concern for state in _states(each)]
    judged = iter(await matching(session, definition, condition, states))
    fired = []
    for each in concern:
        before = each.change.before is not None and next(judged)
        after = each.change.after is not None and next(judged)
        if fires(trigger.transition, before, after):
            fired.append((definition, each))
    return fired


def _states(logged: Logged) -> Iterator[State]:
    """The record before and after the change, as far as it was there."""
    change = logged.change
    id_, version = change.record_id or 0, change.version or 0
    if change.before is not None:
        yield State(id_, version - 1, dict(change.before), logged.made_at)
    if change.after is not None:
        yield State(id_, version, dict(change.after), logged.made_at)


def _delivery(shop_id: int, trigger: Trigger, definition: Definition, logged: Logged) -> NewDelivery:
    body = {
        "id": event_id(shop_id, trigger.id, logged.sequence),
        "trigger": {"idTrigger": str(trigger.id), "name": trigger.name, "transition": trigger.transition.value},
        "change": _change(definition, logged),
    }
    return NewDelivery(logged.sequence, logged.change.record_id, orjson.dumps(body).decode())


def _change(definition: Definition, logged: Logged) -> dict[str, Any]:
    """As the change log shows it."""
    change = logged.change
    erasure = {} if change.summary is None else {"summary": change.summary}
    return {
        "sequence": str(logged.sequence), "kind": change.kind.value, "definition": definition.key,
        "idDefinition": str(definition.id), "idRecord": None if change.record_id is None else str(change.record_id),
        "version": change.version, **erasure,
        "before": change.before, "after": change.after, "changedFields": changed_fields(change),
        "operation": logged.operation, "madeAt": logged.made_at.isoformat(),
    }  # fmt: skip
