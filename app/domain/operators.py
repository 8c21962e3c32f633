"""The operators of conditions: which fit which kind of value, and what each means.

There are few meanings behind them: one of some values, a range, a pattern, a list's element, null. Everything negative
is the exact negation of something positive, nulls included.
"""

import re
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from app.domain import limits
from app.domain.conditions import Condition, Holds, IsNull, Like, Not, OneOf, Range
from app.domain.entities import Attribute, Kind, unknown
from app.domain.operands import element, equalled, operand, text
from app.domain.periods import SPELLING, Calendar, Period, day
from app.domain.problems import Code, Unfit
from app.domain.text import after_prefix

_EQUAL = ("eq", "ne", "in", "notIn")
_ORDER = ("lt", "lte", "gt", "gte", "between", "notBetween")
_INSIDE = ("contains", "notContains", "startsWith", "endsWith", "like")
_TIME = ("before", "after", "within")
_NULL = ("isNull",)

OPERATORS: dict[Kind, tuple[str, ...]] = {
    Kind.TEXT: _EQUAL + _ORDER + _INSIDE + _NULL,
    Kind.LONGTEXT: _EQUAL + _ORDER + _INSIDE + _NULL,
    Kind.EMAIL: _EQUAL + _ORDER + _INSIDE + _NULL,
    Kind.PRODUCT: _EQUAL + _ORDER + _INSIDE + _NULL,
    Kind.ID: _EQUAL + _ORDER + _NULL,
    Kind.NUMBER: _EQUAL + _ORDER + _NULL,
    Kind.DECIMAL: _EQUAL + _ORDER + _NULL,
    Kind.BOOLEAN: _EQUAL + _NULL,
    Kind.DATE: _EQUAL + _ORDER + _TIME + _NULL,
    Kind.DATETIME: _EQUAL + _ORDER + _TIME + _NULL,
    Kind.LIST: ("contains", "notContains", *_NULL),
    Kind.OPAQUE: _NULL,
}

_PATTERN = re.compile(r"([^\\]|\\.)*", re.DOTALL)


def comparison(attribute: Attribute, operator: str, sent: Any, calendar: Calendar) -> Condition:
    """What an operator with a value demands of an attribute. Raises Unfit."""
    fitting = OPERATORS[attribute.kind]
    if operator not in fitting:
        what = f"operator of {attribute.name}"
        raise Unfit(Code.UNKNOWN_OPERATOR, unknown(operator, what, list(fitting)))
    if operator in _TIME:
        return _in_time(attribute, operator, sent, calendar)
    negated, positive = _NEGATIONS.get(operator, (False, operator))
    condition = _MEANINGS[positive](attribute, sent)
    return Not(condition) if negated else condition


def values(sent: Any) -> list[Any]:
    """The elements of a list that was sent for "in"."""
    if not isinstance(sent, list):
        raise Unfit(Code.INVALID_VALUE, "Send a list, in square brackets.")
    if len(sent) > limits.CONDITION_VALUES:
        message = f"The list has {len(sent):,} values: at most {limits.CONDITION_VALUES:,} fit."
        raise Unfit(Code.LIMIT_EXCEEDED, message)
    return sent


def two(sent: Any) -> list[Any]:
    """The ends of a range that was sent for "between"."""
    if not isinstance(sent, list) or len(sent) != 2:
        raise Unfit(Code.INVALID_VALUE, "Send the two ends, both included: [from, to].")
    return sent


def _one(attribute: Attribute, sent: Any) -> Condition:
    return OneOf(attribute, (equalled(attribute, sent),))


def _one_of(attribute: Attribute, sent: Any) -> Condition:
    return OneOf(attribute, tuple(equalled(attribute, value) for value in values(sent)))


def _between(attribute: Attribute, sent: Any) -> Condition:
    low, high = (operand(attribute.kind, end) for end in two(sent))
    return Range(attribute, low, high)


def _starting(attribute: Attribute, sent: Any) -> Condition:
    """A beginning is a range in the order of code points."""
    prefix = _searched(attribute, sent)
    return Range(attribute, prefix, after_prefix(prefix), high_open=True)


def _containing(attribute: Attribute, sent: Any) -> Condition:
    if attribute.kind is Kind.LIST:
        assert attribute.field is not None
        return Holds(attribute, element(attribute.field, sent))
    return Like(attribute, f"%{_plain(_searched(attribute, sent))}%")


def _ending(attribute: Attribute, sent: Any) -> Condition:
    return Like(attribute, f"%{_plain(_searched(attribute, sent))}")


def _like(attribute: Attribute, sent: Any) -> Condition:
    pattern = _searched(attribute, sent)
    if not _PATTERN.fullmatch(pattern):
        raise Unfit(Code.INVALID_VALUE, r"The pattern ends in a backslash with nothing behind it: write \\ for one.")
    return Like(attribute, pattern)


def _null(attribute: Attribute, sent: Any) -> Condition:
    if not isinstance(sent, bool):
        raise Unfit(Code.INVALID_VALUE, "isNull takes true or false.")
    return IsNull(attribute) if sent else Not(IsNull(attribute))


def _searched(attribute: Attribute, sent: Any) -> str:
    """A part of a text; e-mails are searched as they compare, in lower case."""
    part = text(sent, limits.PATTERN_LENGTH)
    return part.lower() if attribute.kind is Kind.EMAIL else part


def _plain(part: str) -> str:
    """As a pattern that means just this."""
    return re.sub(r"([\\%_])", r"\\\1", part)


def _in_time(attribute: Attribute, operator: str, sent: Any, calendar: Calendar) -> Condition:
    """before: earlier than the whole of it; after: later than the whole of it; within: inside. Of a DATETIME, "it" may
    also be a moment, which has no inside."""
    if attribute.kind is Kind.DATETIME and isinstance(sent, str) and "T" in sent and operator != "within":
        moment = operand(Kind.DATETIME, sent)
        if operator == "before":
            return Range(attribute, high=moment, high_open=True)
        return Range(attribute, low=moment, low_open=True)
    period = _period(sent, calendar)
    first, end = (_edge(attribute, each, calendar) for each in (period.first, period.end))
    if operator == "before":
        return Range(attribute, high=first, high_open=True)
    if operator == "after":
        return Range(attribute, low=end)
    return Range(attribute, first, end, high_open=True)


def _period(sent: Any, calendar: Calendar) -> Period:
    if isinstance(sent, dict):
        return calendar.period(sent)
    try:
        return day(operand(Kind.DATE, sent))
    except Unfit as unfit:
        if unfit.problem.code is not Code.INVALID_VALUE:
            raise
        raise Unfit(Code.INVALID_PERIOD, f"Send a day as YYYY-MM-DD, or {SPELLING}.") from None


def _edge(attribute: Attribute, first: date, calendar: Calendar) -> date | datetime:
    return first if attribute.kind is Kind.DATE else calendar.beginning(first)


_NEGATIONS = {
    "ne": (True, "eq"), "notIn": (True, "in"), "notBetween": (True, "between"), "notContains": (True, "contains"),
}  # fmt: skip
_MEANINGS: dict[str, Callable[[Attribute, Any], Condition]] = {
    "eq": _one,
    "in": _one_of,
    "lt": lambda attribute, sent: Range(attribute, high=operand(attribute.kind, sent), high_open=True),
    "lte": lambda attribute, sent: Range(attribute, high=operand(attribute.kind, sent)),
    "gt": lambda attribute, sent: Range(attribute, low=operand(attribute.kind, sent), low_open=True),
    "gte": lambda attribute, sent: Range(attribute, low=operand(attribute.kind, sent)),
    "between": _between,
    "startsWith": _starting,
    "contains": _containing,
    "endsWith": _ending,
    "like": _like,
    "isNull": _null,
}
