"""The ways in for writing triggers and webhooks."""

import strawberry

from app.domain.limits import (
    PAGE_SIZE,
    REPLAYED_AT_ONCE,
    SECRET_OVERLAP_SECONDS,
    SECRETS_AT_ONCE,
    TRIGGERS_PER_SHOP,
)
from app.domain.problems import Code, Problem
from app.domain.trigger_drafts import DraftTrigger
from app.domain.verdicts import Answer, Outcome
from app.graphql.context import Info
from app.graphql.node import number_of
from app.graphql.payloads import UserError, user_errors
from app.graphql.scalars import JSON
from app.graphql.triggers import Trigger, TriggerTransition, load_trigger
from app.graphql.typed.translated import OnDefinition, as_sent
from app.operations import replay_deliveries as operations
from app.operations.create_trigger import create_trigger as create
from app.operations.update_trigger import delete_trigger as delete
from app.operations.update_trigger import switch_trigger
from app.operations.update_trigger import update_trigger as update

_WHEN = (
    'A condition on the records of the definition, in the language of `where`, such as `{tier: {eq: "gold"}}`. `{}` is '
    "true of every record."
)

_ON = "The definition and the condition by the shop's own types, instead of `definition` and `when`."


@strawberry.input(description="Where deliveries go.")
class DeliverInput:
    url: str = strawberry.field(description="https, on the open internet.")


@strawberry.input(description=f"A trigger to add; a shop has at most {TRIGGERS_PER_SHOP}.")
class CreateTriggerInput:
    name: str = strawberry.field(description="Unique in the shop; case and accents do not count.")
    deliver: DeliverInput
    definition: str | None = strawberry.field(
        default=None, description="Key or id of the definition whose records are watched; goes with `when`."
    )
    when: JSON | None = strawberry.field(default=None, description=_WHEN)
    on: JSON | None = strawberry.field(default=None, description=_ON)  # typed/written.py
    transition: TriggerTransition = TriggerTransition.BECOMES_TRUE
    enabled: bool = True
    idempotency_key: str | None = None


@strawberry.input(description="What is to change of a trigger; what is left out stays. Its definition always does.")
class UpdateTriggerInput:
    trigger: strawberry.ID = strawberry.field(description="`id` or `idTrigger`.")
    name: str | None = None
    when: JSON | None = strawberry.field(default=None, description=_WHEN)
    on: JSON | None = strawberry.field(default=None, description=_ON)  # typed/written.py
    transition: TriggerTransition | None = None
    deliver: DeliverInput | None = None


@strawberry.input(description="Names a trigger.")
class TriggerInput:
    trigger: strawberry.ID = strawberry.field(description="`id` or `idTrigger`.")


@strawberry.input(description="Deliveries to send again: by their ids, or the oldest dead letters that there are.")
class ReplayDeliveriesInput:
    ids: list[strawberry.ID] | None = strawberry.field(
        default=None, description=f"1 to {PAGE_SIZE}, each `id` or `idDelivery`. What is pending is sent now, with "
        "what waits of its record; what is passed over has a warning."
    )  # fmt: skip
    trigger: strawberry.ID | None = strawberry.field(
        default=None, description=f"Without ids: only of this trigger. At most {REPLAYED_AT_ONCE:,} at once."
    )


@strawberry.input(description="A new secret, and for how long the one before goes on.")
class RotateWebhookSecretInput:
    overlap: int = strawberry.field(
        default=86_400,
        description="Seconds during which the secrets before sign too, so that receivers can change over: 0 to "
        f"{SECRET_OVERLAP_SECONDS:,}. One that is to end sooner does. At most {SECRETS_AT_ONCE} sign at once.",
    )


@strawberry.type(description="The trigger as it is now; null when the call was refused.")
class TriggerPayload:
    trigger: Trigger | None
    user_errors: list[UserError]


@strawberry.type(description="What came of a deletion.")
class DeleteTriggerPayload:
    deleted: bool = strawberry.field(description="False when there was nothing to delete, or it was refused.")
    user_errors: list[UserError]


@strawberry.type(description="What is sent again.")
class ReplayDeliveriesPayload:
    replayed: int = strawberry.field(description="How many are sent again.")
    ids: list[strawberry.ID] = strawberry.field(description="Their idDelivery.")
    warnings: list[UserError] = strawberry.field(description="Why others that were named are not.")
    user_errors: list[UserError]


@strawberry.type(description="The new secret.")
class WebhookSecretPayload:
    secret: str | None = strawberry.field(
        description="Shown this once. Receivers compute HMAC-SHA256 of timestamp, point and body with it."
    )
    user_errors: list[UserError]


async def create_trigger(info: Info, input: CreateTriggerInput) -> TriggerPayload:
    """Adds a trigger: from now on, changes of the definition's records for which the condition becomes true (or as
    `transition` says) are told to an endpoint, signed with the shop's secret: `rotateWebhookSecret` makes one and shows
    it, once."""
    call = await info.context.begin_call(info.field_name, input)
    on: OnDefinition | None = input.on  # type: ignore[assignment]
    known = (input.definition is not None, input.when is not None)
    if known != (on is None, on is None):
        return TriggerPayload(trigger=None, user_errors=user_errors((_ONE_FORM,)))
    definition, when = (input.definition, input.when) if on is None else (on.definition, on.condition)
    draft = DraftTrigger(input.name, when, input.transition, input.deliver.url, _private(info))
    answer = await create(info.context.database, call, definition or "", draft, enabled=input.enabled)
    return await _payload(info, answer, on)


async def update_trigger(info: Info, input: UpdateTriggerInput) -> TriggerPayload:
    """Changes a trigger. Changes that it has not judged yet are judged by the new condition; deliveries that have not
    arrived yet go to the new address."""
    call = await info.context.begin_call(info.field_name, input)
    on: OnDefinition | None = input.on  # type: ignore[assignment]
    if on is not None and input.when is not None:
        return TriggerPayload(trigger=None, user_errors=user_errors((_ONE_FORM,)))
    url = input.deliver.url if input.deliver is not None else None
    when, key = (input.when, None) if on is None else (on.condition, on.definition)
    draft = DraftTrigger(input.name, when, input.transition, url, _private(info), key)
    return await _payload(info, await update(info.context.database, call, _number(input.trigger), draft), on)


async def enable_trigger(info: Info, input: TriggerInput) -> TriggerPayload:
    """Switches a trigger on: what happens from now on may fire it, and what is pending is sent. Idempotent."""
    return await _switched(info, input, enabled=True)


async def disable_trigger(info: Info, input: TriggerInput) -> TriggerPayload:
    """Switches a trigger off: what happens from now on never fires it, and what is pending waits. Idempotent."""
    return await _switched(info, input, enabled=False)


async def delete_trigger(info: Info, input: TriggerInput) -> DeleteTriggerPayload:
    """Removes a trigger and its deliveries, also those that have not arrived. Idempotent."""
    call = await info.context.begin_call(info.field_name, input)
    answer = await delete(info.context.database, call, _number(input.trigger))
    first = answer.first
    return DeleteTriggerPayload(
        deleted=first is not None and first.outcome is Outcome.DELETED, user_errors=user_errors(answer.problems)
    )


async def replay_deliveries(info: Info, input: ReplayDeliveriesInput) -> ReplayDeliveriesPayload:
    """Sends dead letters again, from the first attempt on. Later deliveries of their records may have gone before.
    Pending deliveries that are named are sent now."""
    call = await info.context.begin_call(info.field_name, input)
    ids = None if input.ids is None else [_number(each, "WebhookDelivery") for each in input.ids]
    trigger = None if input.trigger is None else _number(input.trigger)
    if problem := _unclear(input, ids, trigger):
        return ReplayDeliveriesPayload(replayed=0, ids=[], warnings=[], user_errors=user_errors((problem,)))
    known = None if ids is None else [id_ for id_ in ids if id_ is not None]
    answer = await operations.replay_deliveries(info.context.database, call, known, trigger)
    again = [strawberry.ID(verdict.id or "") for verdict in answer.verdicts]
    return ReplayDeliveriesPayload(
        replayed=len(again), ids=again, warnings=user_errors(answer.warnings), user_errors=user_errors(answer.problems)
    )


async def rotate_webhook_secret(info: Info, input: RotateWebhookSecretInput) -> WebhookSecretPayload:
    """Makes a new secret for the shop's webhooks and shows it, this once. Until those before have ended, deliveries
    carry their signatures too."""
    await info.context.renewed()
    rotated = await operations.rotate_webhook_secret(info.context.database, info.context.shop.id, input.overlap)
    return WebhookSecretPayload(secret=rotated.secret, user_errors=user_errors(rotated.problems))


async def _switched(info: Info, input: TriggerInput, *, enabled: bool) -> TriggerPayload:
    call = await info.context.begin_call(info.field_name, input)
    return await _payload(
        info, await switch_trigger(info.context.database, call, _number(input.trigger), enabled=enabled)
    )


async def _payload(info: Info, answer: Answer, on: OnDefinition | None = None) -> TriggerPayload:
    first = answer.first
    found = await load_trigger(info, int(first.id)) if first is not None and first.id is not None else None
    problems = answer.problems if on is None else as_sent(answer.problems, "when", on.condition, f"on.{on.name}")
    return TriggerPayload(trigger=found, user_errors=user_errors(problems))


_ONE_FORM = Problem(
    Code.INVALID_CONDITION, "Send either definition and when (`{}` is true of every record), or on.", "when"
)


def _private(info: Info) -> bool:
    return info.context.allowance.private_webhooks


def _number(id_: strawberry.ID, kind: str = "Trigger") -> int | None:
    return number_of(str(id_), kind)


def _unclear(input: ReplayDeliveriesInput, ids: list[int | None] | None, trigger: int | None) -> Problem | None:
    """What is wrong with the naming of what is to be sent again."""
    if ids is not None and input.trigger is not None:
        return Problem(Code.INVALID_REFERENCE, "Send ids or trigger, not both; or neither for all.", "ids")
    if ids is not None and not 1 <= len(ids) <= PAGE_SIZE:
        code = Code.TOO_MANY_ITEMS if ids else Code.NO_ITEMS
        return Problem(code, f"{len(ids)} ids were sent; 1 to {PAGE_SIZE} fit.", "ids")
    if ids is not None and None in ids:
        index = ids.index(None)
        message = "This is not the id of a delivery. Send idDelivery, or the id a query gave."
        return Problem(Code.INVALID_REFERENCE, message, f"ids.{index}", index)
    if input.trigger is not None and trigger is None:
        message = "This is not the id of a trigger. Send idTrigger, or the id a query gave."
        return Problem(Code.INVALID_REFERENCE, message, "trigger")
    return None
