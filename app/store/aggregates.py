"""Aggregates in SQL: of all rows that fulfil a condition, or of the records behind each of many parents."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from app.domain.aggregate_values import average, shown
from app.domain.aggregates import Aggregation, Function, GroupKey, Measure, Rank
from app.domain.problems import Code, Problem
from app.store.attributes import TABLES
from app.store.columns import relation_column
from app.store.conditions import compiled, rows_of
from app.store.fragments import Fragments, Sql
from app.store.measures import Measures
from app.store.nested import Value, asked, held
from app.store.session import Session
from app.store.statements import Statement

_TABLE = Sql("r")


class Group(NamedTuple):
    """What a group's rows have in common, and a value for each measure; a Problem where there is none to tell."""

    keys: tuple[Any, ...]
    values: tuple[Any, ...]


async def groups(session: Session, aggregation: Aggregation, limit: int) -> list[Group]:
    """The first groups of all rows that fulfil the condition."""
    fragments = Fragments()
    entity = aggregation.entity
    table = TABLES[entity.target]
    composed = _Composed(aggregation, fragments)
    own = rows_of(entity, _TABLE, fragments)
    sql = composed.select(Sql(f"{table} r"), own, limit)
    rows = await session.fetch(Statement(f"{table}.aggregated", sql), *fragments.parameters)
    return [composed.group(row) for row in rows]


async def groups_behind(
    session: Session, aggregation: Aggregation, field: str, values: Sequence[Value], limit: int
) -> dict[Value, list[Group]]:
    """For each value the first groups of the records whose relation `field` holds it: one statement for all."""
    fragments = Fragments()
    assert aggregation.entity.definition is not None
    column = relation_column(aggregation.entity.definition, field)
    composed = _Composed(aggregation, fragments)
    own = held(aggregation.entity, column, fragments)
    each = composed.select(Sql(f"{own} r"), Sql("true"), limit)
    order = "".join(f", {term}" for term in composed.order("a."))
    sql = (
        f"select a.*, p.value from {asked(values, column, fragments)} cross join lateral ({each}) a"
        f" order by p.value{order}"
    )
    rows = await session.fetch(Statement(f"records.aggregated_{column.name}", sql), *fragments.parameters)
    found = defaultdict(list)
    for row in rows:
        found[row[-1]].append(composed.group(row))
    return found


class _Composed:
    """A statement and how its rows are read. Columns are k1, k2, ... for the keys, m1, m2, ... for the measures (n1 for
    how many values an average is of) and o1, o2, ... for what groups are ordered by."""

    def __init__(self, aggregation: Aggregation, fragments: Fragments) -> None:
        self._aggregation = aggregation
        self._fragments = fragments
        self._measures = Measures(aggregation, _TABLE, fragments)

    def select(self, table: Sql, own: Sql, limit: int) -> str:
        of = self._aggregation
        columns = ", ".join(self._columns())
        fulfilled = compiled(of.entity, of.condition, _TABLE, self._fragments)
        grouped = ", ".join(str(n) for n in range(1, len(of.keys) + 1))
        order = ", ".join(self.order())
        return (
            f"select {columns} from {table}{self._measures.joins} where {own} and {fulfilled}"
            f"{' group by ' + grouped if grouped else ''}{' order by ' + order if order else ''}"
            f" limit {self._fragments.parameter(limit, 'bigint')}"
        )

    def _columns(self) -> Iterator[str]:
        of = self._aggregation
        for n, key in enumerate(of.keys, 1):
            yield f"{self._measures.key(key)} as k{n}"
        for n, measure in enumerate(of.measures, 1):
            yield f"{self._measures.figure(measure)} as m{n}"
            if measure.function is Function.AVG:
                yield f"{self._measures.figure(Measure(Function.COUNT, measure.of))} as n{n}"
        for n, rank in enumerate(of.ranks, 1):
            if isinstance(rank.by, Measure):
                yield f"{self._measures.ranked(rank.by)} as o{n}"
        if not of.keys and not of.measures:
            yield "count(*) as o0"

    def order(self, table: str = "") -> Iterator[str]:
        keys = self._aggregation.keys
        for n, rank in enumerate(self._aggregation.ranks, 1):
            yield _ordered(rank, f"{table}o{n}" if isinstance(rank.by, Measure) else f"{table}k{_place(keys, rank.by)}")
        for n in range(1, len(keys) + 1):
            yield f"{table}k{n}"

    def group(self, row: Any) -> Group:
        """A row as it is told."""
        of = self._aggregation
        keys = tuple(shown(key.of.kind, row[f"k{n}"]) for n, key in enumerate(of.keys, 1))
        return Group(keys, tuple(_told(measure, row, n) for n, measure in enumerate(of.measures, 1)))


def _ordered(rank: Rank, column: str) -> str:
    direction = " desc" if rank.descending else ""
    return f"{column}{direction} nulls {'first' if rank.nulls_first else 'last'}"


def _place(keys: Sequence[GroupKey], key: GroupKey) -> int:
    return keys.index(key) + 1


def _told(measure: Measure, row: Any, n: int) -> Any:
    value = row[f"m{n}"]
    if measure.function is Function.COUNT:
        return value
    assert measure.of is not None
    try:
        if measure.function is Function.AVG:
            return average(measure.of.kind, value, row[f"n{n}"])
        return shown(measure.of.kind, value)
    except OverflowError:
        name = measure.of.attribute.name
        return Problem(Code.OUT_OF_RANGE, f"The sum of {name} is beyond the numbers that NUMBER holds.")
