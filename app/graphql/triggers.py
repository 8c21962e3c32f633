"""Triggers: which changes are told, and to whom."""

from collections.abc import Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import orjson
import strawberry

from app.domain import triggers as domain
from app.domain.periods import Calendar
from app.execution import Column, attribute, batched
from app.graphql.access import only_keys
from app.graphql.context import Info
from app.graphql.definitions import CustomDataDefinition, definition_node
from app.graphql.node import Node, opaque_id, own_id
from app.graphql.scalars import JSON
from app.store import triggers as store

TriggerTransition = domain.Transition

strawberry.enum(
    TriggerTransition,
    name="TriggerTransition",
    description="When a change fires. BECOMES_TRUE: the condition was false before, or there was no record, and is "
    "true after. EVERY_MATCH: it is true after. BECOMES_FALSE: it was true before, and is false after, or the record "
    "was deleted.",
)


@strawberry.type(description="Where a trigger's deliveries go.")
class TriggerDelivery:
    url: str = strawberry.field(description="What is delivered is POSTed there, signed.")


@strawberry.type(
    description="Watches the records of a definition, and tells an endpoint of changes for which its condition becomes "
    "true, is true, or becomes false. Suppressed and summed-up changes fire nothing."
)
class Trigger(Node):
    id: strawberry.ID = opaque_id("Trigger")
    id_trigger: strawberry.ID = own_id()
    name: str = attribute("row.name")
    transition: TriggerTransition = attribute("row.transition")
    enabled: bool = attribute("row.enabled", description="Switched off, it neither fires nor delivers.")
    created_at: datetime = attribute("row.created_at")
    updated_at: datetime = attribute("row.updated_at")
    row: strawberry.Private[domain.Trigger]

    @batched(description="The condition as it was sent.")
    @staticmethod
    def when(parents: Sequence["Trigger"]) -> Column[JSON]:
        return [JSON(orjson.loads(parent.row.text)) for parent in parents]

    @batched(description="Where its deliveries go.")
    @staticmethod
    def deliver(parents: Sequence["Trigger"]) -> Column[TriggerDelivery]:
        return [TriggerDelivery(url=parent.row.url) for parent in parents]

    @batched(description="The sequence of the change log up to which it has judged what happened.")
    @staticmethod
    def reached(parents: Sequence["Trigger"]) -> Column[strawberry.ID]:
        return [strawberry.ID(str(parent.row.reached)) for parent in parents]

    @batched(description="The definition whose records it watches; null when that is gone.")
    @staticmethod
    async def definition(parents: Sequence["Trigger"], info: Info) -> Column[CustomDataDefinition | None]:
        only_keys(info)
        model = await info.context.model()
        found = [model.by_id.get(parent.row.definition_id) for parent in parents]
        return [definition_node(each, model) if each is not None else None for each in found]

    @batched(description="Why it fires nothing (any more): something that it uses has gone. Null where all is well.")
    @staticmethod
    async def broken(parents: Sequence["Trigger"], info: Info) -> Column[str | None]:
        model = await info.context.model()
        calendar = Calendar(datetime.now(UTC), ZoneInfo(info.context.shop.time_zone))
        found = [domain.understood(model, parent.row, calendar)[1] for parent in parents]
        return [None if each is None else f"{each.path}: {each.message}" for each in found]


async def triggers(info: Info) -> list[Trigger]:
    """The shop's triggers, in order of creation."""
    return [Trigger(row=row) for row in await store.every(info.context.session)]


async def load_trigger(info: Info, trigger_id: int | None) -> Trigger | None:
    """The trigger of that id."""
    every = await store.every(info.context.session)
    return next((Trigger(row=row) for row in every if row.id == trigger_id), None)
