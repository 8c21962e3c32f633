"""Relations followed both ways: from records to what they point at, and from there back to the records."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from typing import Any, cast

from app.domain.definitions import Definition, Relationship, Target
from app.execution import Column, each
from app.graphql.connection import Connection, PageArguments, connect, number_page
from app.graphql.contacts import Contact, load_contacts
from app.graphql.context import Info
from app.graphql.errors import Refusal
from app.graphql.products import Product, load_products
from app.graphql.records import CustomDataRecord, find_definition, load_records, record_nodes, same_definition
from app.loaders.operation import RelatedCountKey, RelatedKey

Found = Contact | Product | CustomDataRecord | None


async def targets(info: Info, records: Sequence[CustomDataRecord], field: str) -> Column[Found]:
    """What that relation of each record points to."""
    if same_definition(records):
        return await _followed(info, records, field)
    together: dict[int, list[int]] = defaultdict(list)  # records of one definition
    for index, record in enumerate(records):
        together[id(record.schema)].append(index)
    results: list[Found | Exception] = [None] * len(records)

    async def follow(indexes: list[int]) -> None:
        found = await _followed(info, [records[index] for index in indexes], field)
        for index, target in zip(indexes, found, strict=True):
            results[index] = target

    await asyncio.gather(*map(follow, together.values()))
    return results


async def _followed(info: Info, records: Sequence[CustomDataRecord], field: str) -> Column[Found]:
    """The same for records of one definition."""
    relationship = records[0].schema.relationship.get(field)
    if relationship is None:
        return [_no_relation(records[0].schema, field)] * len(records)
    return await _loaded(info, relationship, [record.row.data.get(field) for record in records])


async def _loaded(info: Info, relationship: Relationship, values: list[Any]) -> Column[Any]:
    if relationship.target is Target.CONTACTS:
        return await load_contacts(info, values)
    if relationship.target is Target.PRODUCTS:
        return await load_products(info, values)
    records = await load_records(info, values)
    return [each if each is not None and each.schema.id == relationship.definition_id else None for each in records]


def _no_relation(definition: Definition, field: str) -> Refusal:
    names = ", ".join(definition.relationship) or "none"
    return Refusal("UNKNOWN_FIELD", f"{field!r} is no relation of {definition.key}. Its relations: {names}.")


async def records_of_contacts(
    info: Info, key_or_id: str, field: str | None, contacts: Sequence[int], asked: PageArguments
) -> Column[Connection[CustomDataRecord]]:
    """For each contact its page of the definition's records."""
    definition = await find_definition(info, key_or_id)
    relation = _relation(definition, (Target.CONTACTS, None), field)
    return await _pages(info, definition, [(relation, contact) for contact in contacts], asked)


async def records_of_products(
    info: Info, key_or_id: str, field: str | None, products: Sequence[str], asked: PageArguments
) -> Column[Connection[CustomDataRecord]]:
    definition = await find_definition(info, key_or_id)
    relation = _relation(definition, (Target.PRODUCTS, None), field)
    return await _pages(info, definition, [(relation, product) for product in products], asked)


async def records_of_records(
    info: Info, key_or_id: str, field: str | None, records: Sequence[CustomDataRecord], asked: PageArguments
) -> Column[Connection[CustomDataRecord]]:
    definition = await find_definition(info, key_or_id)

    def way(record: CustomDataRecord) -> tuple[str, int]:
        return _relation(definition, (Target.DEFINITION, record.schema.id), field), record.row.id

    return await _pages(info, definition, each(records, way), asked)


async def _pages(
    info: Info, definition: Definition, ways: Sequence[tuple[str, int | str] | Exception], asked: PageArguments
) -> Column[Connection[CustomDataRecord]]:
    """For each relation and the value it is to hold a page of the definition's records."""
    page = number_page(*asked)
    loaders = info.context.loaders
    keys = [None if isinstance(way, Exception) else RelatedKey(definition.id, *way, page) for way in ways]
    found = await loaders.related.load_many(keys)

    def connection(key: RelatedKey, rows: list[Any]) -> Connection[CustomDataRecord]:
        async def counted() -> int:
            return await loaders.related_counts.load(RelatedCountKey(definition.id, key.field, key.value)) or 0

        return connect(rows, page, lambda shown: record_nodes(shown, definition), counted)

    shown = zip(ways, keys, found, strict=True)
    return [
        way if isinstance(way, Exception) else connection(cast(RelatedKey, key), rows or []) for way, key, rows in shown
    ]


def _relation(definition: Definition, wanted: tuple[Target, int | None], field: str | None) -> str:
    """The relation to follow backward: the named one, else the first declared."""
    possible = [relationship.field for relationship in definition.relations_to(*wanted)]
    if not possible:
        raise Refusal("INVALID_RELATIONSHIP", f"{definition.key} has no relation to what you come from.")
    if field is not None and field not in possible:
        message = f"{field!r} is no such relation of {definition.key}. Possible: {', '.join(possible)}."
        raise Refusal("UNKNOWN_FIELD", message)
    return field or possible[0]
