"""Aggregates in SQL: of all rows that fulfil a condition, or of the records behind each of many parents."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import asyncpg

from app.domain.aggregate_values import average, shown
from app.domain.aggregates import Aggregation, Function, GroupKey, Measure, Rank
from app.domain.conditions import TRUE
from app.domain.problems import Code, Problem
from app.store.attributes import TABLES
from app.store.columns import relation_column
from app.store.conditions import compiled
from app.store.fragments import Fragments, Sql
from app.store.having import Having
from app.store.measures import Measures
from app.store.nested import Value, asked, held
from app.store.reading_ways import Way, ways
from app.store.session import Session
from app.store.statements import Statement

_TABLE = Sql("r")


class Group(NamedTuple):
    """What a group's rows have in common, and a value for each measure; a Problem where there is none to tell."""

    keys: tuple[Any, ...]
    values: tuple[Any, ...]


async def groups(session: Session, aggregation: Aggregation, limit: int) -> list[Group]:
    """The first groups of all rows that fulfil the condition."""
    entity = aggregation.entity

    def compose(composed: _Composed) -> tuple[str, str]:
        before, found = ways(entity, aggregation.condition, composed.fragments)
        table = TABLES[entity.target]
        return f"{table}.aggregated", before + composed.select(Sql(f"{table} r"), found, limit)

    rows, composed = await _asked(session, aggregation, compose)
    return [composed.group(row) for row in rows]


async def groups_behind(
    session: Session, aggregation: Aggregation, field: str, values: Sequence[Value], limit: int
) -> dict[Value, list[Group]]:
    """For each value the first groups of the records whose relation `field` holds it: one statement for all."""
    assert aggregation.entity.definition is not None
    column = relation_column(aggregation.entity.definition, field)

    def compose(composed: _Composed) -> tuple[str, str]:
        own = held(aggregation.entity, column, composed.fragments)
        fulfilled = compiled(aggregation.entity, aggregation.condition, _TABLE, composed.fragments)
        each = composed.select(Sql(f"{own} r"), [Way(fulfilled, Sql("true"))], limit)
        order = "".join(f", {term}" for term in composed.order("a."))
        return f"records.aggregated_{column.name}", (
            f"select p.value, a.* from {asked(values, column, composed.fragments)} cross join lateral ({each}) a"
            f" order by p.value{order}"
        )

    rows, composed = await _asked(session, aggregation, compose)
    found = defaultdict(list)
    for row in rows:
        found[row[0]].append(composed.group(row))
    return found


async def _asked(
    session: Session, aggregation: Aggregation, compose: "Callable[[_Composed], tuple[str, str]]"
) -> "tuple[list[asyncpg.Record], _Composed]":
    """The rows of the statement that takes values from slots; where some are not exact, of the one that does not."""
    for slots in (True, False):
        composed = _Composed(aggregation, Fragments(), slots=slots)
        name, sql = compose(composed)
        rows = await session.fetch(Statement(name, sql), *composed.fragments.parameters)
        if composed.exact(rows):
            break
    return rows, composed


class _Composed:
    """A statement and how its rows are read. Columns are k1, k2, ... for the keys, m1, m2, ... for the measures (n1 for
    how many values an average is of), o1, o2, ... for what groups are ordered by, w1, w2, ... for whether what comes
    from slots is exact in the group, e1, e2, ... in all groups, h1, h2, ... for what groups are chosen by. What several
    of them would have is made once: of equal sums the database would make each."""

    def __init__(self, aggregation: Aggregation, fragments: Fragments, *, slots: bool) -> None:
        self.fragments = fragments
        self._aggregation = aggregation
        self._measures = Measures(aggregation, _TABLE, fragments, slots=slots)
        self._having = Having(aggregation.having, self._measures, fragments)
        self._flags: list[str] = []

    def select(self, table: Sql, ways: Sequence[Way], limit: int) -> str:
        """Groups are ordered once they are made ("offset 0"): the planner may rather sort all rows first. What comes
        from slots must be exact in all of them, since they compete for the first places: where it is not, groups stay
        whatever their figures are, so that this is seen."""
        of = self._aggregation
        made, again = self._made()
        columns, joins = ", ".join(f"{column} as {name}" for column, name in made.items()), self._measures.joins
        grouped = ", ".join(str(n) for n, name in enumerate(made.values(), 1) if name.startswith("k"))
        by = f" group by {grouped}" if grouped else ""
        sql = " union all ".join(
            f"select {columns} from {table}{joins} where {way.where}{by} having {way.chosen}" for way in ways
        )
        chosen = self._chosen()
        if not of.keys:
            return f"select * from (select *{again} from ({sql}) g) g{chosen}"
        order = ", ".join(self.order())
        exact = "".join(f", bool_and(w{n}) over () as {name}" for n, name in enumerate(self._flags, 1))
        most = self.fragments.parameter(limit, "bigint")
        groups = f"select *{again}{exact} from ({sql} offset 0) g"
        return f"{f'select * from ({groups}) g{chosen}' if chosen else groups} order by {order} limit {most}"

    def _chosen(self) -> str:
        """Which groups are given."""
        if self._aggregation.having == TRUE:
            return ""
        inexact = "".join(f" or {flag} is false" for flag in self._flags)
        return f" where ({self._having.compiled()}) is true{inexact}"

    def _made(self) -> tuple[dict[str, str], str]:
        """The columns that are made, keys first, and those that have the same as one of these."""
        made: dict[str, str] = {}
        again = ""
        for sql, name in self._columns():
            if made.setdefault(sql, name) != name:
                again += f", {made[sql]} as {name}"
        return made, again

    def _columns(self) -> Iterator[tuple[str, str]]:
        of = self._aggregation
        for n, key in enumerate(of.keys, 1):
            yield self._measures.key(key), f"k{n}"
        for n, measure in enumerate(of.measures, 1):
            yield self._measures.figure(measure), f"m{n}"
            if measure.function is Function.AVG:
                yield self._measures.figure(Measure(Function.COUNT, measure.of)), f"n{n}"
        for n, rank in enumerate(of.ranks, 1):
            if isinstance(rank.by, Measure):
                yield self._measures.ranked(rank.by), f"o{n}"
        yield from self._having.columns()
        for n, flag in enumerate(self._measures.flags, 1):
            yield flag, f"w{n}"
        self._flags = [f"{'e' if of.keys else 'w'}{n}" for n in range(1, len(self._measures.flags) + 1)]
        if not of.keys and not of.measures:
            yield "count(*)", "o0"

    def order(self, table: str = "") -> Iterator[str]:
        keys = self._aggregation.keys
        for n, rank in enumerate(self._aggregation.ranks, 1):
            yield _ordered(rank, f"{table}o{n}" if isinstance(rank.by, Measure) else f"{table}k{_place(keys, rank.by)}")
        for n in range(1, len(keys) + 1):
            yield f"{table}k{n}"

    def exact(self, rows: Sequence[asyncpg.Record]) -> bool:
        """Whether all that was taken from slots is."""
        return not any(row[flag] is False for flag in self._flags for row in rows)

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
