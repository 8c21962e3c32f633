"""Why a contact fulfils a condition or not: the condition taken apart into the parts that were sent, each with a
sentence, a condition of its own to be asked, and where to look for what decides it.

A part that speaks of the contact itself is true or not. One inside a relation speaks of all the rows that are reached
there: it is true if at least one of them fulfils it. What decides are the rows that make it so; where none does, all
that were reached.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any

from app.domain import wording
from app.domain.condition_parser import QUANTIFIERS, parse_condition, parse_segment
from app.domain.conditions import TRUE, And, Condition, Counted, Not, OneOf, Or, Some, ToOne
from app.domain.definitions import Model, Target
from app.domain.entities import CONTACTS, TO_CUSTOMERS, Attribute, Entity, Link, attribute, followed, link
from app.domain.limits import WHY_SIZE
from app.domain.orders import Hop
from app.domain.periods import Calendar
from app.domain.problems import Code, Problem
from app.domain.segments import Segment, find_segment


class ConditionKind(Enum):
    """What a part of a condition is."""

    ALL = "ALL"
    ANY = "ANY"
    NOT = "NOT"
    COMPARISON = "COMPARISON"
    RELATED = "RELATED"
    SOME = "SOME"
    NONE = "NONE"
    EVERY = "EVERY"
    COUNT = "COUNT"
    SEGMENT = "SEGMENT"


Step = Link | Hop


@dataclass(frozen=True, slots=True)
class Way:
    """How rows are reached from a contact: by links back and relations forward. Without steps it is the contact."""

    entity: Entity = CONTACTS
    steps: tuple[Step, ...] = ()

    def back(self, step: Link) -> "Way":
        return Way(step.records, (*self.steps, step))

    def along(self, step: Hop) -> "Way":
        return Way(step.target, (*self.steps, step))


@dataclass(frozen=True, slots=True)
class Deciding:
    """The rows that decide a part: those on the way that fulfil a condition, or else, if `or_all`, all of them.
    `attribute` is what is shown of each."""

    way: Way
    condition: Condition
    or_all: bool = True
    attribute: Attribute | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a condition. `level` is how deep it stands; `sent` is the part as a condition of its own on the rows
    on the `way`, and `condition` the same read. `value` is the attribute compared, where that is the contact's own;
    `counted` says that the deciding rows are counted."""

    level: int
    kind: ConditionKind
    text: str
    way: Way
    sent: Any
    condition: Condition
    deciding: Deciding | None = None
    value: Attribute | None = None
    counted: bool = False


def explain(model: Model, sent: Any, calendar: Calendar) -> tuple[tuple[Part, ...], Problem | None]:
    """The parts of a condition on contacts, each before those inside it, or that there is too much to them. The
    condition must be one that the parser takes."""
    return _bounded(_Explainer(model, calendar).object(Way(), sent, 0))


def explain_segment(model: Model, segment: Segment, calendar: Calendar) -> tuple[tuple[Part, ...], Problem | None]:
    """The same of a segment."""
    return _bounded(_Explainer(model, calendar).segment(Way(), segment, 0))


def _bounded(parts: Iterator[Part]) -> tuple[tuple[Part, ...], Problem | None]:
    """A part is asked with all that is inside it, so that deep conditions and long lists multiply."""
    found, total = [], 0
    for part in parts:
        found.append(part)
        total += _size(part.condition) + (_size(part.deciding.condition) if part.deciding is not None else 0)
        if total > WHY_SIZE:
            message = f"The condition is too large to be explained: its parts come to more than {WHY_SIZE:,} values."
            return (), Problem(Code.LIMIT_EXCEEDED, message, "where")
    return tuple(found), None


def _size(condition: Condition) -> int:
    """Comparisons, joinings and values."""
    match condition:
        case And(parts) | Or(parts):
            return 1 + sum(map(_size, parts))
        case Not(part):
            return 1 + _size(part)
        case OneOf(_, values):
            return 1 + len(values)
        case ToOne(_, _, inner) | Some(_, inner) | Counted(_, inner):
            return 1 + _size(inner)
    return 1


_Emit = Callable[[int], Iterator[Part]]


class _Explainer:
    def __init__(self, model: Model, calendar: Calendar) -> None:
        self._model = model
        self._calendar = calendar

    def object(self, way: Way, sent: dict[str, Any], level: int) -> Iterator[Part]:
        """One part if the object says one thing, or else ALL with the parts inside."""
        said = [each for key, value in sent.items() for each in self._said(way, key, value)]
        if len(said) == 1:
            yield from said[0](level)
            return
        yield self._joining(way, level, ConditionKind.ALL, sent, empty=not said)
        for each in said:
            yield from each(level + 1)

    def segment(self, way: Way, segment: Segment, level: int) -> Iterator[Part]:
        """Its condition is read as it is: naming it would make it deeper than it may be."""
        condition, problem = parse_segment(self._model, segment, self._calendar)
        assert condition is not None, problem
        text = f'the contact is in the segment "{segment.name}"'
        sent = {"segment": {"in": [segment.id]}}
        deciding = Deciding(way, condition) if way.steps else None
        yield Part(level, ConditionKind.SEGMENT, text, way, sent, condition, deciding)
        yield from self.object(way, segment.where, level + 1)

    def _said(self, way: Way, key: str, sent: Any) -> Iterator[_Emit]:
        """What one key of an object says: a part, or several that are joined by "and"."""
        match key:
            case "and" | "or":
                yield lambda level: self._listed(way, key, sent, level)
            case "not":
                yield lambda level: self._not(way, sent, level)
            case "custom":
                yield from self._linked(way, sent)
            case "customers" if way.entity.target is Target.CONTACTS:
                yield from self._behind(way, TO_CUSTOMERS, sent, lambda asked: {"customers": asked})
            case "segment" if way.entity.target is Target.CONTACTS:
                for operator, names in sent.items():
                    yield lambda level, o=operator, n=names: self._segmented(way, o, n, level)  # type: ignore[misc]
            case _:
                for operator, value in sent.items():
                    yield lambda level, o=operator, v=value: self._compared(way, key, o, v, level)  # type: ignore[misc]

    def _listed(self, way: Way, key: str, sent: list[Any], level: int) -> Iterator[Part]:
        kind = ConditionKind.ALL if key == "and" else ConditionKind.ANY
        yield self._joining(way, level, kind, {key: sent}, empty=not sent)
        for each in sent:
            yield from self.object(way, each, level + 1)

    def _not(self, way: Way, sent: Any, level: int) -> Iterator[Part]:
        yield self._part(way, level, ConditionKind.NOT, "this is not so", {"not": sent})
        yield from self.object(way, sent, level + 1)

    def _segmented(self, way: Way, operator: str, names: list[Any], level: int) -> Iterator[Part]:
        if operator == "notIn":
            text = "the contact is in none of these segments"
            yield self._part(way, level, ConditionKind.NOT, text, {"segment": {"notIn": names}})
            yield from self._segmented(way, "in", names, level + 1)
            return
        segments = [find_segment(self._model.segments, str(name)) for name in names]
        if len(segments) != 1:
            text = "the contact is in at least one of these segments" if segments else "never"
            yield self._part(way, level, ConditionKind.ANY, text, {"segment": {"in": names}})
            level += 1
        for segment in segments:
            assert segment is not None
            yield from self.segment(way, segment, level)

    def _compared(self, way: Way, name: str, operator: str, sent: Any, level: int) -> Iterator[Part]:
        if operator == "is" and way.entity.definition is not None:
            yield from self._pointed(way, name, sent, level)
            return
        found = attribute(way.entity, name)
        text = wording.compared(way.entity, name, operator, sent)
        own = {name: {operator: sent}}
        condition = self._condition(way.entity, own)
        deciding = Deciding(way, condition, attribute=found) if way.steps else None
        value = None if way.steps else found
        yield Part(level, ConditionKind.COMPARISON, text, way, own, condition, deciding, value)

    def _pointed(self, way: Way, name: str, sent: Any, level: int) -> Iterator[Part]:
        target = followed(self._model, way.entity, name)
        there = way.along(Hop(name, target))
        text = f"{way.entity.name}.{name} points to one of {target.name}{' that fulfils this' if sent else ''}"
        own = {name: {"is": sent}}
        deciding = Deciding(there, self._condition(target, sent))
        yield Part(level, ConditionKind.RELATED, text, way, own, self._condition(way.entity, own), deciding)
        if sent:
            yield from self.object(there, sent, level + 1)

    def _linked(self, way: Way, sent: dict[str, Any]) -> Iterator[_Emit]:
        for key, quantified in sent.items():
            back = link(self._model, way.entity, key, quantified.get("field"))

            def own(asked: dict[str, Any], key: str = key, field: str = back.field) -> dict[str, Any]:
                return {"custom": {key: {"field": field, **asked}}}

            yield from self._behind(way, back, quantified, own)

    def _behind(
        self, way: Way, back: Link, quantified: dict[str, Any], sent: Callable[[dict[str, Any]], dict[str, Any]]
    ) -> Iterator[_Emit]:
        """Conditions on the rows behind a link. `sent` makes a condition on this way of one of them."""
        for word in (word for word in quantified if word in QUANTIFIERS):
            own = sent({word: quantified[word]})
            quantify = self._counted if word == "count" else self._quantified
            yield lambda level, q=quantify, w=word, s=quantified[word], o=own: q(way, back, w, s, o, level)  # type: ignore[misc]

    def _quantified(
        self, way: Way, back: Link, word: str, sent: Any, own: dict[str, Any], level: int
    ) -> Iterator[Part]:
        text = _QUANTIFIED[word, not sent].format(wording.records(back))
        inner = self._condition(back.records, sent)
        deciding = Deciding(way.back(back), Not(inner) if word == "every" else inner)
        condition = self._condition(way.entity, own)
        yield Part(level, ConditionKind[word.upper()], text, way, own, condition, deciding)
        if sent:
            yield from self.object(way.back(back), sent, level + 1)

    def _counted(self, way: Way, back: Link, _: str, sent: Any, own: dict[str, Any], level: int) -> Iterator[Part]:
        where = sent.get("where") or {}
        comparisons = {operator: value for operator, value in sent.items() if operator != "where"}
        which = " that fulfil this" if where else ""
        text = f"the number of records of {wording.records(back)}{which} {wording.counts(comparisons)}"
        inner = self._condition(back.records, where) if where else TRUE
        deciding = Deciding(way.back(back), inner, or_all=False)
        condition = self._condition(way.entity, own)
        yield Part(level, ConditionKind.COUNT, text, way, own, condition, deciding, counted=not way.steps)
        if where:
            yield from self.object(way.back(back), where, level + 1)

    def _joining(self, way: Way, level: int, kind: ConditionKind, sent: Any, *, empty: bool) -> Part:
        return self._part(way, level, kind, _JOINED[kind, empty], sent)

    def _part(self, way: Way, level: int, kind: ConditionKind, text: str, sent: Any) -> Part:
        condition = self._condition(way.entity, sent)
        return Part(level, kind, text, way, sent, condition, Deciding(way, condition) if way.steps else None)

    def _condition(self, entity: Entity, sent: Any) -> Condition:
        condition, problem = parse_condition(self._model, entity, sent, self._calendar)
        assert condition is not None, problem
        return condition


_JOINED = {
    (ConditionKind.ALL, False): "all of this is so", (ConditionKind.ALL, True): "always",
    (ConditionKind.ANY, False): "at least one of these is so", (ConditionKind.ANY, True): "never",
}  # fmt: skip
_QUANTIFIED = {  # and whether any record will do
    ("some", False): "at least one record of {} fulfils this", ("some", True): "there is a record of {}",
    ("none", False): "no record of {} fulfils this", ("none", True): "there is no record of {}",
    ("every", False): "every record of {} fulfils this", ("every", True): "every record of {} will do",
}  # fmt: skip
