"""Erasing a person: what it takes, and what it came to."""

from collections.abc import Sequence
from enum import Enum

import strawberry

from app.domain import erasures as domain
from app.domain.limits import MENTION_ROWS, MENTIONS
from app.execution import Column, attribute, batched
from app.graphql.access import only_keys
from app.graphql.contacts import ContactReference, contact_reference
from app.graphql.context import Info
from app.graphql.definitions import CustomDataDefinition, definition_node
from app.graphql.payloads import UserError, user_errors
from app.operations.erase_contact import EraseContact, try_erasing
from app.operations.erase_contact import erase_contact as erase
from app.store import erasures as store

strawberry.enum(
    domain.Disposal,
    name="RecordDisposal",
    description="What becomes of a person's records. DELETE: they go, whoever refers to them. UNLINK: they stay, and "
    "point at nobody any more; for records that say nothing of the person by themselves.",
)


@strawberry.enum(description="What a text still stands in.")
class ErasureMentionKind(Enum):
    CONTACT = strawberry.enum_value("CONTACT", description="Another contact, or a customer of it, has the address.")
    SEGMENT = "SEGMENT"
    TRIGGER = "TRIGGER"
    RECORD = "RECORD"
    CHANGE = "CHANGE"
    DELIVERY = "DELIVERY"


@strawberry.input(description="What becomes of a person's records of one definition.")
class DefinitionDisposalInput:
    definition: str = strawberry.field(description="Key or id.")
    records: domain.Disposal


@strawberry.input(description="A person who is to be forgotten.")
class EraseContactInput:
    contact: ContactReference = strawberry.field(
        description="A contact that is gone already can be named by its id: what still points at it is erased."
    )
    records: domain.Disposal = strawberry.field(description="What becomes of the records that point at the contact.")
    definitions: list[DefinitionDisposalInput] | None = strawberry.field(
        default=None, description="What becomes of them in these definitions instead."
    )
    dry_run: bool = strawberry.field(default=False, description="Only tells what this would come to.")
    idempotency_key: str | None = strawberry.field(
        default=None, description="1 to 255 characters, kept for 24 hours: nothing of the person should be in it."
    )


@strawberry.type(description="What became of the person's records of one definition.")
class ErasedRecords:
    id_definition: strawberry.ID
    deleted: int = attribute("row.deleted")
    unlinked: int = attribute("row.unlinked")
    row: strawberry.Private[domain.RecordsErased]

    @batched(description="The definition; null of one that was deleted.")
    @staticmethod
    async def definition(parents: Sequence["ErasedRecords"], info: Info) -> Column[CustomDataDefinition | None]:
        model = await info.context.model()
        found = [model.by_id.get(parent.row.definition_id) for parent in parents]
        return [definition_node(each, model) if each is not None else None for each in found]


@strawberry.type(description="A place where an address or a customer's id still stands as text.")
class ErasureMention:
    kind: ErasureMentionKind
    id: strawberry.ID = strawberry.field(
        description="The idContact, idSegment, idTrigger, idRecord, the sequence of a change, or the idDelivery."
    )
    id_definition: strawberry.ID | None


@strawberry.type(
    description="Where the person's addresses still stand, in whatever was not the person's: nothing searches texts "
    f"unless this is asked for. The first {MENTIONS} places of each kind, among the latest {MENTION_ROWS:,} records, "
    "changes and deliveries."
)
class ErasureMentions:
    places: list[ErasureMention]


@strawberry.type(description="What an erasure came to, or would; nothing of the person but its id.")
class EraseContactPayload:
    id_contact: strawberry.ID | None = strawberry.field(description="Null where the call was refused.")
    customers: int = attribute("done.customers", description="Removed with the contact.")
    changes: int = attribute("done.changes", description="Emptied in the change log; their sequences stay.")
    deliveries: int = attribute(
        "done.deliveries", description="Webhooks: those that had not arrived never will, others were emptied."
    )
    answers: int = attribute("done.answers", description="Kept for retries, and emptied.")
    segments: int = attribute("done.segments", description="Whose conditions named the person, and name nobody now.")
    triggers: int = attribute("done.triggers", description="The same of triggers.")
    user_errors: list[UserError]
    done: strawberry.Private[domain.Erasure]
    searched: strawberry.Private[frozenset[str] | None]

    @batched(description="The records that pointed at the contact, by definition; also where only the log had some.")
    @staticmethod
    def records(parents: Sequence["EraseContactPayload"]) -> Column[list[ErasedRecords]]:
        return [
            [ErasedRecords(id_definition=strawberry.ID(str(row.definition_id)), row=row) for row in parent.done.records]
            for parent in parents
        ]

    @batched(
        description="Where the person still stands as text. Null of a dry run, and of a retry: nobody knows any more "
        "what to look for."
    )
    @staticmethod
    async def mentions(parents: Sequence["EraseContactPayload"], info: Info) -> Column[ErasureMentions | None]:
        only_keys(info)
        return [await _mentions(info, parent.searched) for parent in parents]


async def erase_contact(info: Info, input: EraseContactInput) -> EraseContactPayload:
    """Forgets a person: contact, customers and records; what the change log, deliveries, answers kept for retries,
    segments and triggers hold of them. Subscribers and webhooks are told, by the contact's id. It cannot be undone."""
    call = await info.context.begin_call(info.field_name, input)
    otherwise = [(each.definition, each.records) for each in input.definitions or ()]
    asked = EraseContact(contact_reference(input.contact), input.records, otherwise)
    run = try_erasing if input.dry_run else erase
    answer, who = await run(info.context.database, call, asked)
    done = answer.erasure
    return EraseContactPayload(
        id_contact=strawberry.ID(str(done.contact_id)) if done is not None else None,
        user_errors=user_errors(answer.problems),
        done=done or domain.Erasure(0),
        searched=who.emails if who is not None else None,
    )


async def _mentions(info: Info, searched: frozenset[str] | None) -> ErasureMentions | None:
    if searched is None:
        return None
    found = await store.mentions(info.context.session, searched, MENTION_ROWS, MENTIONS) if searched else ()
    return ErasureMentions(
        places=[
            ErasureMention(
                kind=ErasureMentionKind(each.kind), id=strawberry.ID(str(each.id)),
                id_definition=None if each.definition_id is None else strawberry.ID(str(each.definition_id)),
            )
            for each in found
        ]
    )  # fmt: skip
