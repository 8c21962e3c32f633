"""A page, in order of ids, of the rows whose value lies within a range.

The index has a range's rows in order of their values, and no index has them in order of ids. Each way of finding the
first ones is quick for some ranges and slow for others, so the statement looks before it chooses:

- a few steps along the ids are enough where many rows fulfil the condition;
- few rows are all taken from the index, and sorted;
- of few values, though many rows share them, the index gives each value's rows in order of ids: the first of every
  value are enough ("loose index scan");
- of more, up to a bound, ids alone are taken from the index, and sorted;
- what is left are many rows of many values: they are met soon along the ids, unless they stand together far away.

No part of it is run before it is chosen: common tables are made row by row, as they are asked for.
"""

from dataclasses import replace

from app.domain.conditions import Condition, Range
from app.domain.entities import Entity
from app.store.attributes import TABLES, place
from app.store.columns import COVERED
from app.store.conditions import bounds, compiled, rows_of, with_covering
from app.store.fragments import Fragments, Sql
from app.store.orders import Sorting, by

_STEPS = 300  # along the ids, before anything else is tried
_MORE_STEPS = 3_000  # where the index along the ids has the value
_FEW = 1_000  # rows that are soon fetched and sorted
_VALUES = 100
_MANY = 30_000  # ids that are soon sorted

_PAGE = """\
with recursive met as materialized (
    select r.* from (
        select r.id, {index} as value from {table} r where {along} and {within} order by {order} limit {steps}) s
    cross join lateral (select * from {table} where shop_id = $1 and id = s.id limit 1) r
    where {stepped} and ({narrow}) is true and {rest} order by {stepped_order} limit {limit}
), entries as materialized (
    select r.id from {table} r where {own} and {bounds} order by {index} limit {many}
), valued (value) as (
    (select {index} from {table} r where {own} and {bounds} order by {index} limit 1)
    union all
    select (select {index} from {table} r where {own} and {index} > v.value and {bounds} order by {index} limit 1)
    from valued v where v.value is not null
), few as materialized (
    select value from valued limit {values}
), chosen as materialized (
    select case
        when (select count(*) from met) = {limit} then 'steps'
        when (select count(*) from (select from entries limit {rare}) e) < {rare} then 'entries'
        when (select bool_or(value is null) from few) then 'values'
        when (select count(*) from entries) < {many} then 'entries'
        else 'walk' end as way
)
select {columns} from (
    (select r.* from met r where (select way from chosen) = 'steps')
    union all
    (select r.* from
     (select r.id from entries r where (select way from chosen) = 'entries' and {within} order by {order} offset 0) e
     cross join lateral (select * from {table} where shop_id = $1 and id = e.id limit 1) r
     where ({narrow}) is true and {rest} order by {found_order} limit {limit})
    union all
    (select r.* from few cross join lateral (
        select r.* from {table} r where {own} and {index} = few.value and {within} and ({narrow}) is true and {rest}
        order by {order} limit {limit}) r
     where (select way from chosen) = 'values' order by {order} limit {limit})
    union all
    (select r.* from
     (select r.id from {table} r where {along} and (select way from chosen) = 'walk' and ({bounds}) is true and {within}
      order by {order} offset 0) e
     cross join lateral (select * from {table} where shop_id = $1 and id = e.id limit 1) r
     where ({narrow}) is true and {rest} order by {found_order} limit {limit})
) r order by {order} limit {limit}"""


def range_page(
    entity: Entity,
    asked: Range,
    rest: Condition,
    within: Sql,
    columns: str,
    way: Sorting,
    limit: Sql,
    fragments: Fragments,
) -> str:
    """The statement. `way` is an order of ids, `within` says of them where the page lies. The rest must hold, too."""
    at = place(entity, asked.attribute, Sql("r"), Fragments())
    index = at.slot or at.exact
    own = rows_of(entity, Sql("r"), fragments)
    covered = entity.definition is not None and index.sql.removeprefix("r.") in COVERED
    stepped = bounds(replace(index, sql=Sql("s.value")), asked, fragments)
    with fragments.row_by_row():
        fulfilled = compiled(entity, rest, Sql("r"), fragments)
    return _PAGE.format(
        table=TABLES[entity.target], own=own, along=with_covering(own) if covered else own, index=index.sql,
        bounds=bounds(index, asked, fragments), stepped=stepped, narrow=compiled(entity, asked, Sql("r"), fragments),
        rest=fulfilled, within=within, columns=columns, order=by(way), stepped_order=by(way).replace("r.id", "s.id"),
        found_order=by(way).replace("r.id", "e.id"), limit=limit, steps=_MORE_STEPS if covered else _STEPS,
        rare=_FEW + 1, values=_VALUES + 1, many=_MANY + 1,
    )  # fmt: skip
