"""A page, in order of ids, of the rows of which what relations lead to is asked, where no index finds what is asked.

Asked row by row, each relation is one look-up in its index; asked of all, it is joined. Which is less depends on how
many rows fulfil the condition, so the statement asks some rows along the ids first, and all of them only if too few
did. Then ids alone are read, of the rows and of what none of must be there: indexes have both. The latter is one table
in the same order ("offset 0"), never looked up row by row; and what is asked of it is no index's ("is true"), as nearly
all rows have some of it, or the first ones had been enough. Where the covering index has the relation, the relation's
own index is kept away: that one begins at "is not null", and every record it finds is read from the table.
"""

from app.domain.conditions import TRUE, And, Condition, Not, Some
from app.domain.entities import Entity
from app.store.attributes import TABLES
from app.store.columns import COVERED, link_column
from app.store.conditions import compiled, rows_of, with_covering
from app.store.fragments import Fragments, Sql, joined
from app.store.link_pages import records_behind
from app.store.narrowing import flat
from app.store.orders import Sorting, by

_STEPS = 500

_PAGE = """\
with steps as materialized (
    select r.* from {table} r where {own} and {plain} and {within} order by {order} limit {steps}
), met as materialized (
    select r.* from steps r where {singly} order by {order} limit {limit}
), enough as materialized (
    select (select count(*) from met) = {limit} or (select count(*) from steps) < {steps} as so
)
select {columns} from (
    (select r.* from met r where (select so from enough))
    union all
    (select r.* from
     (select r.id from {table} r where {own} and not (select so from enough) and {plain} and {fulfilled} and {absent}
        and {within} order by {order} limit {limit}) e
     cross join lateral (select * from {table} where shop_id = $1 and id = e.id limit 1) r)
) r order by {order} limit {limit}"""
_ABSENT = (
    "not exists (select from (select t.{column} as id from {records} t where {own_records} and {known}"
    " and ({behind}) is true order by t.{column} offset 0) t where t.id = r.id)"
)  # fmt: skip


def relation_page(
    entity: Entity, plain: Condition, leading: Condition, within: Sql, columns: str, way: Sorting, limit: Sql,
    fragments: Fragments,
) -> str:  # fmt: skip
    """The statement. `plain` is asked of the rows themselves, `leading` of what their relations lead to."""
    row, parts = Sql("r"), flat(leading)
    absent = [part.part for part in parts if isinstance(part, Not) and isinstance(part.part, Some)]
    others = And(tuple(part for part in parts if not (isinstance(part, Not) and isinstance(part.part, Some))))
    with fragments.row_by_row():
        singly = compiled(entity, leading, row, fragments)
    return _PAGE.format(
        table=TABLES[entity.target], own=rows_of(entity, row, fragments), within=within, order=by(way), limit=limit,
        plain=compiled(entity, plain, row, fragments), singly=singly, columns=columns, steps=_STEPS,
        fulfilled=compiled(entity, others, row, fragments),
        absent=joined([_none(link, fragments) for link in absent], "and", "true"),
    )  # fmt: skip


def _none(link: Some, fragments: Fragments) -> Sql:
    """That no record behind the link fulfils its condition."""
    words = records_behind(link, fragments)
    if link.link.definition is not None:
        words["own_records"] = with_covering(words["own_records"], "t")
    column = link_column(link.link).name
    known = "true" if column in COVERED and link.condition != TRUE else f"t.{column} is not null"
    return Sql(_ABSENT.format(known=known, **words))
