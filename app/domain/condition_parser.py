"""Conditions as they are sent, JSON objects, read into trees: the only place that knows what they mean.

    {"tier": {"in": ["gold", "silver"]}, "contact_id": {"is": {"email": {"endsWith": "@example.com"}}}}
    {"custom": {"vet_visit": {"count": {"where": {"visited_at": {"within": {"this": "YEAR"}}}, "gte": 1}}}}

The keys of an object are joined by "and"; `and`, `or` (lists) and `not` (an object) join objects. A field takes an
object of operators; a relation field those of the raw id, and `is` with a condition on what it points to. `custom`
leads back to the records that point here, by the key of their definition, `customers` from a contact to what the
shop's systems know of it. `segment` asks whether a contact is in a
segment, whose condition is read in its place: the limits are those of the whole.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from app.domain import limits
from app.domain.conditions import Condition, Not, Or, Some, ToOne, every
from app.domain.counts import counted
from app.domain.definitions import Model, Target
from app.domain.entities import (
    CONTACTS,
    TO_CUSTOMERS,
    Entity,
    Link,
    attribute,
    followed,
    link,
    relationship,
    unknown,
)
from app.domain.operators import OPERATORS, comparison, values
from app.domain.periods import Calendar
from app.domain.problems import Code, Problem, Unfit
from app.domain.segments import Segment, find_segment

QUANTIFIERS = ("some", "none", "every", "count")


@dataclass(frozen=True, slots=True)
class Understood:
    """A condition that was read, the definitions it leads to itself, and the segments it names itself, each by the
    steps that lead to its name in what was sent."""

    condition: Condition
    definition_ids: frozenset[int]
    segments: dict[tuple[str, ...], Segment]


def parse_condition(
    model: Model, entity: Entity, sent: Any, calendar: Calendar, at: str = "where"
) -> tuple[Condition | None, Problem | None]:
    """The condition that was sent for rows of an entity, or what is wrong with it; its path begins with `at`."""
    understood, problem = understand(model, entity, sent, calendar, at)
    return (None, problem) if understood is None else (understood.condition, None)


def parse_segment(model: Model, segment: Segment, calendar: Calendar) -> tuple[Condition | None, Problem | None]:
    """A segment's condition on contacts as it is to be read now, or why it cannot be answered (any more)."""
    parser = _Parser(model, calendar, "where")
    try:
        return parser.in_segment(segment, hops=0), None
    except Unfit as unfit:
        return None, parser.located(unfit)


def understand(
    model: Model, entity: Entity, sent: Any, calendar: Calendar, at: str = "where", *, of: Segment | None = None
) -> tuple[Understood | None, Problem | None]:
    """The same as `parse_condition`, with what the condition uses. `of` is the segment that it is to be the condition
    of: it may not lead back to it."""
    parser = _Parser(model, calendar, at, of)
    try:
        condition = parser.where(entity, sent, hops=0)
    except Unfit as unfit:
        return None, parser.located(unfit)
    return Understood(condition, frozenset(parser.definition_ids), parser.segments), None


class _Parser:
    """Reads one condition. `path` is where it stands, `definition_ids` and `segments` are what it used so far."""

    def __init__(self, model: Model, calendar: Calendar, at: str, of: Segment | None = None) -> None:
        self.path = [at]
        self.definition_ids: set[int] = set()
        self.segments: dict[tuple[str, ...], Segment] = {}
        self._model = model
        self._calendar = calendar
        self._nodes = 0
        self._links = 0
        self._open = [of] if of is not None else []
        self._own = len(self._open)

    def located(self, unfit: Unfit) -> Problem:
        return Problem(unfit.problem.code, unfit.problem.message, ".".join(self.path)[:500])

    def where(self, entity: Entity, sent: Any, hops: int) -> Condition:
        """An object of conditions, all of which must hold."""
        if not isinstance(sent, dict):
            example = '{"%s": {"isNull": false}}' % ("id_record" if entity.definition else "created_at")
            raise Unfit(Code.INVALID_CONDITION, f"A condition is an object such as {example}.")
        self._count()
        if entity.definition is not None:
            self.definition_ids.add(entity.definition.id)
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
            case "customers" if entity.target is Target.CONTACTS:
                return every(tuple(self._quantified(TO_CUSTOMERS, sent, hops)))
            case "segment" if entity.target is Target.CONTACTS:
                return every(tuple(self._segmented(sent, hops)))
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
                field = quantified.get("field") if isinstance(quantified, dict) else None
                if field is not None and not isinstance(field, str):
                    raise Unfit(Code.INVALID_CONDITION, "field is the name of a relation, in quotes.")
                way = link(self._model, entity, key, field)
                asked = quantified
                if isinstance(quantified, dict):
                    asked = {word: value for word, value in quantified.items() if word != "field"}
                yield every(tuple(self._quantified(way, asked, hops)))

    def _quantified(self, way: Link, sent: Any, hops: int) -> Iterator[Condition]:
        """Conditions on the rows behind a link."""
        if not isinstance(sent, dict) or not sent:
            words = ", ".join(QUANTIFIERS)
            message = f"Send an object with one of {words}, each with a condition on {way.records.name}."
            raise Unfit(Code.INVALID_CONDITION, message)
        for word, value in sent.items():
            with self._under(word):
                self._follow(hops)
                yield self._quantifier(way, word, value, hops + 1)

    def _quantifier(self, way: Link, word: str, sent: Any, hops: int) -> Condition:
        records = way.records
        match word:
            case "some":
                return Some(way, self.where(records, sent, hops))
            case "none":
                return Not(Some(way, self.where(records, sent, hops)))
            case "every":
                return Not(Some(way, Not(self.where(records, sent, hops))))
            case "count":
                return self._counted(way, records, sent, hops)
        raise Unfit(Code.UNKNOWN_OPERATOR, unknown(word, "quantifier", ["field", *QUANTIFIERS]))

    def _counted(self, way: Link, records: Entity, sent: Any, hops: int) -> Condition:
        comparisons = [(key, value) for key, value in sent.items() if key != "where"] if isinstance(sent, dict) else []
        if not comparisons:
            message = 'Say how many: {"gte": 1}, or {"where": {...}, "gte": 1} to count some of them.'
            raise Unfit(Code.INVALID_CONDITION, message)
        with self._under("where"):
            condition = self.where(records, sent.get("where", {}), hops)
        return counted(way, condition, comparisons)

    def _segmented(self, sent: Any, hops: int) -> Iterator[Condition]:
        """Whether a contact is in one of some segments."""
        if not isinstance(sent, dict) or not sent:
            message = 'Send an object such as {"in": ["VIP"]}, with names or ids of segments. Possible: in, notIn.'
            raise Unfit(Code.INVALID_CONDITION, message)
        for operator, names in sent.items():
            with self._under(operator):
                self._count()
                if operator not in ("in", "notIn"):
                    raise Unfit(Code.UNKNOWN_OPERATOR, unknown(operator, "operator of segment", ["in", "notIn"]))
                among = Or(tuple(self._named(names, hops)))
                yield Not(among) if operator == "notIn" else among

    def _named(self, names: Any, hops: int) -> Iterator[Condition]:
        for index, name in enumerate(values(names)):
            with self._under(str(index)):
                segment = self._segment(name)
                if len(self._open) == self._own:
                    self.segments[tuple(self.path)] = segment
                yield self.in_segment(segment, hops)

    def _segment(self, name: Any) -> Segment:
        if not isinstance(name, str | int) or isinstance(name, bool):
            raise Unfit(Code.INVALID_VALUE, "Send the name or the id of a segment.")
        found = find_segment(self._model.segments, str(name)) if len(str(name)) <= 1_000 else None
        if found is None:
            names = [each.name for each in self._model.segments]
            raise Unfit(Code.SEGMENT_NOT_FOUND, unknown(str(name), "segment", names))
        return found

    def in_segment(self, segment: Segment, hops: int) -> Condition:
        """The condition of a segment. Raises Unfit where it leads back to itself, or to a definition that only has the
        key of the one it was made for."""
        if any(each.id == segment.id for each in self._open):
            circle = " -> ".join(each.name for each in [*self._open, segment])
            raise Unfit(Code.SEGMENT_CYCLE, f"A segment may not lead back to itself: {circle}.")
        outer, self.definition_ids = self.definition_ids, set()
        self._open.append(segment)
        condition = self.where(CONTACTS, segment.where, hops)
        self._open.pop()
        if not self.definition_ids <= segment.definition_ids:
            keys = sorted(self._model.by_id[id_].key for id_ in self.definition_ids - segment.definition_ids)
            message = (
                f"The segment {segment.name} was made for another definition {', '.join(keys)}, which was deleted. If "
                "it is to use the one that there is now, update its condition."
            )
            raise Unfit(Code.DEFINITION_NOT_FOUND, message)
        self.definition_ids = outer
        return condition

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
