"""Deliveries: what triggers told, tell, or could not tell."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import orjson
import strawberry

from app.domain import webhooks as domain
from app.domain.limits import COUNT_BOUND, DELIVERY_DAYS
from app.execution import Column, attribute, batched
from app.graphql.access import only_keys
from app.graphql.connection import After, Before, Connection, First, Last, connect, number_page
from app.graphql.context import Info
from app.graphql.errors import Refusal
from app.graphql.node import Node, number_of, opaque_id, own_id
from app.graphql.scalars import JSON
from app.store import deliveries as store

DeliveryStatus = domain.DeliveryStatus

strawberry.enum(
    DeliveryStatus,
    name="DeliveryStatus",
    description="PENDING: to be sent, for the first time or again. DELIVERED: the endpoint answered 200 to 299. DEAD: "
    "given up after too many attempts; it can be replayed.",
)


@strawberry.type(
    description="One change told to the endpoint of one trigger: at least once, and after the earlier ones of its "
    f"record. Kept for {DELIVERY_DAYS} days after it was delivered or given up."
)
class WebhookDelivery(Node):
    id: strawberry.ID = opaque_id("WebhookDelivery")
    id_delivery: strawberry.ID = own_id()
    status: DeliveryStatus = attribute("row.status")
    attempts: int = attribute("row.attempts", description="Made so far, since it was last replayed.")
    last_status: int | None = attribute("row.answered", description="The HTTP status of the last attempt.")
    last_error: str | None = attribute("row.error", description="What kept the last attempt from succeeding.")
    created_at: datetime = attribute("row.created_at")
    settled_at: datetime | None = attribute("row.settled_at", description="When it was delivered or given up.")
    row: strawberry.Private[domain.Delivery]

    @batched(description="What receivers tell repeats by: the same at every attempt.")
    @staticmethod
    def event_id(parents: Sequence["WebhookDelivery"], info: Info) -> Column[strawberry.ID]:
        shop_id = info.context.shop.id
        rows = [parent.row for parent in parents]
        return [strawberry.ID(domain.event_id(shop_id, row.trigger_id, row.sequence)) for row in rows]

    @batched(description="The trigger that fired.")
    @staticmethod
    def id_trigger(parents: Sequence["WebhookDelivery"]) -> Column[strawberry.ID]:
        return [strawberry.ID(str(parent.row.trigger_id)) for parent in parents]

    @batched(description="The change's place in the change log.")
    @staticmethod
    def sequence(parents: Sequence["WebhookDelivery"]) -> Column[strawberry.ID]:
        return [strawberry.ID(str(parent.row.sequence)) for parent in parents]

    @batched(description="The record that changed; it may be gone. Null where a person was erased.")
    @staticmethod
    def id_record(parents: Sequence["WebhookDelivery"]) -> Column[strawberry.ID | None]:
        ids = [parent.row.record_id for parent in parents]
        return [None if id_ is None else strawberry.ID(str(id_)) for id_ in ids]

    @batched(description="When it is sent, or sent again; null when it was delivered or given up.")
    @staticmethod
    def next_attempt_at(parents: Sequence["WebhookDelivery"]) -> Column[datetime | None]:
        rows = [parent.row for parent in parents]
        return [row.next_at if row.status is DeliveryStatus.PENDING else None for row in rows]

    @batched(description="What is sent.")
    @staticmethod
    def body(parents: Sequence["WebhookDelivery"], info: Info) -> Column[JSON]:
        only_keys(info)
        return [JSON(orjson.loads(parent.row.body)) for parent in parents]


async def webhook_deliveries(
    info: Info,
    status: Annotated[list[DeliveryStatus] | None, strawberry.argument(description="Only of these, such as "
                                                                       "`[DEAD]`.")] = None,
    trigger: Annotated[strawberry.ID | None, strawberry.argument(description="Only of this trigger (id or "
                                                                 "idTrigger).")] = None,
    first: First = None, after: After = None, last: Last = None, before: Before = None,
) -> Connection[WebhookDelivery]:  # fmt: skip
    """What triggers told, tell, or could not tell, in order of creation."""
    trigger_id = number_of(str(trigger), "Trigger") if trigger is not None else None
    if trigger is not None and trigger_id is None:
        raise Refusal("BAD_USER_INPUT", "trigger is not the id of a trigger. Send idTrigger, or the id a query gave.")
    statuses = list(DeliveryStatus) if status is None else status
    page = number_page(first, after, last, before)
    session = info.context.session
    rows = await store.page(session, page, statuses, trigger_id)

    async def counted() -> int:
        return await store.count(session, COUNT_BOUND + 1, statuses, trigger_id)

    return connect(rows, page, lambda shown: [WebhookDelivery(row=row) for row in shown], counted)


async def load_delivery(info: Info, delivery_id: int | None) -> WebhookDelivery | None:
    """The delivery of that id."""
    found = await store.by_id(info.context.session, delivery_id) if delivery_id is not None else None
    return WebhookDelivery(row=found) if found is not None else None
