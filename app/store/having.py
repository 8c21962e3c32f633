"""Conditions on groups in SQL: figures are columns of the groups that were made, h1, h2, ... An average is compared as
its sum with a multiple of the number of values, s1, s2, ...: so nothing is rounded, and 1/3 is not 0.333."""

from collections.abc import Callable, Iterator
from typing import Any

from app.domain.aggregates import Function, Measure
from app.domain.conditions import And, Condition, IsNull, Like, Not, OneOf, Or, Range
from app.domain.having import Measured
from app.store.fragments import Fragments, Sql, joined
from app.store.measures import Measures


class Having:
    """The condition of one statement."""

    def __init__(self, condition: Condition, measures: Measures, fragments: Fragments) -> None:
        self._condition = condition
        self._fragments = fragments
        self._figures = {measure: (n, measures.compared(measure)) for n, measure in enumerate(_measures(condition), 1)}
        self._numbers = {
            measure: measures.figure(Measure(Function.COUNT, measure.of))
            for measure in self._figures if measure.function is Function.AVG
        }  # fmt: skip

    def columns(self) -> Iterator[tuple[Sql, str]]:
        """What the groups need beside what is shown of them, each with its name."""
        for measure, (n, figure) in self._figures.items():
            yield figure.sql, f"h{n}"
            if measure in self._numbers:
                yield self._numbers[measure], f"s{n}"

    def compiled(self) -> Sql:
        return self._of(self._condition)

    def _of(self, condition: Condition) -> Sql:
        match condition:
            case And(parts):
                return joined(list(map(self._of, parts)), "and", "true")
            case Or(parts):
                return joined(list(map(self._of, parts)), "or", "false")
            case Not(part):
                return Sql(f"(({self._of(part)}) is not true)")
            case Measured(measure, inner):
                return self._compared(measure, inner)
        raise TypeError(condition)

    def _compared(self, measure: Measure, condition: Condition) -> Sql:
        n, figure = self._figures[measure]
        column = f'(h{n} collate "C")' if figure.type == "text" else f"h{n}"

        def operand(value: Any, kind: str = figure.type) -> str:
            sent = self._fragments.parameter(figure.convert(value), kind)
            return f"{sent} * s{n}" if measure in self._numbers else str(sent)

        return _told(condition, column, operand)


def _measures(condition: Condition) -> list[Measure]:
    """The figures that a condition speaks of, each once."""
    match condition:
        case And(parts) | Or(parts):
            return list(dict.fromkeys(measure for part in parts for measure in _measures(part)))
        case Not(part):
            return _measures(part)
        case Measured(measure, _):
            return [measure]
    return []


def _told(condition: Condition, column: str, operand: Callable[[Any], str]) -> Sql:
    """A condition on the value of a column."""
    match condition:
        case And(parts):
            return joined([_told(part, column, operand) for part in parts], "and", "true")
        case Not(part):
            return Sql(f"(({_told(part, column, operand)}) is not true)")
        case OneOf(_, values):
            distinct = dict.fromkeys(values)
            return joined([Sql(f"{column} = {operand(value)}") for value in distinct], "or", "false")
        case Range(_, low, high, low_open, high_open):
            ends = ((low, ">" if low_open else ">="), (high, "<" if high_open else "<="))
            return joined(
                [Sql(f"{column} {sign} {operand(end)}") for end, sign in ends if end is not None], "and", "true"
            )
        case Like(_, pattern):
            return Sql(f"{column} like {operand(pattern)}")
        case IsNull():
            return Sql(f"{column} is null")
    raise TypeError(condition)
