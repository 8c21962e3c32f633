"""Relations followed both ways: from records to what they point at, and from there back to the records."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from inspect import isawaitable
from itertools import repeat
from operator import countOf, sub
from typing import Any, NamedTuple, cast

from app.domain.definitions import Definition, Relationship, Target
from app.domain.records import Record
from app.execution import Answers, Column, each
from app.graphql.access import only_keys
from app.graphql.aggregate_types import Aggregates
from app.graphql.aggregates import GroupArguments, aggregate_behind
from app.graphql.connection import Connection, PageArguments, connections, number_page
from app.graphql.contacts import Contact, load_contacts
from app.graphql.context import Info
from app.graphql.errors import Refusal
from app.graphql.following import followed
from app.graphql.listing import plain_cursors
from app.graphql.nested import Ways, filtered
from app.graphql.products import Product, load_products, product_nodes
from app.graphql.records import CustomDataRecord, all_one, find_definition, record_node, record_nodes
from app.graphql.scalars import JSON
from app.loaders.batching import then
from app.loaders.operation import Related, RelatedCountKey
from app.store.paging import Page
from app.store.records import Stretch
from app.tables import Cut, Table, column

Found = Contact | Product | CustomDataRecord | None


def targets(info: Info, records: Sequence[CustomDataRecord], field: str) -> Answers[Found]:
    """What that relation of each record points to."""
    schemas = column(records, "schema")
    if all_one(schemas):
        return _followed(info, records, field)
    together: dict[int, list[int]] = defaultdict(list)  # records of one definition
    for index, schema in enumerate(schemas):
        together[id(schema)].append(index)
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
    schema = column(records, "schema")[0]
    relationship = schema.relationship.get(field)
    if relationship is None:
        return [_no_relation(schema, field)] * len(records)
    rows = column(records, "row")
    beside = rows.beside.get(schema.field[field].slot) if type(rows) is Table else None
    if beside is None or relationship.target is Target.DEFINITION:
        return _loaded(info, relationship, [data.get(field) for data in column(rows, "data")])
    return beside if relationship.target is Target.CONTACTS else product_nodes(beside, info.context.viewer.contact_id)


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
        return list(zip(repeat(relation), self.parents))

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
    page, follow = number_page(*asked), followed(info)
    whole = countOf(map(type, ways), tuple) == len(ways)
    good: Sequence[Any] = ways if whole else [way for way in ways if type(way) is tuple]
    if not good:
        return cast(Column[Connection[CustomDataRecord]], ways)
    fields, values = zip(*good, strict=True)

    def ask(field: str, values: Sequence[Any]) -> Awaitable[list[Stretch | None]]:
        return info.context.loaders.related.of(Related(definition.id, field, page, follow)).load_many(values)

    if fields.count(fields[0]) == len(fields):
        found = await ask(fields[0], values)
    else:
        found = await _by_relation(ask, fields, values)
    shown, more = _shown(found, page)
    nodes = Cut(record_nodes(shown.items, definition), shown.lengths)
    pages = connections(nodes, shown, page, more, lambda: [_counting(info, definition, *way) for way in good])
    if len(good) == len(ways):
        return pages
    each_page = iter(pages)
    return [way if isinstance(way, Exception) else next(each_page) for way in ways]


async def _by_relation(
    ask: Callable[[str, Sequence[Any]], Awaitable[list[Stretch | None]]], fields: Sequence[str], values: Sequence[Any]
) -> list[Stretch | None]:
    """What is asked of each relation, side by side."""
    found: list[Stretch | None] = [None] * len(fields)
    places = {name: [place for place, field in enumerate(fields) if field == name] for name in dict.fromkeys(fields)}
    answers = await asyncio.gather(*(ask(name, [values[n] for n in within]) for name, within in places.items()))
    for within, stretches in zip(places.values(), answers, strict=True):
        for place, stretch in zip(within, stretches, strict=True):
            found[place] = stretch
    return found


def _shown(found: Sequence[Stretch | None], page: Page[int]) -> tuple[Cut, Sequence[bool]]:
    """The records that are shown of those found, list by list, and whether there are more."""
    size = page.limit - 1
    there: Sequence[Any] = [each for each in found if each is not None] if None in found else found
    tables, starts, stops = zip(*there, strict=True) if there else ((), (), ())
    lengths = list(map(sub, stops, starts))
    whole = len(there) == len(found) and max(lengths) <= size and not page.backward and tables[0] is tables[-1]
    if whole and (0, *stops) == (*starts, len(tables[0])):
        return Cut(tables[0], lengths), [False] * len(found)  # all that was read, as it was read
    items: list[Record] = []
    lengths = []
    for stretch in found:
        read, start, stop = stretch or ((), 0, 0)
        shown = read[start : min(stop, start + size)]
        items += shown[::-1] if page.backward else shown
        lengths.append(len(shown))
    return Cut(items, lengths), [stretch is not None and stretch[2] - stretch[1] > size for stretch in found]


def _counting(info: Info, definition: Definition, field: str, value: int | str) -> Callable[[], Awaitable[int]]:
    async def count() -> int:
        return await info.context.loaders.related_counts.load(RelatedCountKey(definition.id, field, value)) or 0

    return count


def _relation(definition: Definition, wanted: tuple[Target, int | None], field: str | None) -> str:
    """The relation to follow backward: the named one, else the first declared."""
    possible = [relationship.field for relationship in definition.relations_to(*wanted)]
    if not possible:
        raise Refusal("INVALID_RELATIONSHIP", f"{definition.key} has no relation to what you come from.")
    if field is not None and field not in possible:
        message = f"{field!r} is no such relation of {definition.key}. Possible: {', '.join(possible)}."
        raise Refusal("UNKNOWN_FIELD", message)
    return field or possible[0]
