"""A page, in order of ids, of the rows of which what relations lead to is asked, where no index finds what is asked.

Asked row by row, each relation is one look-up in its index; asked of all, it is joined. Which is less depends on how
many rows fulfil the condition, so the statement asks some rows along the ids first, and all of them only if too few
did.
"""

from app.domain.conditions import Condition
from app.domain.entities import Entity
from app.store.attributes import TABLES
from app.store.conditions import compiled, rows_of
from app.store.fragments import Fragments, Sql
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
    (select r.* from {table} r where {own} and not (select so from enough) and {plain} and {fulfilled} and {within}
     order by {order} limit {limit})
) r order by {order} limit {limit}"""


def relation_page(
    entity: Entity, plain: Condition, leading: Condition, within: Sql, columns: str, way: Sorting, limit: Sql,
    fragments: Fragments,
) -> str:  # fmt: skip
    """The statement. `plain` is asked of the rows themselves, `leading` of what their relations lead to."""
    row = Sql("r")
    fulfilled = compiled(entity, leading, row, fragments)
    with fragments.row_by_row():
        singly = compiled(entity, leading, row, fragments)
    return _PAGE.format(
        table=TABLES[entity.target], own=rows_of(entity, row, fragments), within=within, order=by(way), limit=limit,
        plain=compiled(entity, plain, row, fragments), singly=singly, fulfilled=fulfilled, columns=columns,
        steps=_STEPS,
    )  # fmt: skip
