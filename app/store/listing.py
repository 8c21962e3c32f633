"""Lists of contacts, products or records that fulfil a condition, in an order: in pages, and counted."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import asyncpg

from app.domain.conditions import Condition
from app.domain.contacts import Contact
from app.domain.definitions import Target
from app.domain.entities import Attribute, Entity
from app.domain.orders import Order
from app.domain.products import Product
from app.store.attributes import TABLES
from app.store.conditions import compiled, rows_of
from app.store.following import record_list
from app.store.fragments import Fragments, Sql, joined
from app.store.narrowing import apart, counted, leads_on, looked, narrowing
from app.store.orders import Mark, Sorting, behind, by, shown, sorting
from app.store.paging import Page
from app.store.relation_pages import relation_page
from app.store.session import Session
from app.store.statements import Statement
from app.store.target_pages import pointed, target_page

_TABLE = Sql("r")
_TIMES = "timestamptz_send(r.created_at) as created, timestamptz_send(r.updated_at) as updated"
_COLUMNS = {
    Target.CONTACTS: f"r.id, r.email, r.first_name, r.last_name, r.lang, {_TIMES}",
    Target.PRODUCTS: "r.id, r.reference, r.name, r.price, r.price_discount, r.currency, r.lang, r.is_active, " + _TIMES,
    Target.DEFINITION: f"r.id, r.definition_id, r.version, r.data, {_TIMES}",
}


@dataclass(frozen=True, slots=True)
class Listing:
    """What is listed, and how."""

    entity: Entity
    condition: Condition
    order: Order

    @property
    def table(self) -> Sql:
        return TABLES[self.entity.target]


class Listed(NamedTuple):
    """A row, as the store's other functions give it, and where it stands."""

    row: Any
    mark: Mark


async def page(session: Session, listing: Listing, asked: Page[Mark]) -> list[Listed]:
    """A page of the list, nearest first. The second statement is only asked for what the first one lacks."""
    found: list[Listed] = []
    for nulls in _parts(listing, asked):
        composed = _composed(listing, asked, nulls, asked.limit - len(found))
        if composed is not None:
            found += _listed(listing, await session.fetch(*composed))
        if len(found) >= asked.limit:
            break
    return found


async def count(session: Session, listing: Listing, bound: int) -> int:
    """How many rows the list has, counting no further than the bound."""
    fragments = Fragments()
    limit = fragments.parameter(bound, "bigint")
    found = narrowing(listing.entity, listing.condition)
    sql = None if found is None else counted(listing.entity, found, limit, fragments)
    if sql is None:
        where = _fulfilled(listing, fragments)
        sql = f"select count(*) as n from (select from {listing.table} r where {where} limit {limit}) bounded"
    rows = await session.fetch(Statement(f"{listing.table}.listed_count", sql), *fragments.parameters)
    return int(rows[0]["n"])


def _parts(listing: Listing, asked: Page[Mark]) -> Iterator[bool]:
    """Whether each part to read is the one without a first value. A list by ids, or by what is never null, has one."""
    keys = sorting(listing.entity, listing.order, _TABLE, Fragments()).keys
    if not keys or not keys[0].place.nullable:
        return iter((False,))
    nulls_first = keys[0].nulls_first is not asked.backward
    return iter((nulls_first, not nulls_first))


def _composed(listing: Listing, asked: Page[Mark], nulls: bool, most: int) -> tuple[Any, ...] | None:
    """The statement of one part, and its parameters; None where nothing of the part lies between the marks."""
    fragments = Fragments()
    order = sorting(listing.entity, listing.order, _TABLE, fragments)
    within = [_leading(order, nulls)] if order.keys and order.keys[0].place.nullable else _timed(listing.order)
    for mark, way in ((asked.after, order), (asked.before, order.turned())):
        between = Sql("true") if mark is None else _between(way, mark, nulls, fragments)
        if between is None:
            return None
        within.append(between)
    way = (order.turned() if asked.backward else order).of_part(nulls=nulls)
    limit = fragments.parameter(most, "bigint")
    inside = joined(within, "and", "true")
    if nulls or _along_relations(listing.order):
        sql = _page(listing, order, inside, by(way), limit, fragments)
    else:
        sql = _found(listing, order, way, inside, limit, fragments)
    return Statement(f"{listing.table}.listed", sql), *fragments.parameters


def _found(listing: Listing, order: Sorting, way: Sorting, within: Sql, limit: Sql, fragments: Fragments) -> str:
    """The statement that looks before it chooses how to find the page, where that may differ."""
    entity, condition, columns = listing.entity, listing.condition, _COLUMNS[listing.entity.target]
    found = narrowing(entity, condition, _first(listing.order))
    if found is not None:
        sql = looked(entity, found, within, columns, way, limit, fragments)
    elif not way.keys and leads_on(condition):
        plain, leading = apart(condition)
        sql = relation_page(entity, plain, leading, within, columns, way, limit, fragments)
    else:
        return _page(listing, order, within, by(way), limit, fragments)
    target = None if way.keys else pointed(condition)
    if target is None:
        return sql
    return target_page(entity, condition, target, sql, within, columns, way, limit, fragments)


def _first(order: Order) -> Attribute | None:
    return order.fields[0].attribute if order.fields else None


def _along_relations(order: Order) -> bool:
    """Whether what comes first is no attribute of the rows themselves."""
    return bool(order.fields) and bool(order.fields[0].hops)


def _page(listing: Listing, order: Sorting, within: Sql, way: Sql, limit: Sql, fragments: Fragments) -> str:
    columns = f"{_COLUMNS[listing.entity.target]}{shown(order)}"
    return (
        f"select {columns} from {listing.table} r{order.joins}"
        f" where {_fulfilled(listing, fragments)} and {within} order by {way} limit {limit}"
    )


def _leading(order: Sorting, nulls: bool) -> Sql:
    return Sql(f"{order.keys[0].sorted_by[0].sql} is {'null' if nulls else 'not null'}")


def _timed(order: Order) -> list[Sql]:
    """True of every time of creation; said where rows come in that order, it opens their index (see its migration)."""
    first = order.fields[0] if order.fields else None
    if first is None or first.hops or first.attribute.field is not None or first.attribute.name != "created_at":
        return []
    return [Sql(f"{_TABLE}.created_at > '-infinity'")]


def _between(way: Sorting, mark: Mark, nulls: bool, fragments: Fragments) -> Sql | None:
    """That a row of the part lies behind the mark; None where none does."""
    if not way.keys:
        return behind(way, mark, fragments)
    if (mark.values[0] is None) == nulls:
        return behind(way.of_part(nulls=nulls), mark.without_first() if nulls else mark, fragments)
    return Sql("true") if nulls is not way.keys[0].nulls_first else None


def _fulfilled(listing: Listing, fragments: Fragments) -> Sql:
    own = rows_of(listing.entity, _TABLE, fragments)
    return Sql(f"{own} and {compiled(listing.entity, listing.condition, _TABLE, fragments)}")


def _listed(listing: Listing, rows: Sequence[asyncpg.Record]) -> list[Listed]:
    width = len(rows[0]) - len(listing.order.fields) if rows else 0
    found = _ROWS[listing.entity.target]([row[:width] for row in rows])
    return [Listed(each, Mark(tuple(row[width:]), row["id"])) for each, row in zip(found, rows, strict=True)]


def _tuples(kind: type, rows: Sequence[Any]) -> list[Any]:
    return [tuple.__new__(kind, row) for row in rows]


_ROWS: dict[Target, Callable[[Sequence[Any]], Sequence[Any]]] = {
    Target.CONTACTS: partial(_tuples, Contact), Target.PRODUCTS: partial(_tuples, Product),
    Target.DEFINITION: record_list,
}  # fmt: skip
