"""The change log: what happened to records and definitions."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, cast

import strawberry

from app.domain import changes as domain
from app.domain.limits import CHANGE_DAYS, COUNT_BOUND
from app.execution import Answers, Column, attribute, batched, represents
from app.graphql.connection import Connection, First, Last, connect, number_page
from app.graphql.context import Info
from app.graphql.definitions import CustomDataDefinition, definition_node
from app.graphql.errors import Refusal
from app.graphql.node import Node, decode, number, number_of, opaque_id, own_id
from app.graphql.records import CustomDataRecord, find_definition, load_records
from app.graphql.scalars import JSON
from app.store import changes as store
from app.store.feeds import NotReached
from app.store.paging import Page

ChangeKind = domain.Kind
ChangeEvents = domain.Events

strawberry.enum(
    ChangeKind,
    name="ChangeKind",
    description="What happened: to a record (SUMMARY: to several in one call, by counts and ids), to a definition, "
    "to the override sources of a system field, or to a person: CONTACT_ERASED comes once for each definition that had "
    "records of the contact, with their ids, and once for the contact itself.",
)
strawberry.enum(
    ChangeEvents,
    name="ChangeEvents",
    description="Who is told of the changes of a call. EMIT: each is told. SUMMARY: they are told, and kept, as one, "
    "with counts and ids; for imports. SUPPRESS: they are kept in the log, and told to nobody.",
)


AfterChange = Annotated[str | None, strawberry.argument(description="Only what comes behind this sequence or cursor.")]
BeforeChange = Annotated[str | None, strawberry.argument(description="Only what comes before this sequence or cursor.")]


@strawberry.type(
    description="Something that happened, written in the transaction in which it happened and kept for "
    f"{CHANGE_DAYS} days, unless the gateway's settings say otherwise. What changed nothing is no change."
)
class CustomDataChange(Node):
    is_type_of = represents(domain.Logged)
    id: strawberry.ID = opaque_id("CustomDataChange", "sequence")
    sequence: strawberry.ID = own_id("sequence")
    kind: ChangeKind = attribute("change.kind")
    version: int | None = attribute(
        "change.version", description="The record's version after the change. It grows with each, also with a deletion."
    )
    before: JSON | None = attribute("change.before", description="The data before; null of what was created.")
    after: JSON | None = attribute("change.after", description="The data after; null of what was deleted.")
    summary: JSON | None = attribute(
        "change.summary", description="Counts and record ids, of a SUMMARY; with idContact, of a CONTACT_ERASED."
    )
    erased: bool = attribute(
        "erased", description="Whether what was before and after is gone, with the person that it was about."
    )
    suppressed: bool = attribute("suppressed", description="Whether nobody was told (events: SUPPRESS).")
    operation: str = attribute("operation", description="The mutation that did it.")
    idempotency_key: str | None = attribute("idempotency_key", description="The call's, if it had one.")
    made_at: datetime = attribute("made_at")

    @batched(description="The record's id; the record itself may be gone.")
    @staticmethod
    def id_record(parents: Sequence[domain.Logged]) -> Column[strawberry.ID | None]:
        return [_id(parent.change.record_id) for parent in parents]

    @batched(description="The definition's id; the definition itself may be gone.")
    @staticmethod
    def id_definition(parents: Sequence[domain.Logged]) -> Column[strawberry.ID | None]:
        return [_id(parent.definition_id) for parent in parents]

    @batched(description="The API key that did it.")
    @staticmethod
    def id_api_key(parents: Sequence[domain.Logged]) -> Column[strawberry.ID]:
        return [strawberry.ID(str(parent.api_key_id)) for parent in parents]

    @batched(description="The fields whose values differ before and after.")
    @staticmethod
    def changed_fields(parents: Sequence[domain.Logged]) -> Column[list[str]]:
        return [domain.changed_fields(parent.change) for parent in parents]

    @batched(description="The record as it is now; null when it is gone.")
    @staticmethod
    def record(parents: Sequence[domain.Logged], info: Info) -> Answers[CustomDataRecord | None]:
        return load_records(info, [parent.change.record_id for parent in parents])

    @batched(description="The definition as it is now; null when it is gone.")
    @staticmethod
    async def definition(parents: Sequence[domain.Logged], info: Info) -> Column[CustomDataDefinition | None]:
        model = await info.context.model()
        found = [model.by_id.get(parent.definition_id or 0) for parent in parents]
        return [definition_node(each, model) if each is not None else None for each in found]


async def custom_data_changes(
    info: Info,
    definition: Annotated[str | None, strawberry.argument(description="Only of this definition (key or id).")] = None,
    record: Annotated[strawberry.ID | None, strawberry.argument(description="Only of this record, also when it is "
                                                                "gone (id or idRecord).")] = None,
    first: First = None, after: AfterChange = None, last: Last = None, before: BeforeChange = None,
) -> Connection[CustomDataChange]:  # fmt: skip
    """What happened to the shop's records and definitions, in the order of commits: whoever goes on behind an
    endCursor, or a sequence, misses nothing and reads nothing twice. A sequence that the log has not reached is an
    error: it may have been restored from a backup."""
    if definition is not None and record is not None:
        raise Refusal("BAD_USER_INPUT", "Send definition or record, not both: a record has one definition.")
    definition_id = (await find_definition(info, definition)).id if definition is not None else None
    record_id = number_of(str(record), "CustomDataRecord") if record is not None else None
    if record is not None and record_id is None:
        raise Refusal("BAD_USER_INPUT", "record is not the id of a record. Send idRecord, or the id a query gave.")
    size = number_page(first, None, last)
    behind = None if after is None else position(after, "after")
    until = None if before is None else position(before, "before")
    page = Page(size.limit, behind, until, size.backward)
    session = info.context.session
    rows = await store.page(session, page, definition_id=definition_id, record_id=record_id)
    if behind and not rows:
        await _require_reached(info, behind)

    async def counted() -> int:
        return await store.count(session, COUNT_BOUND + 1, definition_id=definition_id, record_id=record_id)

    return cast(Connection[CustomDataChange], connect(rows, page, list, counted))


async def load_change(info: Info, key: str) -> CustomDataChange | None:
    """The change of that sequence."""
    sequence = number(key) or 0
    found = await store.page(info.context.session, Page(1, after=sequence - 1, before=sequence + 1))
    return cast(CustomDataChange, found[0]) if found else None


def position(text: str, name: str) -> int:
    """A place in the log: a change's sequence, 0 before all of them, or a cursor. Raises Refusal."""
    decoded = None if text.isdigit() else decode(text)
    found = decoded[1] if decoded is not None and decoded[0] == "cursor" else text
    sequence = 0 if found == "0" else number(found)
    if sequence is None:
        message = f"{name} is the sequence of a change, such as the last one that was seen, 0 for all, or a cursor."
        raise Refusal("BAD_USER_INPUT", message)
    return sequence


async def _require_reached(info: Info, sequence: int) -> None:
    """Raises Refusal where the log ends before it. What a replica has not seen yet, the primary may have."""
    session = info.context.session
    last = (await store.ends(session))[1]
    if sequence > last and session.replicas is not None:
        async with info.context.database.reading(info.context.shop.id) as primary:
            last = (await store.ends(primary))[1]
    if sequence > last:
        raise not_reached(NotReached(sequence, last))


def not_reached(beyond: NotReached) -> Refusal:
    """The log ends before what was asked for; `last` tells where."""
    return Refusal("CHANGES_NOT_REACHED", str(beyond), last=str(beyond.last))


def _id(number_: int | None) -> strawberry.ID | None:
    return None if number_ is None else strawberry.ID(str(number_))
