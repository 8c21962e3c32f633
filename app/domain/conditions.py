"""Conditions: what a row must fulfil, as a tree. The parser makes it, the store compiles it, nothing else reads it.

Every condition is either true or false of a row. A comparison with a value that is null is false; so `Not` of it is
true, and `ne` and the other negations are exactly that `Not`. Only IsNull asks whether a value is there. `Some` asks
for at least one record; "none" is Not(Some(c)) and "every" is Not(Some(Not(c))): both are true where there are none.
"""

from dataclasses import dataclass
from typing import Any

from app.domain.entities import Attribute, Entity, Link


class Condition:
    """One of those below."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class And(Condition):
    """All parts are true; of no parts it is true."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Or(Condition):
    """One part is true; of no parts it is false."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Not(Condition):
    part: Condition


@dataclass(frozen=True, slots=True)
class OneOf(Condition):
    """The value equals one of these, none of which is null."""

    attribute: Attribute
    values: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Range(Condition):
    """The value lies between two others; None is no bound. An open end does not belong to the range."""

    attribute: Attribute
    low: Any = None
    high: Any = None
    low_open: bool = False
    high_open: bool = False


@dataclass(frozen=True, slots=True)
class Like(Condition):
    """The text fits a pattern: % is any text, _ any character, a backslash makes the next one plain."""

    attribute: Attribute
    pattern: str


@dataclass(frozen=True, slots=True)
class Holds(Condition):
    """A list has an element that equals this. `value` is in stored form."""

    attribute: Attribute
    value: Any


@dataclass(frozen=True, slots=True)
class IsNull(Condition):
    attribute: Attribute


@dataclass(frozen=True, slots=True)
class ToOne(Condition):
    """What the relation `field` points to exists and fulfils the condition."""

    field: str
    target: Entity
    condition: Condition


@dataclass(frozen=True, slots=True)
class Some(Condition):
    """At least one record behind the link fulfils the condition."""

    link: Link
    condition: Condition


@dataclass(frozen=True, slots=True)
class Counted(Condition):
    """How many records behind the link fulfil the condition; without `at_most` any number more."""

    link: Link
    condition: Condition
    at_least: int
    at_most: int | None


TRUE = And(())
FALSE = Or(())


def every(parts: tuple[Condition, ...]) -> Condition:
    """All of them: a single one stands for itself."""
    return parts[0] if len(parts) == 1 else And(parts)
