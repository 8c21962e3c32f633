"""Contacts and the customers they unify."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias, cast

import strawberry

from app.domain import contacts as domain
from app.domain.definitions import Target
from app.domain.references import ContactReference as Reference
from app.domain.references import parse_contact
from app.execution import Answers, Column, attribute, batched, represents
from app.graphql.access import forbid, may_read, only_keys, only_own
from app.graphql.aggregate_types import Aggregates, FirstGroups, GroupOrders, GroupsBy, Having
from app.graphql.connection import After, Before, Connection, First, Last
from app.graphql.context import Info
from app.graphql.definitions import DefinitionName, RelationName
from app.graphql.errors import Refusal, refuse
from app.graphql.list_arguments import Orders, Where
from app.graphql.node import Node, opaque_id, own_id
from app.graphql.scalars import JSON
from app.loaders.batching import then
from app.tables import Table, column

if TYPE_CHECKING:
    from app.graphql.definitions import CustomDataDefinition
    from app.graphql.products import Product
    from app.graphql.records import CustomDataRecord
    from app.graphql.segments import Segment
    from app.graphql.why import Why

_CONDITION = 'On contacts, as the `where` of contacts: `{custom: {card: {some: {tier: {eq: "gold"}}}}}`.'
_SEGMENT = "A segment's name (case and accents do not count) or id."
AskedCondition = Annotated[JSON | None, strawberry.argument(description=_CONDITION)]
TypedCondition = Annotated[
    JSON | None,  # the schema that is served has an input type instead (typed/composing.py)
    strawberry.argument(description="The same by the shop's own types, instead of `where`."),
]
AskedSegment = Annotated[str | None, strawberry.argument(description=_SEGMENT)]
SegmentNames = Annotated[list[str] | None, strawberry.argument(description="Names or ids of segments.")]


@strawberry.input(description="A customer's id, and its source where several sources use that id.")
class CustomerReference:
    id_customer: str
    source: str | None = None


@strawberry.input(one_of=True, description="Names a contact by exactly one of its identifiers.")
class ContactReference:
    id_contact: strawberry.ID | None = strawberry.UNSET
    email: str | None = strawberry.UNSET
    id_customer: CustomerReference | None = strawberry.UNSET


@strawberry.type(description="A buyer as one of the shop's systems knows it.")
class Customer:
    source: str = attribute("row.source")
    id_customer: str = attribute("row.id_customer")
    email: str | None = attribute("row.email")
    email_verified: bool = attribute("row.email_verified")
    first_name: str | None = attribute("row.first_name")
    last_name: str | None = attribute("row.last_name")
    lang: str | None = attribute("row.lang")
    row: strawberry.Private[domain.Customer]


Contacts: TypeAlias = Sequence[domain.Contact]  # what resolvers of contacts are given


@strawberry.type(description="A person: the profile unified from customers, which records attach to.")
class Contact(Node):
    is_type_of = represents(domain.Contact)
    id: strawberry.ID = opaque_id("Contact", "id")
    id_contact: strawberry.ID = own_id("id")
    email: str | None = attribute("email")
    first_name: str | None = attribute("first_name")
    last_name: str | None = attribute("last_name")
    lang: str | None = attribute("lang")
    created_at: datetime = attribute("created_at")
    updated_at: datetime = attribute("updated_at")

    @batched(description="What the shop's systems know of this person.")
    @staticmethod
    async def customers(parents: Contacts, info: Info) -> Column[list[Customer]]:
        may_read(info)
        found = await info.context.loaders.customers.load_many([parent.id for parent in parents])
        return [[Customer(row=row) for row in rows or []] for rows in found]

    @batched(description="The definitions that hold records of this contact.")
    @staticmethod
    async def custom_data_definitions(
        parents: Contacts, info: Info
    ) -> Column[list[Annotated["CustomDataDefinition", strawberry.lazy("app.graphql.definitions")]]]:
        from app.graphql.definitions import definition_node

        only_keys(info)
        held = await info.context.loaders.contact_definitions.load_many([parent.id for parent in parents])
        model = await info.context.model()
        return [[definition_node(each, model) for each in definitions or []] for definitions in held]

    @batched(
        description="This contact's records of a definition. `field` names the relation where several point to "
        "contacts; the first declared counts otherwise."
    )
    @staticmethod
    async def custom_data(
        parents: Contacts, info: Info, definition: DefinitionName, field: RelationName = None,
        first: First = None, after: After = None, last: Last = None, before: Before = None,
        where: Where = None, order_by: Orders = None,
    ) -> Column[
        Connection[Annotated["CustomDataRecord", strawberry.lazy("app.graphql.records")]] | None
    ]:  # fmt: skip
        from app.graphql.relations import Behind, records_behind

        may_read(info)
        contacts = column(parents, "id")
        asked = (first, after, last, before)
        return await records_behind(info, Behind(Target.CONTACTS, contacts, definition, field), asked, where, order_by)

    @batched(description="What this contact's records of a definition amount to, in groups.")
    @staticmethod
    async def custom_data_aggregate(
        parents: Contacts, info: Info, definition: DefinitionName, field: RelationName = None,
        where: Where = None, group_by: GroupsBy = None, order_by: GroupOrders = None, first: FirstGroups = None,
        having: Having = None,
    ) -> Column[Aggregates | None]:  # fmt: skip
        from app.graphql.aggregates import GroupArguments
        from app.graphql.relations import Behind, groups_behind

        asked = GroupArguments(where, group_by, order_by, first, having)
        return await groups_behind(
            info, Behind(Target.CONTACTS, [parent.id for parent in parents], definition, field), asked
        )

    @batched(description="The active catalogue as this contact sees it: prices inside are this contact's.")
    @staticmethod
    async def products(
        parents: Contacts, info: Info,
        first: First = None, after: After = None, last: Last = None, before: Before = None,
    ) -> Column[Connection[Annotated["Product", strawberry.lazy("app.graphql.products")]]]:  # fmt: skip
        from app.graphql.products import catalogue

        may_read(info)
        asked = (first, after, last, before)
        return [await catalogue(info, asked, active=True, viewer=parent.id) for parent in parents]

    @batched(
        description="The segments this contact is in, of all or of those named. Costs one statement for every 20 "
        "segments, however many contacts; an error where one of them cannot be answered."
    )
    @staticmethod
    async def segments(
        parents: Contacts, info: Info, only: SegmentNames = None
    ) -> Column[list[Annotated["Segment", strawberry.lazy("app.graphql.segments")]]]:
        from app.graphql.membership import segments_of

        only_keys(info)
        return await segments_of(info, [parent.id for parent in parents], only)

    @batched(description="Whether this contact fulfils a condition, such as a scenario's filter.")
    @staticmethod
    async def matches(
        parents: Contacts, info: Info, where: AskedCondition = None, filter: TypedCondition = None
    ) -> Column[bool]:
        from app.graphql.membership import matches

        only_keys(info)
        return await matches(info, [parent.id for parent in parents], where, filter)

    @batched(description="Why this contact is in a segment or not, or fulfils a condition or not.")
    @staticmethod
    async def why(
        parents: Contacts, info: Info, segment: AskedSegment = None, where: AskedCondition = None,
        filter: TypedCondition = None,
    ) -> Column[Annotated["Why", strawberry.lazy("app.graphql.why")]]:  # fmt: skip
        from app.graphql.membership import reasons

        only_keys(info)
        return await reasons(info, [parent.id for parent in parents], segment, where, filter)


def contact_reference(sent: ContactReference) -> Reference:
    """The reference an input makes. Raises Refusal for what cannot name a contact."""
    reference, problem = parse_contact(_as_json(sent))
    if reference is None:
        assert problem is not None
        refuse(problem)
    return reference


def _as_json(sent: ContactReference) -> object:
    if isinstance(sent.id_customer, CustomerReference):
        value = {"by": "id_customer", "value": sent.id_customer.id_customer}
        return value if sent.id_customer.source is None else value | {"source": sent.id_customer.source}
    if isinstance(sent.email, str):
        return {"by": "email", "value": sent.email}
    text = str(sent.id_contact)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else None


async def find_contact(info: Info, sent: ContactReference) -> int:
    """The contact's id; one that was sent as such is not looked up. Raises Refusal when there is no contact, or a
    customer id is ambiguous; and to a contact for all but its own id, unseen, so that nobody learns who exists."""
    own = info.context.viewer.contact_id
    reference = contact_reference(sent)
    if own is not None:
        if reference != Reference("id_contact", own):
            forbid()
        return own
    if reference.by == "id_contact":
        return int(reference.value)
    found = await info.context.loaders.contact_ids.load(reference)
    assert found is not None
    if found.problem is not None:
        refuse(found.problem)
    assert isinstance(found.id, int)
    return found.id


def contact_nodes(rows: Iterable[domain.Contact | None]) -> Any:
    """Contacts are shown as they are."""
    return rows if type(rows) is Table else list(rows)


async def load_contact(info: Info, contact_id: int) -> Contact | None:
    only_own(info, contact_id)
    return cast(Contact | None, await info.context.loaders.contacts.load(contact_id))


def load_contacts(info: Info, ids: Sequence[int | None]) -> Answers[Contact | None]:
    """The contacts of these ids, aligned; an id that the viewer may not ask for fails alone."""
    answers = then(info.context.loaders.contacts.ask(ids), contact_nodes)
    if info.context.viewer.contact_id is None:
        return answers
    return then(
        answers, lambda contacts: [_own(info, id_, contact) for id_, contact in zip(ids, contacts, strict=True)]
    )


def _own(info: Info, contact_id: int | None, contact: Contact | None) -> Contact | Refusal | None:
    if contact_id is None:
        return contact
    try:
        only_own(info, contact_id)
    except Refusal as refusal:
        return refusal
    return contact
