"""Relations followed both ways: from records to what they point at, and from there back to the records."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from inspect import isawaitable
from itertools import chain, islice
from operator import itemgetter
from typing import Any, NamedTuple, cast

from app.domain.definitions import Definition, Relationship, Target
from app.domain.records import Record
from app.execution import Answers, Column, each
from app.graphql.access import only_keys
from app.graphql.aggregate_types import Aggregates
from app.graphql.aggregates import GroupArguments, aggregate_behind
from app.graphql.connection import Connection, PageArguments, connected, cut, number_page
from app.graphql.contacts import Contact, load_contacts
from app.graphql.context import Info
from app.graphql.errors import Refusal
from app.graphql.following import followed
from app.graphql.listing import plain_cursors
from app.graphql.nested import Ways, filtered
from app.graphql.products import Product, load_products
from app.graphql.records import CustomDataRecord, find_definition, record_node, record_nodes, same_definition
from app.graphql.scalars import JSON
from app.loaders.batching import then
from app.loaders.operation import RelatedCountKey, RelatedKey

Found = Contact | Product | CustomDataRecord | None


def targets(info: Info, records: Sequence[CustomDataRecord], field: str) -> Answers[Found]:
    """What that relation of each record points to."""
    if same_definition(records):
        return _followed(info, records, field)
    together: dict[int, list[int]] = defaultdict(list)  # records of one definition
    for index, record in enumerate(records):
        together[id(record.schema)].append(index)
    return _together(info, records, field, list(together.values()))


async def _together(
    info: Info, records: Sequence[CustomDataRecord], field: str, groups: Sequence[Sequence[int]]
) -> list[Found | Exception]:
    results: list[Found | Exception] = [None] * len(records)

    async def follow(indexes: Sequence[int]) -> None:
        answers = _followed(info, [records[index] for index in indexes], field)
        for index, target in zip(indexes, await answers if isawaitable(answers) else answers, strict=True):
            results[index] = target

    await asyncio.gather(*map(follow, groups))
    return results


def _followed(info: Info, records: Sequence[CustomDataRecord], field: str) -> Answers[Any]:
    """The same for records of one definition."""
    relationship = records[0].schema.relationship.get(field)
    if relationship is None:
        return [_no_relation(records[0].schema, field)] * len(records)
    return _loaded(info, relationship, [record.row.data.get(field) for record in records])


def _loaded(info: Info, relationship: Relationship, values: list[Any]) -> Answers[Any]:
    if relationship.target is Target.CONTACTS:
        return load_contacts(info, values)
    if relationship.target is Target.PRODUCTS:
        return load_products(info, values)
    loaders, definition_id = info.context.loaders, relationship.definition_id

    def shown(rows: list[Record | None]) -> list[CustomDataRecord | None]:
        return [
            record_node(row, loaders.model_read.by_id[row.definition_id])
            if row is not None and row.definition_id == definition_id else None
            for row in rows
        ]  # fmt: skip

    return then(loaders.records.ask(values), shown)


def _no_relation(definition: Definition, field: str) -> Refusal:
    names = ", ".join(definition.relationship) or "none"
    return Refusal("UNKNOWN_FIELD", f"{field!r} is no relation of {definition.key}. Its relations: {names}.")


class Behind(NamedTuple):
    """The records of a definition (its key or id) that point at parents of one kind: ids of contacts or products, or
    records. `field` names the relation where several do; the first declared counts otherwise."""

    target: Target
    parents: Sequence[Any]
    definition: str
    field: str | None = None

    def ways(self, definition: Definition) -> Ways:
        if self.target is Target.DEFINITION:
            return each(self.parents, lambda record: (self._relation(definition, record.schema.id), record.row.id))
        relation = self._relation(definition, None)
        return [(relation, parent) for parent in self.parents]

    def _relation(self, definition: Definition, target_id: int | None) -> str:
        return _relation(definition, (self.target, target_id), self.field)


async def records_behind(
    info: Info, behind: Behind, asked: PageArguments, where: JSON | None = None, order_by: Sequence[Any] | None = None
) -> Column[Connection[CustomDataRecord]]:
    """For each parent its page of the records."""
    definition = await find_definition(info, behind.definition)
    ways = behind.ways(definition)
    if where is not None or order_by:
        return await filtered(info, definition, ways, asked, where, order_by)
    plain_cursors(asked[1], asked[3])
    return await _pages(info, definition, ways, asked)


async def groups_behind(info: Info, behind: Behind, asked: GroupArguments) -> Column[Aggregates]:
    """For each parent the groups of its records."""
    only_keys(info)
    definition = await find_definition(info, behind.definition)
    return await aggregate_behind(info, definition, behind.ways(definition), asked)


async def _pages(
    info: Info, definition: Definition, ways: Ways, asked: PageArguments
) -> Column[Connection[CustomDataRecord]]:
    """For each relation and the value it is to hold a page of the definition's records."""
    page = number_page(*asked)
    loaders = info.context.loaders
    follow = followed(info)
    keys = [None if isinstance(way, Exception) else RelatedKey(definition.id, *way, page, follow) for way in ways]
    found = await loaders.related.load_many(keys)
    pages = [cut(rows or (), page) for rows in found]
    nodes = iter(record_nodes(chain.from_iterable(map(itemgetter(0), pages)), definition))

    def counted(key: RelatedKey) -> Callable[[], Awaitable[int]]:
        async def count() -> int:
            return await loaders.related_counts.load(RelatedCountKey(definition.id, key.field, key.value)) or 0

        return count

    return [
        way if isinstance(way, Exception) else
        connected([*islice(nodes, len(shown))], shown, page, counted(cast(RelatedKey, key)), more=more)
        for way, key, (shown, more) in zip(ways, keys, pages, strict=True)
    ]  # fmt: skip


def _relation(definition: Definition, wanted: tuple[Target, int | None], field: str | None) -> str:
    """The relation to follow backward: the named one, else the first declared."""
    possible = [relationship.field for relationship in definition.relations_to(*wanted)]
    if not possible:
        raise Refusal("INVALID_RELATIONSHIP", f"{definition.key} has no relation to what you come from.")
    if field is not None and field not in possible:
        message = f"{field!r} is no such relation of {definition.key}. Possible: {', '.join(possible)}."
        raise Refusal("UNKNOWN_FIELD", message)
    return field or possible[0]
