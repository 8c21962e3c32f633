"""Records: their data, and where their relations lead."""

from datetime import datetime
from typing import Annotated, Any

import strawberry

from app.domain import records as domain
from app.domain.access import may_own, owns
from app.domain.definitions import Definition, Relationship, Target
from app.domain.limits import COUNT_BOUND
from app.graphql.access import forbid, may_read, only_keys
from app.graphql.connection import After, Before, Connection, First, Last, PageArguments, connect, number_page
from app.graphql.contacts import Contact, load_contact
from app.graphql.context import Info
from app.graphql.definitions import CustomDataDefinition, DefinitionName, RelationName, definition_node
from app.graphql.errors import Refusal, refuse
from app.graphql.node import Node, encode
from app.graphql.prices import ProductPricing, pricing_node
from app.graphql.products import Product, load_product
from app.graphql.scalars import JSON
from app.loaders.operation import RelatedCountKey, RelatedKey
from app.operations.writable import definition_not_found
from app.store import records as store

OnlyFields = Annotated[list[str] | None, strawberry.argument(description="Only these fields, in this order.")]


@strawberry.type(description="One record of a custom object.")
class CustomDataRecord(Node):
    id_record: strawberry.ID
    version: int = strawberry.field(description="Starts at 1 and grows with every change.")
    created_at: datetime
    updated_at: datetime
    row: strawberry.Private[domain.Record]
    schema: strawberry.Private[Definition]

    @strawberry.field
    async def definition(self, info: Info) -> CustomDataDefinition:
        only_keys(info)
        return definition_node(self.schema, await info.context.model())

    @strawberry.field(description="The values by field name; fields without a value read null.")
    def data(self, fields: OnlyFields = None) -> JSON:
        names = fields if fields is not None else self.schema.field
        return JSON({name: self._value(name) for name in names})

    @strawberry.field(description="One field's value. A relation reads as the raw id, also when its target is gone.")
    def value(self, field: str) -> JSON | None:
        return JSON(self._value(field))

    @strawberry.field(description="What a relation field points to; null when it is empty or its target is gone.")
    async def relation(
        self, info: Info, field: str
    ) -> (
        Annotated[
            Contact | Product | Annotated["CustomDataRecord", strawberry.lazy("app.graphql.records")],
            strawberry.union("RelationTarget", description="What a relation may point to."),
        ]
        | None
    ):
        may_read(info)
        relationship = self.schema.relationship.get(field)
        if relationship is None:
            names = ", ".join(self.schema.relationship) or "none"
            raise Refusal("UNKNOWN_FIELD", f"{field!r} is no relation of {self.schema.key}. Its relations: {names}.")
        return await _target(info, relationship, self.row.data.get(field))

    @strawberry.field(
        description="The records of a definition that point at this one. `field` names the relation where several do."
    )
    async def related_by(
        self, info: Info, definition: DefinitionName, field: RelationName = None,
        first: First = None, after: After = None, last: Last = None, before: Before = None,
    ) -> Connection[Annotated["CustomDataRecord", strawberry.lazy("app.graphql.records")]] | None:  # fmt: skip
        only_keys(info)
        wanted = (Target.DEFINITION, self.schema.id)
        return await _related(info, definition, field, wanted, self.row.id, (first, after, last, before))

    @strawberry.field(
        description="This record's product at the price of this record's contact; null when either is missing. The "
        "fields need naming only where the definition has several relations to products or contacts."
    )
    async def pricing(
        self, info: Info, product_field: str | None = None, contact_field: str | None = None
    ) -> ProductPricing | None:
        may_read(info)
        product_id = self.row.data.get(_only(self.schema, Target.PRODUCTS, product_field, "productField"))
        contact_id = self.row.data.get(_only(self.schema, Target.CONTACTS, contact_field, "contactField"))
        if product_id is None or contact_id is None:
            return None
        product = await info.context.loaders.products.load(product_id)
        contact = await info.context.loaders.contacts.load(contact_id)
        if product is None or contact is None:
            return None
        quote = await info.context.loaders.prices.load((contact_id, product_id))
        to_a_contact = info.context.viewer.contact_id is not None
        model = await info.context.model()
        return pricing_node(model, product, contact_id, quote or {}, amounts_only=to_a_contact)

    def _value(self, name: str) -> Any:
        if name not in self.schema.field:
            names = ", ".join(self.schema.field)
            raise Refusal("UNKNOWN_FIELD", f"{self.schema.key} has no field {name!r}. Its fields: {names}.")
        return self.row.data.get(name)


def record_node(row: domain.Record, definition: Definition) -> CustomDataRecord:
    return CustomDataRecord(
        id=encode("CustomDataRecord", row.id),
        id_record=strawberry.ID(str(row.id)),
        version=row.version,
        created_at=row.created_at,
        updated_at=row.updated_at,
        row=row,
        schema=definition,
    )


async def load_record(info: Info, record_id: int) -> CustomDataRecord | None:
    row = await info.context.loaders.records.load(record_id)
    return record_node(row, (await info.context.model()).by_id[row.definition_id]) if row is not None else None


async def load_own_record(info: Info, record_id: int) -> CustomDataRecord | None:
    """The record of that id; to a contact only if it is its own. Others are reached from there, along relations."""
    record = await load_record(info, record_id)
    own = info.context.viewer.contact_id
    return record if record is None or own is None or owns(record.schema, record.row, own) else None


async def find_definition(info: Info, key_or_id: str) -> Definition:
    """The definition of that key or id. Raises Refusal when there is none; to a contact also when it holds no records
    of contacts that are open to them."""
    model = await info.context.model()
    definition = model.find(key_or_id)
    if info.context.viewer.contact_id is not None:
        if definition is None or not may_own(definition):
            forbid()
        return definition
    if definition is None:
        refuse(definition_not_found(model, key_or_id))
    return definition


async def records_page(info: Info, key_or_id: str, asked: PageArguments) -> Connection[CustomDataRecord]:
    """A definition's records in order of id; a contact's own ones."""
    definition = await find_definition(info, key_or_id)
    page = number_page(*asked)
    session, own = info.context.session, info.context.viewer.contact_id
    if own is None:
        rows = await store.page(session, definition.id, page)
    else:
        rows = await store.page_of_contact(session, definition, own, page)

    async def counted() -> int:
        if own is None:
            return await store.count(session, definition.id, COUNT_BOUND + 1)
        return await store.count_of_contact(session, definition, own, COUNT_BOUND + 1)

    return connect(rows, page, lambda row: row.id, lambda row: record_node(row, definition), counted)


async def records_of_contact(
    info: Info, definition: str, field: str | None, contact_id: int, asked: PageArguments
) -> Connection[CustomDataRecord]:
    return await _related(info, definition, field, (Target.CONTACTS, None), contact_id, asked)


async def records_of_product(
    info: Info, definition: str, field: str | None, product_id: str, asked: PageArguments
) -> Connection[CustomDataRecord]:
    return await _related(info, definition, field, (Target.PRODUCTS, None), product_id, asked)


async def _related(
    info: Info, key_or_id: str, field: str | None, wanted: tuple[Target, int | None], value: int | str,
    asked: PageArguments,
) -> Connection[CustomDataRecord]:  # fmt: skip
    definition = await find_definition(info, key_or_id)
    relation = _relation(definition, wanted, field)
    page = number_page(*asked)
    loaders = info.context.loaders
    rows = await loaders.related.load(RelatedKey(definition.id, relation, value, page)) or []

    async def counted() -> int:
        return await loaders.related_counts.load(RelatedCountKey(definition.id, relation, value)) or 0

    return connect(rows, page, lambda row: row.id, lambda row: record_node(row, definition), counted)


def _relation(definition: Definition, wanted: tuple[Target, int | None], field: str | None) -> str:
    """The relation to follow backward: the named one, else the first declared."""
    possible = [relationship.field for relationship in definition.relations_to(*wanted)]
    if not possible:
        raise Refusal("INVALID_RELATIONSHIP", f"{definition.key} has no relation to what you come from.")
    if field is not None and field not in possible:
        message = f"{field!r} is no such relation of {definition.key}. Possible: {', '.join(possible)}."
        raise Refusal("UNKNOWN_FIELD", message)
    return field or possible[0]


def _only(definition: Definition, target: Target, field: str | None, argument: str) -> str:
    """The named relation to contacts or products, or the only one."""
    possible = [relationship.field for relationship in definition.relations_to(target)]
    if field in possible:
        return str(field)
    if field is None and len(possible) == 1:
        return possible[0]
    names = ", ".join(possible) or "none"
    fault = f"{field!r} is none" if field is not None else "name one of several" if possible else "there is none"
    raise Refusal("UNKNOWN_FIELD", f"{argument}: {fault}. Relations of {definition.key} to {target.value}: {names}.")


async def _target(info: Info, relationship: Relationship, value: Any) -> Contact | Product | CustomDataRecord | None:
    if value is None:
        return None
    if relationship.target is Target.CONTACTS:
        return await load_contact(info, value)
    if relationship.target is Target.PRODUCTS:
        return await load_product(info, value)
    record = await load_record(info, value)
    return record if record is not None and record.schema.id == relationship.definition_id else None
