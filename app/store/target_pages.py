"""A page, in order of ids, of the records that point at something of which more is asked than an id.

Where few things are what is asked for, each of them leads to its records by the index of the relation, in order of
their ids. Where they are many, the page is found as if that were no relation; no part is run before it is chosen.
"""

from app.domain.conditions import And, Condition, ToOne
from app.domain.entities import Entity
from app.store.attributes import TABLES
from app.store.columns import relation_column
from app.store.conditions import compiled, rows_of
from app.store.fragments import Fragments, Sql
from app.store.narrowing import flat, leads_on, narrowest
from app.store.orders import Sorting, by

_FEW = 100

_PAGE = """\
with targets as materialized (
    select t.id from {targets} t where {own_targets} and {target} limit {more}
), near as materialized (select count(*) < {more} as so from targets)
select r.* from (
    (select {columns} from (
        select r.* from targets cross join lateral (
            select r.* from {table} r where {own} and r.{column} = targets.id and {within} and ({others}) is true
            order by {order} limit {limit}) r
        where (select so from near) order by {order} limit {limit}) r)
    union all
    (select r.* from ({otherwise}) r where not (select so from near))
) r order by {order} limit {limit}"""


def pointed(condition: Condition) -> ToOne | None:
    """What is asked of something that records point at, if an index finds it."""
    found = (part for part in flat(condition) if isinstance(part, ToOne) and not leads_on(part.condition))
    return next((part for part in found if narrowest(part.target, part.condition) is not None), None)


def target_page(
    entity: Entity, condition: Condition, chosen: ToOne, otherwise: str, within: Sql, columns: str, way: Sorting,
    limit: Sql, fragments: Fragments,
) -> str:  # fmt: skip
    """The statement. `otherwise` is the one that finds the same page where there are many."""
    assert entity.definition is not None
    target, row = Sql("t"), Sql("r")
    others = And(tuple(part for part in flat(condition) if part is not chosen))
    with fragments.row_by_row():
        fulfilled = compiled(entity, others, row, fragments)
    return _PAGE.format(
        targets=TABLES[chosen.target.target], own_targets=rows_of(chosen.target, target, fragments),
        target=compiled(chosen.target, chosen.condition, target, fragments), more=_FEW + 1, columns=columns,
        table=TABLES[entity.target], own=rows_of(entity, row, fragments), others=fulfilled, within=within,
        column=relation_column(entity.definition, chosen.field).name, order=by(way), limit=limit, otherwise=otherwise,
    )  # fmt: skip
