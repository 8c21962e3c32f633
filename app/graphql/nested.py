"""Lists of records behind their parents, with `where` and `orderBy`: one statement for all parents."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import astuple
from typing import Any, cast

from app.domain.definitions import Definition
from app.domain.entities import of_definition
from app.execution import Column
from app.graphql.access import only_keys
from app.graphql.connection import Connection, PageArguments, ShownPage, cut
from app.graphql.context import Info
from app.graphql.list_arguments import OrderBy
from app.graphql.listing import cursor_of, page_of, understood
from app.graphql.records import CustomDataRecord, record_nodes
from app.graphql.scalars import JSON
from app.loaders.asked import Asked
from app.loaders.operation import NestedKey
from app.store.listing import Listed

Ways = Sequence[tuple[str, int | str] | Exception]  # for each parent the relation, and the value it is to hold


async def filtered(
    info: Info, definition: Definition, ways: Ways, asked: PageArguments, where: JSON | None,
    order_by: Sequence[OrderBy] | None,
) -> Column[Connection[CustomDataRecord]]:  # fmt: skip
    """For each parent its page of the records that fulfil `where`, ordered."""
    only_keys(info)
    listing = await understood(info, of_definition(definition), where, order_by)
    page = page_of(listing, asked)
    question = Asked(repr((definition.id, where, [astuple(each) for each in order_by or ()])), listing)
    keys = [None if isinstance(way, Exception) else NestedKey(question, *way, page) for way in ways]
    loaders = info.context.loaders
    found = await loaders.nested.load_many(keys)

    def counted(key: NestedKey) -> Callable[[], Awaitable[int]]:
        async def count() -> int:
            return await loaders.nested_counts.load(key._replace(page=None)) or 0

        return count

    def shown(key: NestedKey, rows: Sequence[Listed]) -> ShownPage:
        listed, more = cut(rows, page)
        nodes = record_nodes((each.row for each in listed), definition)
        return ShownPage(nodes, listed, lambda each: cursor_of(listing.order, each), page, more, counted(key))

    return [
        way if isinstance(way, Exception) else cast(Any, shown(cast(NestedKey, key), rows or ()))
        for way, key, rows in zip(ways, keys, found, strict=True)
    ]
