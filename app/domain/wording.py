"""Parts of conditions in words: `loyalty.tier is one of "gold", "silver"`."""

import json
from decimal import Decimal
from typing import Any

from app.domain.definitions import Target
from app.domain.entities import Entity, Link

_LISTED = 10  # values of a list that are written out
_LONGEST = 60  # characters of one value

_SUBJECTS = {Target.CONTACTS: "contact", Target.PRODUCTS: "product", Target.CUSTOMERS: "customer"}
_VERBS = {
    "eq": "is", "ne": "is not", "lt": "is less than", "lte": "is at most", "gt": "is more than", "gte": "is at least",
    "contains": "contains", "notContains": "does not contain", "startsWith": "starts with", "endsWith": "ends with",
    "like": "is like",
}  # fmt: skip
_LISTS = {"in": "is one of", "notIn": "is none of"}
_RANGES = {"between": "is between", "notBetween": "is not between"}
_TIMES = {"before": "is before", "after": "is after", "within": "is within"}


def subject(entity: Entity) -> str:
    """What a row of it is called."""
    return _SUBJECTS.get(entity.target, "record")


def compared(entity: Entity, name: str, operator: str, sent: Any) -> str:
    """A comparison of an attribute."""
    return f"{_SUBJECTS.get(entity.target, entity.name)}.{name} {_predicate(operator, sent)}"


def counts(comparisons: dict[str, Any]) -> str:
    """What a number is compared with: "is at least 1 and is at most 3"."""
    return " and ".join(_predicate(operator, sent) for operator, sent in comparisons.items())


def records(link: Link) -> str:
    """The records behind a link: "loyalty (by contact_id)"."""
    return f"{link.definition.key} (by {link.field})" if link.definition is not None else "customers"


def value(found: Any) -> str:
    """A value as JSON, cut where it is long."""
    text = json.dumps(found, ensure_ascii=False, default=_number)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


def _predicate(operator: str, sent: Any) -> str:
    if operator == "isNull":
        return "is empty" if sent else "is not empty"
    if operator in _LISTS:
        more = f" and {len(sent) - _LISTED} more" if len(sent) > _LISTED else ""
        return f"{_LISTS[operator]} {', '.join(map(value, sent[:_LISTED])) or 'no values'}{more}"
    if operator in _RANGES:
        return f"{_RANGES[operator]} {value(sent[0])} and {value(sent[1])}"
    if operator in _TIMES:
        return f"{_TIMES[operator]} {_period(sent)}"
    return f"{_VERBS[operator]} {value(sent)}"


def _period(sent: Any) -> str:
    if not isinstance(sent, dict):
        return str(sent)
    [(word, length)] = sent.items()
    if word == "this":
        return "today" if length == "DAY" else f"this {length.lower()}"
    [(unit, count)] = length.items()
    return f"the {word} {count} {unit if count != 1 else unit.removesuffix('s')}"


def _number(found: Any) -> Any:
    """Exact numbers that came with the question."""
    if isinstance(found, Decimal):
        return float(found)
    raise TypeError
