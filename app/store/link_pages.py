"""A page, in order of ids, of the rows that records point at: those of which some record fulfils a condition.

The index of the relation has records in order of what they point at. So where many fulfil the condition, some steps
along it meet enough rows, in their order. Of few records all are looked up, through whichever relation has few; and
what is left are many records behind each relation: rows are asked one after the other whether one points at them.

No part of it is run before it is chosen: common tables are made row by row, as they are asked for.
"""

from collections.abc import Sequence

from app.domain.conditions import And, Condition, Some
from app.domain.entities import Entity
from app.store.attributes import TABLES
from app.store.columns import link_column
from app.store.conditions import compiled, rows_of
from app.store.fragments import Fragments, Sql
from app.store.orders import Sorting, by

_STEPS = 3_000  # along the relation
_FEW = 10_000  # records that are soon found, and what they point at looked up

_STEPPED = """\
with met as materialized (
    select r.* from (
        select distinct on (t.{column}) t.{column} as id from (
            select t.* from {records} t where {own_records} and t.{column} is not null and {within}
            order by {order} limit {steps}) t
        where {behind} order by {order}) e
    cross join lateral (select * from {table} where shop_id = $1 and id = e.id limit 1) r
    where {own} and {rest} order by {found_order} limit {limit}
)"""
_FOUND = """\
, found{n} as materialized (
    select t.{column} as id from {records} t where {own_records} and t.{column} is not null and {behind} limit {more}
)"""
_CHOSEN = """\
, chosen as materialized (
    select case when (select count(*) from met) = {limit} then 'steps'{found} else 'walk' end as way
)
select {columns} from (
    (select r.* from met r where (select way from chosen) = 'steps')
    union all{all_found}
    (select r.* from {table} r where {own} and (select way from chosen) = 'walk' and {links} and {within} and {rest}
     order by {order} limit {limit})
) r order by {order} limit {limit}"""
_FROM_FOUND = """
    (select r.* from
     (select r.id from (select distinct id from found{n}) r
      where (select way from chosen) = 'found{n}' and {within} order by {order} offset 0) e
     cross join lateral (select * from {table} where shop_id = $1 and id = e.id limit 1) r
     where {own} and {fulfilled} and {rest} order by {found_order} limit {limit})
    union all"""


def link_page(
    entity: Entity,
    links: Sequence[Some],
    rest: Condition,
    within: Sql,
    columns: str,
    way: Sorting,
    limit: Sql,
    fragments: Fragments,
) -> str:
    """The statement. `way` is an order of ids, `within` says of them where the page lies. All `links` must hold, and
    the rest."""
    order, row = by(way), Sql("r")

    def fulfilled(*parts: Condition) -> Sql:
        with fragments.row_by_row():
            return compiled(entity, And(parts), row, fragments)

    words = {
        "table": TABLES[entity.target], "own": rows_of(entity, row, fragments), "within": within, "order": order,
        "limit": limit, "columns": columns, "rest": fulfilled(rest), "links": fulfilled(*links), "more": _FEW + 1,
        "found_order": order.replace("r.id", "e.id"),
    }  # fmt: skip
    first = records_behind(links[0], fragments)
    column = f"t.{first['column']}"
    along = {"within": within.replace("r.id", column), "order": order.replace("r.id", column)}
    statement = _STEPPED.format(
        **words | along | {"rest": fulfilled(*links[1:], rest)}, **first, steps=_STEPS
    )  # fmt: skip
    chosen, all_found = "", ""
    for n, link in enumerate(links, 1):
        statement += _FOUND.format(n=n, **words, **records_behind(link, fragments))
        chosen += f" when (select count(*) from found{n}) < {_FEW + 1} then 'found{n}'"
        others = fulfilled(*(each for each in links if each is not link))
        all_found += _FROM_FOUND.format(n=n, fulfilled=others, **words)
    return statement + _CHOSEN.format(found=chosen, all_found=all_found, **words)


def records_behind(link: Some, fragments: Fragments) -> dict[str, Sql]:
    """The words of a statement that reads the records `t` behind a link that fulfil its condition."""
    records, row = link.link.records, Sql("t")
    return {
        "records": TABLES[records.target],
        "own_records": rows_of(records, row, fragments),
        "column": Sql(link_column(link.link).name),
        "behind": compiled(records, link.condition, row, fragments),
    }
