"""Conditions as they are sent, JSON objects, read into trees: the only place that knows what they mean.

    {"tier": {"in": ["gold", "silver"]}, "contact_id": {"is": {"email": {"endsWith": "@example.com"}}}}
    {"custom": {"vet_visit": {"count": {"where": {"visited_at": {"within": {"this": "YEAR"}}}, "gte": 1}}}}

The keys of an object are joined by "and"; `and`, `or` (lists) and `not` (an object) join objects. A field takes an
object of operators; a relation field those of the raw id, and `is` with a condition on what it points to. `custom`
leads back to the records that point here, by the key of their definition.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from app.domain import limits
from app.domain.conditions import Condition, Not, Or, Some, ToOne, every
from app.domain.counts import counted
from app.domain.definitions import Model
from app.domain.entities import Entity, Link, attribute, followed, link, of_definition, relationship, unknown
from app.domain.operators import OPERATORS, comparison
from app.domain.periods import Calendar
from app.domain.problems import Code, Problem, Unfit

_QUANTIFIERS = ("some", "none", "every", "count")


def parse_condition(
    model: Model, entity: Entity, sent: Any, calendar: Calendar, at: str = "where"
) -> tuple[Condition | None, Problem | None]:
    """The condition that was sent for rows of an entity, or what is wrong with it; its path begins with `at`."""
    parser = _Parser(model, calendar, at)
    try:
        return parser.where(entity, sent, hops=0), None
    except Unfit as unfit:
        problem = unfit.problem
        return None, Problem(problem.code, problem.message, ".".join(parser.path)[:500])


class _Parser:
    """Reads one condition. `path` is where it stands."""

    def __init__(self, model: Model, calendar: Calendar, at: str) -> None:
        self.path = [at]
        self._model = model
        self._calendar = calendar
        self._nodes = 0
        self._links = 0

    def where(self, entity: Entity, sent: Any, hops: int) -> Condition:
        """An object of conditions, all of which must hold."""
        if not isinstance(sent, dict):
            example = '{"%s": {"isNull": false}}' % ("id_record" if entity.definition else "created_at")
            raise Unfit(Code.INVALID_CONDITION, f"A condition is an object such as {example}.")
        self._count()
        parts = []
        for key, value in sent.items():
            with self._under(key):
                parts.append(self._part(entity, key, value, hops))
        return every(tuple(parts))

    def _part(self, entity: Entity, key: str, sent: Any, hops: int) -> Condition:
        match key:
            case "and":
                return every(tuple(self._listed(entity, sent, hops)))
            case "or":
                return Or(tuple(self._listed(entity, sent, hops)))
            case "not":
                return Not(self.where(entity, sent, hops))
            case "custom":
                return every(tuple(self._linked(entity, sent, hops)))
        return every(tuple(self._compared(entity, key, sent, hops)))

    def _listed(self, entity: Entity, sent: Any, hops: int) -> Iterator[Condition]:
        if not isinstance(sent, list):
            raise Unfit(Code.INVALID_CONDITION, "Send a list of conditions, in square brackets.")
        for index, each in enumerate(sent):
            with self._under(str(index)):
                yield self.where(entity, each, hops)

    def _compared(self, entity: Entity, name: str, sent: Any, hops: int) -> Iterator[Condition]:
        """A field's operators."""
        field = attribute(entity, name)
        related = relationship(entity, name) is not None
        if not isinstance(sent, dict) or not sent:
            possible = ", ".join([*OPERATORS[field.kind], *(["is"] if related else [])])
            message = f'A field takes an object of operators, such as {{"isNull": false}}. Possible: {possible}.'
            raise Unfit(Code.INVALID_CONDITION, message)
        for operator, value in sent.items():
            with self._under(operator):
                self._count()
                if related and operator == "is":
                    yield self._pointed(entity, name, value, hops)
                else:
                    yield comparison(field, operator, value, self._calendar)

    def _pointed(self, entity: Entity, name: str, sent: Any, hops: int) -> Condition:
        self._follow(hops)
        target = followed(self._model, entity, name)
        return ToOne(name, target, self.where(target, sent, hops + 1))

    def _linked(self, entity: Entity, sent: Any, hops: int) -> Iterator[Condition]:
        """Conditions on the records that point here, by the key of their definition."""
        if not isinstance(sent, dict) or not sent:
            message = 'Send an object such as {"definition_key": {"some": {...}}}.'
            raise Unfit(Code.INVALID_CONDITION, message)
        for key, quantified in sent.items():
            with self._under(key):
                yield every(tuple(self._quantified(entity, key, quantified, hops)))

    def _quantified(self, entity: Entity, key: str, sent: Any, hops: int) -> Iterator[Condition]:
        field = sent.get("field") if isinstance(sent, dict) else None
        if field is not None and not isinstance(field, str):
            raise Unfit(Code.INVALID_CONDITION, "field is the name of a relation, in quotes.")
        way = link(self._model, entity, key, field)
        asked = [(word, value) for word, value in sent.items() if word != "field"] if isinstance(sent, dict) else []
        if not asked:
            message = f"Send an object with one of {', '.join(_QUANTIFIERS)}, each with a condition on {key}."
            raise Unfit(Code.INVALID_CONDITION, message)
        for word, value in asked:
            with self._under(word):
                self._follow(hops)
                yield self._quantifier(way, word, value, hops + 1)

    def _quantifier(self, way: Link, word: str, sent: Any, hops: int) -> Condition:
        records = of_definition(way.definition)
        match word:
            case "some":
                return Some(way, self.where(records, sent, hops))
            case "none":
                return Not(Some(way, self.where(records, sent, hops)))
            case "every":
                return Not(Some(way, Not(self.where(records, sent, hops))))
            case "count":
                return self._counted(way, records, sent, hops)
        raise Unfit(Code.UNKNOWN_OPERATOR, unknown(word, "quantifier", ["field", *_QUANTIFIERS]))

    def _counted(self, way: Link, records: Entity, sent: Any, hops: int) -> Condition:
        comparisons = [(key, value) for key, value in sent.items() if key != "where"] if isinstance(sent, dict) else []
        if not comparisons:
            message = 'Say how many: {"gte": 1}, or {"where": {...}, "gte": 1} to count some of them.'
            raise Unfit(Code.INVALID_CONDITION, message)
        with self._under("where"):
            condition = self.where(records, sent.get("where", {}), hops)
        return counted(way, condition, comparisons)

    def _follow(self, hops: int) -> None:
        self._count()
        self._links += 1
        if hops >= limits.CONDITION_HOPS:
            raise _over("relations one behind the other", limits.CONDITION_HOPS)
        if self._links > limits.CONDITION_LINKS:
            raise _over("relations", limits.CONDITION_LINKS)

    def _count(self) -> None:
        self._nodes += 1
        if self._nodes > limits.CONDITION_NODES:
            raise _over("comparisons and joinings", limits.CONDITION_NODES)

    @contextmanager
    def _under(self, step: str) -> Iterator[None]:
        """Inside a part of the input. The path stays where something is wrong."""
        self.path.append(step[:60].encode(errors="replace").decode())  # half a surrogate pair cannot be told
        if len(self.path) > limits.CONDITION_DEPTH:
            raise _over("nested levels", limits.CONDITION_DEPTH)
        yield
        self.path.pop()


def _over(what: str, most: int) -> Unfit:
    return Unfit(Code.LIMIT_EXCEEDED, f"The condition is too large: it may have at most {most} {what}.")
