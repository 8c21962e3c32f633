"""Records: their data, and where their relations lead."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import partial
from itertools import repeat
from typing import Annotated, Any, NamedTuple, TypeAlias, cast

import strawberry

from app.domain import records as domain
from app.domain.access import may_own, owns
from app.domain.definitions import Definition, Target
from app.domain.limits import COUNT_BOUND
from app.execution import Answers, Column, attribute, batched, each, represents
from app.graphql.access import forbid, may_read, only_keys
from app.graphql.aggregate_types import Aggregates, FirstGroups, GroupOrders, GroupsBy, Having
from app.graphql.connection import After, Before, Connection, First, Last, PageArguments, connect, number_page
from app.graphql.contacts import Contact
from app.graphql.context import Info
from app.graphql.definitions import CustomDataDefinition, DefinitionName, RelationName, definition_node
from app.graphql.errors import Refusal, refuse
from app.graphql.following import followed
from app.graphql.list_arguments import Orders, Where
from app.graphql.node import Node, opaque_id, own_id
from app.graphql.prices import ProductPricing, pricing_node
from app.graphql.products import Product
from app.graphql.scalars import JSON
from app.graphql.selecting import asked_alone
from app.loaders.batching import then
from app.loaders.prices import NATIVE, Pair, explained
from app.operations.writable import definition_not_found
from app.store import records as store
from app.tables import Table, table
from app.telemetry.observation import touched

OnlyFields = Annotated[list[str] | None, strawberry.argument(description="Only these fields, in this order.")]


Records: TypeAlias = Sequence["CustomDataRecord"]
Data: TypeAlias = dict[str, Any]


class ShownRecord(NamedTuple):
    """What resolvers of a record are given."""

    row: domain.Record
    schema: Definition


@strawberry.type(description="One record of a custom object.")
class CustomDataRecord(Node):
    is_type_of = represents(ShownRecord)
    id: strawberry.ID = opaque_id("CustomDataRecord")
    id_record: strawberry.ID = own_id()
    version: int = attribute("row.version", description="Starts at 1 and grows with every change.")
    created_at: datetime = attribute("row.created_at")
    updated_at: datetime = attribute("row.updated_at")
    row: strawberry.Private[domain.Record]
    schema: strawberry.Private[Definition]

    @batched
    @staticmethod
    async def definition(parents: Records, info: Info) -> Column[CustomDataDefinition]:
        only_keys(info)
        model = await info.context.model()
        return [definition_node(parent.schema, model) for parent in parents]

    @batched(description="The values by field name; fields without a value read null.")
    @staticmethod
    def data(parents: Records, fields: OnlyFields = None) -> Column[JSON]:
        return each(parents, lambda parent: JSON(_data(parent, fields)))

    @batched(
        of=("schema", "row.data"),
        description="One field's value. A relation reads as the raw id, also when its target is gone.",
    )
    @staticmethod
    def value(schemas: Sequence[Definition], data: Sequence[Data], field: str) -> Column[JSON | None]:
        return values(schemas, data, field)

    @batched(description="What a relation field points to; null when it is empty or its target is gone.")
    @staticmethod
    def relation(
        parents: Records, info: Info, field: str
    ) -> Answers[
        Annotated[
            Contact | Product | Annotated["CustomDataRecord", strawberry.lazy("app.graphql.records")],
            strawberry.union("RelationTarget", description="What a relation may point to."),
        ]
        | None
    ]:
        from app.graphql.relations import targets

        may_read(info)
        return targets(info, parents, field)

    @batched(
        description="The records of a definition that point at this one. `field` names the relation where several do."
    )
    @staticmethod
    async def related_by(
        parents: Records, info: Info, definition: DefinitionName, field: RelationName = None,
        first: First = None, after: After = None, last: Last = None, before: Before = None,
        where: Where = None, order_by: Orders = None,
    ) -> Column[
        Connection[Annotated["CustomDataRecord", strawberry.lazy("app.graphql.records")]] | None
    ]:  # fmt: skip
        from app.graphql.relations import Behind, records_behind

        only_keys(info)
        asked = (first, after, last, before)
        return await records_behind(info, Behind(Target.DEFINITION, parents, definition, field), asked, where, order_by)

    @batched(description="What the records of a definition that point at this one amount to, in groups.")
    @staticmethod
    async def related_by_aggregate(
        parents: Records, info: Info, definition: DefinitionName, field: RelationName = None,
        where: Where = None, group_by: GroupsBy = None, order_by: GroupOrders = None, first: FirstGroups = None,
        having: Having = None,
    ) -> Column[Aggregates | None]:  # fmt: skip
        from app.graphql.aggregates import GroupArguments
        from app.graphql.relations import Behind, groups_behind

        asked = GroupArguments(where, group_by, order_by, first, having)
        return await groups_behind(info, Behind(Target.DEFINITION, parents, definition, field), asked)

    @batched(
        description="This record's product at the price of this record's contact; null when either is missing. The "
        "fields need naming only where the definition has several relations to products or contacts."
    )
    @staticmethod
    async def pricing(
        parents: Records, info: Info, product_field: str | None = None, contact_field: str | None = None
    ) -> Column[ProductPricing | None]:
        may_read(info)
        pairs = each(parents, lambda parent: _pair(parent, product_field, contact_field))
        return await _priced(info, pairs)


def record_nodes(rows: Iterable[domain.Record], definition: Definition) -> Any:
    """Records of one definition."""
    if type(rows) is not Table:
        rows = list(rows)
    return table(ShownRecord, [rows, [definition] * len(rows)], len(rows))


def record_node(row: domain.Record, definition: Definition) -> CustomDataRecord:
    return cast(CustomDataRecord, ShownRecord(row, definition))


def _data(record: CustomDataRecord, fields: list[str] | None) -> dict[str, Any]:
    names = fields if fields is not None else record.schema.field
    for name in names:
        _check_field(record.schema, name)
    return {name: record.row.data.get(name) for name in names}


def values(schemas: Sequence[Definition], data: Sequence[Data], field: str) -> Column[Any]:
    """The value of that field in each record's data."""
    if all_one(schemas) and field in schemas[0].field:
        return [*map(dict.get, data, repeat(field))]
    return each(list(zip(schemas, data, strict=True)), partial(_value, field))


def _value(field: str, record: tuple[Definition, Data]) -> Any:
    schema, held = record
    _check_field(schema, field)
    return held.get(field)


def all_one(schemas: Sequence[Definition]) -> bool:
    """Whether records are all of one definition, as those of a page are."""
    return schemas.count(schemas[0]) == len(schemas)  # the same object is told at a glance


def _check_field(definition: Definition, name: str) -> None:
    if name not in definition.field:
        names = ", ".join(definition.field)
        raise Refusal("UNKNOWN_FIELD", f"{definition.key} has no field {name!r}. Its fields: {names}.")


def load_records(info: Info, ids: Sequence[int | None]) -> Answers[CustomDataRecord | None]:
    """The records of these ids, aligned; None for those of deleted definitions."""
    loaders = info.context.loaders

    def shown(rows: list[domain.Record | None]) -> list[CustomDataRecord | None]:
        return [
            record_node(row, loaders.model_read.by_id[row.definition_id]) if row is not None else None for row in rows
        ]

    return then(loaders.records.ask(ids), shown)


async def load_own_record(info: Info, record_id: int, follow: tuple[str, ...] = ()) -> Any:
    """The record of that id, or a table of it alone, read together with what relations of these names lead to; to a
    contact only if it is its own. Others are reached from there, along relations."""
    loaders, own = info.context.loaders, info.context.viewer.contact_id
    if follow and own is None:
        loader = loaders.records_following.of(follow)
        read = await (loader.load_alone if asked_alone(info) else loader.load)(record_id)
        if read is None:
            return None
        definition = loaders.model_read.by_id[read.column("definition_id")[0]]
        return record_nodes(read, definition)
    row = await loaders.records.load(record_id)
    if row is None:
        return None
    record = record_node(row, loaders.model_read.by_id[row.definition_id])
    return record if own is None or owns(record.schema, row, own) else None


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
    touched(definition.key)
    return definition


async def records_page(info: Info, key_or_id: str, asked: PageArguments) -> Connection[CustomDataRecord]:
    """A definition's records in order of id; a contact's own ones."""
    definition = await find_definition(info, key_or_id)
    page = number_page(*asked)
    session, own = info.context.session, info.context.viewer.contact_id
    if own is None:
        rows = await info.context.loaders.page(definition, page, followed(info))
    else:
        rows = await store.page_of_contact(session, definition, own, page)

    async def counted() -> int:
        if own is None:
            return await store.count(session, definition.id, COUNT_BOUND + 1)
        return await store.count_of_contact(session, definition, own, COUNT_BOUND + 1)

    return connect(rows, page, lambda shown: record_nodes(shown, definition), counted)


def _pair(record: CustomDataRecord, product_field: str | None, contact_field: str | None) -> Pair | None:
    """The record's contact and product, if it has both."""
    product_id = record.row.data.get(_only(record.schema, Target.PRODUCTS, product_field, "productField"))
    contact_id = record.row.data.get(_only(record.schema, Target.CONTACTS, contact_field, "contactField"))
    return None if product_id is None or contact_id is None else (contact_id, product_id)


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


async def _priced(info: Info, pairs: Column[Pair | None]) -> Column[ProductPricing | None]:
    """The products at the contacts' prices, where both are there."""
    asked = [pair if isinstance(pair, tuple) else None for pair in pairs]
    loaders = info.context.loaders
    products = await loaders.products.load_many([pair and pair[1] for pair in asked])
    contacts = await loaders.contacts.load_many([pair and pair[0] for pair in asked])
    there = [
        pair if product is not None and contact is not None else None
        for pair, product, contact in zip(asked, products, contacts, strict=True)
    ]
    quotes = await loaders.prices.load_many(there)
    model, amounts_only = await info.context.model(), info.context.viewer.contact_id is not None
    return [
        sent if isinstance(sent, Exception)
        else pricing_node(model, product, pair[0], explained(told or NATIVE), amounts_only=amounts_only)
        if pair and product
        else None
        for sent, pair, product, told in zip(pairs, there, products, quotes, strict=True)
    ]  # fmt: skip
