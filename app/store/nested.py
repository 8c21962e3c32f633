"""Lists behind many parents at once: for each of some values the records whose relation holds it, those that fulfil a
condition, in an order: one statement for all of them.

Each parent's records are read first, by the index of the relation, and then looked at ("offset 0" keeps it so): what
one parent costs is bounded by what it has. In order of ids the index gives them in order, and few are looked at.
"""

from collections import defaultdict
from collections.abc import Sequence

from app.domain.entities import Entity
from app.store.columns import Column, relation_column
from app.store.conditions import compiled, rows_of
from app.store.following import RECORD_COLUMNS, record_list
from app.store.fragments import Fragments, Sql, joined
from app.store.listing import Listed, Listing
from app.store.orders import Mark, behind, by, shown, sorting, told
from app.store.paging import Page
from app.store.session import Session
from app.store.statements import Statement

_TABLE = Sql("r")
_COLUMNS = RECORD_COLUMNS.format("r")

Value = int | str


async def pages(
    session: Session, listing: Listing, field: str, values: Sequence[Value], wanted: Page[Mark]
) -> dict[Value, list[Listed]]:
    """For each value the page of the records whose relation `field` holds it, nearest first."""
    fragments, column = Fragments(), _column(listing, field)
    order = sorting(listing.entity, listing.order, _TABLE, fragments)
    within = joined(
        [behind(way, mark, fragments)
         for mark, way in ((wanted.after, order), (wanted.before, order.turned())) if mark is not None], "and", "true",
    )  # fmt: skip
    way = order.turned() if wanted.backward else order
    columns, told_way = told(way)
    more = "" if order.keys else f" and {within} order by r.{column.name}, {by(way)}"
    own = held(listing.entity, column, fragments, more)
    sql = (
        f"select {_COLUMNS}{columns}, p.value from {asked(values, column, fragments)} cross join lateral ("
        f"select r.*{shown(order)} from {own} r{order.joins}"
        f" where {compiled(listing.entity, listing.condition, _TABLE, fragments)} and {within}"
        f" order by {by(way)} limit {fragments.parameter(wanted.limit, 'bigint')}) r order by p.value, {told_way}"
    )  # fmt: skip
    rows = await session.fetch(Statement(f"records.nested_{column.name}", sql), *fragments.parameters)
    found = defaultdict(list)
    width = len(rows[0]) - len(order.keys) - 1 if rows else 0
    for row, record in zip(rows, record_list(rows), strict=True):
        found[row[-1]].append(Listed(record, Mark(tuple(row[width:-1]), record.id)))
    return found


async def counts(
    session: Session, listing: Listing, field: str, values: Sequence[Value], bound: int
) -> dict[Value, int]:
    """For each value how many records there are, counting to a bound."""
    fragments, column = Fragments(), _column(listing, field)
    sql = (
        f"select p.value, c.n from {asked(values, column, fragments)} cross join lateral ("
        f"select count(*) as n from (select from {held(listing.entity, column, fragments)} r"
        f" where {compiled(listing.entity, listing.condition, _TABLE, fragments)}"
        f" limit {fragments.parameter(bound, 'bigint')}) bounded) c"
    )
    rows = await session.fetch(Statement(f"records.nested_count_{column.name}", sql), *fragments.parameters)
    return {row["value"]: row["n"] for row in rows}


def held(entity: Entity, column: Column, fragments: Fragments, more: str = "") -> Sql:
    """The records whose relation holds p.value, as a table that is made before anything else is asked of it."""
    own = rows_of(entity, _TABLE, fragments)
    return Sql(f"(select r.* from records r where {own} and r.{column.name} = p.value{more} offset 0)")


def asked(values: Sequence[Value], column: Column, fragments: Fragments) -> Sql:
    """The values, as the table p."""
    return Sql(f"unnest({fragments.parameter(list(values), f'{column.type}[]')}) as p (value)")


def _column(listing: Listing, field: str) -> Column:
    assert listing.entity.definition is not None
    return relation_column(listing.entity.definition, field)
