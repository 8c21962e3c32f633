"""How all rows that fulfil a condition are read: by the index that finds them, or with the whole definition.

Rows that an index finds lie anywhere in the table; all of a definition's lie side by side, and mostly their index has
what is asked of them (records_definition). So the index is for few rows. How many there are is not known before, nor
how many records the definition has: the statement looks at the first and the last of them, and counts to a bound.
"""

from typing import NamedTuple

from app.domain.conditions import Condition, OneOf, Range
from app.domain.entities import Entity
from app.store.attributes import TABLES, place
from app.store.conditions import among, bounds, compiled, rows_of
from app.store.fragments import Fragments, Sql
from app.store.narrowing import narrowing

_SAMPLE = 500  # records at either end
_SHARE = 5  # one of so many is much
_FEW = 5_000  # soon read by any index

_COMMON = """\
with common as materialized (
    select (select count(*) from (select from {table} r where {own} and {narrow} limit {more}) f) = {more}
        and (select count(*) filter (where {narrow}) * {share} > count(*) from (
            (select {index} from {table} r where {own} order by r.id limit {sample})
            union all
            (select {index} from {table} r where {own} order by r.id desc limit {sample})) r) as so
)
"""
_BY_INDEX = "not (select so from common)"
_WITH_ALL = "(select so from common)"


class Way(NamedTuple):
    """The rows of one way are those of `where`; they are none unless `chosen`, of what the statement begins with."""

    where: Sql
    chosen: Sql


def ways(entity: Entity, condition: Condition, fragments: Fragments) -> tuple[str, list[Way]]:
    """What the statement begins with, and the ways there are to read the rows `r` that fulfil the condition."""
    own, table = rows_of(entity, Sql("r"), fragments), TABLES[entity.target]
    fulfilled = compiled(entity, condition, Sql("r"), fragments)
    found = narrowing(entity, condition)
    if found is None or not isinstance(found.chosen, OneOf | Range):
        return "", [Way(Sql(f"{own} and {fulfilled}"), Sql("true"))]
    at = place(entity, found.chosen.attribute, Sql("r"), Fragments())
    index, chosen = at.slot or at.exact, found.chosen
    narrow = bounds(index, chosen, fragments) if isinstance(chosen, Range) else among(index, chosen.values, fragments)
    words = {"table": table, "own": own, "narrow": narrow, "index": index.sql}
    return _COMMON.format(more=_FEW + 1, share=_SHARE, sample=_SAMPLE, **words), [
        Way(Sql(f"{own} and {fulfilled} and {_BY_INDEX}"), Sql(_BY_INDEX)),
        Way(Sql(f"{own} and ({fulfilled}) is true and {_WITH_ALL}"), Sql(_WITH_ALL)),
    ]
