"""Which groups are given, by their figures: conditions as they are sent, JSON objects, read into trees.

    {"count": {"gte": 2}, "sum": {"points": {"gt": 1000}}}
    {"or": [{"count": {"of": "tier", "distinct": true, "gte": 3}}, {"max": {"since": {"within": {"this": "YEAR"}}}}]}

The keys of an object are joined by "and"; `and`, `or` (lists) and `not` (an object) join objects. `count` takes the
operators of whole numbers; `sum`, `avg`, `min` and `max` take an object of fields, along relations to one too, each
with the operators of its kind. Figures are compared exactly, before anything is rounded. A figure of no values is
null, and compares as null does in conditions: it is false, and its negations are true.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from app.domain import limits
from app.domain.aggregate_parser import SentMeasure, read_measure
from app.domain.aggregates import Function, Measure
from app.domain.conditions import Condition, Not, Or, every
from app.domain.definitions import Model
from app.domain.entities import Attribute, Entity, Kind, unknown
from app.domain.operators import comparison
from app.domain.periods import Calendar
from app.domain.problems import Code, Problem, Unfit

_FIGURES = {"sum": Function.SUM, "avg": Function.AVG, "min": Function.MIN, "max": Function.MAX}
_WORDS = ("and", "or", "not", "count", *_FIGURES)


@dataclass(frozen=True, slots=True)
class Measured(Condition):
    """A figure fulfils a condition, whose only attribute stands for it."""

    measure: Measure
    condition: Condition


def parse_having(
    model: Model, entity: Entity, sent: Any, calendar: Calendar
) -> tuple[Condition | None, Problem | None]:
    """The condition that was sent for groups of an entity's rows, or what is wrong with it."""
    parser = _Parser(model, entity, calendar)
    try:
        return parser.object(sent), None
    except Unfit as unfit:
        return None, Problem(unfit.problem.code, unfit.problem.message, ".".join(parser.path)[:500])


class _Parser:
    """Reads one condition. `path` is where it stands."""

    def __init__(self, model: Model, entity: Entity, calendar: Calendar) -> None:
        self.path = ["having"]
        self._model = model
        self._entity = entity
        self._calendar = calendar
        self._nodes = 0

    def object(self, sent: Any) -> Condition:
        self._count()
        parts = []
        for key, value in _object(sent, '{"count": {"gte": 2}}', empty=True).items():
            with self._under(key):
                parts.append(self._part(key, value))
        return every(tuple(parts))

    def _part(self, key: str, sent: Any) -> Condition:
        match key:
            case "and":
                return every(tuple(self._listed(sent)))
            case "or":
                return Or(tuple(self._listed(sent)))
            case "not":
                return Not(self.object(sent))
            case "count":
                return self._counted(sent)
        if key not in _FIGURES:
            raise Unfit(Code.UNKNOWN_OPERATOR, unknown(key, "part of having", [*_WORDS]))
        return every(tuple(self._measured(_FIGURES[key], sent)))

    def _listed(self, sent: Any) -> Iterator[Condition]:
        if not isinstance(sent, list):
            raise Unfit(Code.INVALID_CONDITION, "Send a list of conditions, in square brackets.")
        for index, each in enumerate(sent):
            with self._under(str(index)):
                yield self.object(each)

    def _counted(self, sent: Any) -> Condition:
        asked = dict(_object(sent, '{"gte": 2}'))
        path, distinct = asked.pop("of", None), asked.pop("distinct", False)
        if (path is not None and not isinstance(path, str)) or not isinstance(distinct, bool):
            raise Unfit(Code.INVALID_CONDITION, "of is the name of a field, in quotes, and distinct true or false.")
        return self._compared(SentMeasure(Function.COUNT, path, distinct), asked)

    def _measured(self, function: Function, sent: Any) -> Iterator[Condition]:
        for path, asked in _object(sent, '{"points": {"gt": 1000}}').items():
            with self._under(path):
                yield self._compared(SentMeasure(function, path), asked)

    def _compared(self, sent: SentMeasure, asked: Any) -> Condition:
        measure = read_measure(self._model, self._entity, sent)
        figure = Attribute(f"{sent.function.value.lower()} of {sent.path or 'rows'}", _kind(measure))
        parts = []
        for operator, value in _object(asked, '{"gt": 1}').items():
            with self._under(operator):
                self._count()
                parts.append(comparison(figure, operator, value, self._calendar))
        return Measured(measure, every(tuple(parts)))

    def _count(self) -> None:
        self._nodes += 1
        if self._nodes > limits.HAVING_NODES:
            message = f"having is too large: it may have at most {limits.HAVING_NODES} comparisons and joinings."
            raise Unfit(Code.LIMIT_EXCEEDED, message)

    @contextmanager
    def _under(self, step: str) -> Iterator[None]:
        """Inside a part of the input. The path stays where something is wrong."""
        self.path.append(step[:60].encode(errors="replace").decode())
        yield
        self.path.pop()


def _object(sent: Any, example: str, *, empty: bool = False) -> dict[str, Any]:
    if not isinstance(sent, dict) or (not sent and not empty):
        raise Unfit(Code.INVALID_CONDITION, f"Send an object such as {example}.")
    return sent


def _kind(measure: Measure) -> Kind:
    """As what a figure compares: sums and averages as exact decimals, also those of NUMBER."""
    if measure.of is None or measure.function is Function.COUNT:
        return Kind.ID
    return Kind.DECIMAL if measure.function in (Function.SUM, Function.AVG) else measure.of.kind
