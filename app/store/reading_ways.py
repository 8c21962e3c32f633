"""How all rows that fulfil a condition are read: by the index that finds them, or with the whole definition.

Rows that an index finds lie anywhere in the table; all of a definition's lie side by side, and mostly an index has
what is asked of them (records_covering). So the index is for few rows. How many there are is not known before, nor
how many records the definition has: the statement looks at the first and the last of them, and counts to a bound.
"""

from typing import NamedTuple

from app.domain.conditions import Condition, Range
from app.domain.entities import Entity
from app.store.attributes import TABLES, place
from app.store.conditions import among, bounds, compiled, rows_of, with_covering
from app.store.fragments import Fragments, Sql
from app.store.narrowing import leads_on, narrowest

_SAMPLE = 500  # records at either end
_SHARE = 5  # one of so many is much
_FEW = 5_000  # soon read by any index

_COMMON = """\
with common as materialized (
    select (select count(*) from (select from {table} r where {own} and {narrow} limit {more}) f) = {more}
        and (select count(*) filter (where {narrow}) * {share} > count(*) from (
            (select {index} from {table} r where {along} order by r.id limit {sample})
            union all
            (select {index} from {table} r where {along} order by r.id desc limit {sample})) r) as so
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
    along = with_covering(own) if entity.definition is not None else own
    if leads_on(condition):
        return "", [Way(Sql(f"{own} and {fulfilled}"), Sql("true"))]
    chosen = narrowest(entity, condition)
    if chosen is None:
        return "", [Way(Sql(f"{along} and {fulfilled}"), Sql("true"))]
    at = place(entity, chosen.attribute, Sql("r"), Fragments())
    index = at.slot or at.exact
    narrow = bounds(index, chosen, fragments) if isinstance(chosen, Range) else among(index, chosen.values, fragments)
    words = {"table": table, "own": own, "along": along, "narrow": narrow, "index": index.sql}
    return _COMMON.format(more=_FEW + 1, share=_SHARE, sample=_SAMPLE, **words), [
        Way(Sql(f"{own} and {fulfilled} and {_BY_INDEX}"), Sql(_BY_INDEX)),
        Way(Sql(f"{along} and ({fulfilled}) is true and {_WITH_ALL}"), Sql(_WITH_ALL)),
    ]
