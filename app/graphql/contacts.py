"""Contacts and the customers they unify."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from app.domain import contacts as domain
from app.domain.references import ContactReference as Reference
from app.domain.references import parse_contact
from app.graphql.access import forbid, may_read, only_keys, only_own
from app.graphql.connection import After, Before, Connection, First, Last
from app.graphql.context import Info
from app.graphql.definitions import DefinitionName, RelationName
from app.graphql.errors import refuse
from app.graphql.node import Node, encode

if TYPE_CHECKING:
    from app.graphql.definitions import CustomDataDefinition
    from app.graphql.products import Product
    from app.graphql.records import CustomDataRecord


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
    source: str
    id_customer: str
    email: str | None
    email_verified: bool
    first_name: str | None
    last_name: str | None
    lang: str | None


@strawberry.type(description="A person: the profile unified from customers, which records attach to.")
class Contact(Node):
    id_contact: strawberry.ID
    email: str | None
    first_name: str | None
    last_name: str | None
    lang: str | None
    created_at: datetime
    updated_at: datetime
    key: strawberry.Private[int]

    @strawberry.field(description="What the shop's systems know of this person.")
    async def customers(self, info: Info) -> list[Customer]:
        may_read(info)
        return [_customer(row) for row in await info.context.loaders.customers.load(self.key) or []]

    @strawberry.field(description="The definitions that hold records of this contact.")
    async def custom_data_definitions(
        self, info: Info
    ) -> list[Annotated["CustomDataDefinition", strawberry.lazy("app.graphql.definitions")]]:
        from app.graphql.definitions import definition_node

        only_keys(info)
        held = await info.context.loaders.contact_definitions.load(self.key) or []
        model = await info.context.model()
        return [definition_node(definition, model) for definition in held]

    @strawberry.field(
        description="This contact's records of a definition. `field` names the relation where several point to "
        "contacts; the first declared counts otherwise."
    )
    async def custom_data(
        self, info: Info, definition: DefinitionName, field: RelationName = None,
        first: First = None, after: After = None, last: Last = None, before: Before = None,
    ) -> Connection[Annotated["CustomDataRecord", strawberry.lazy("app.graphql.records")]] | None:  # fmt: skip
        from app.graphql.records import records_of_contact

        may_read(info)
        return await records_of_contact(info, definition, field, self.key, (first, after, last, before))

    @strawberry.field(description="The active catalogue as this contact sees it: prices inside are this contact's.")
    async def products(
        self, info: Info, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> Connection[Annotated["Product", strawberry.lazy("app.graphql.products")]]:
        from app.graphql.products import catalogue

        may_read(info)
        return await catalogue(info, (first, after, last, before), active=True, viewer=self.key)


def contact_node(row: domain.Contact) -> Contact:
    return Contact(
        id=encode("Contact", row.id),
        id_contact=strawberry.ID(str(row.id)),
        email=row.email,
        first_name=row.first_name,
        last_name=row.last_name,
        lang=row.lang,
        created_at=row.created_at,
        updated_at=row.updated_at,
        key=row.id,
    )


def _customer(row: domain.Customer) -> Customer:
    return Customer(
        source=row.source,
        id_customer=row.id_customer,
        email=row.email,
        email_verified=row.email_verified,
        first_name=row.first_name,
        last_name=row.last_name,
        lang=row.lang,
    )


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
    """The contact's id. Raises Refusal when there is none, or a customer id is ambiguous; and to a contact for all but
    its own id, unseen, so that nobody learns who exists."""
    own = info.context.viewer.contact_id
    if own is not None:
        if contact_reference(sent) != Reference("id_contact", own):
            forbid()
        return own
    found = await info.context.loaders.contact_ids.load(contact_reference(sent))
    assert found is not None
    if found.problem is not None:
        refuse(found.problem)
    assert isinstance(found.id, int)
    return found.id


async def load_contact(info: Info, contact_id: int) -> Contact | None:
    only_own(info, contact_id)
    row = await info.context.loaders.contacts.load(contact_id)
    return contact_node(row) if row is not None else None
