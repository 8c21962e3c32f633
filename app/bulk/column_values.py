"""Whether a value of a backup is one that its column takes. The database would say no, too, but quote it in its log."""

import re
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from math import isfinite
from typing import Any

_LARGEST_EXPONENT = 10_000  # of a number; the database takes somewhat more
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")

Check = Callable[[Any], bool]


def check_for(type_: str) -> Check:
    """The check of a column's type, as the database names it. Raises KeyError for one that no table of a backup has."""
    if type_.endswith("[]"):
        of_element = _CHECKS[type_.removesuffix("[]")]
        return lambda value: isinstance(value, list) and all(map(of_element, value))
    return _CHECKS[type_]


def _integer(bits: int) -> Check:
    largest = 2 ** (bits - 1)
    return lambda value: type(value) is int and -largest <= value < largest


def _text(value: Any) -> bool:
    return isinstance(value, str) and not _UNSTORABLE.search(value)


def _number(value: Any) -> bool:
    if isinstance(value, Decimal):
        return value.is_finite() and abs(value.adjusted()) < _LARGEST_EXPONENT
    return type(value) is int


def _double(value: Any) -> bool:
    try:
        return _number(value) and isfinite(float(value))
    except OverflowError:
        return False


def _moment(value: Any) -> bool:
    try:
        return isinstance(value, str) and datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False


def _json(value: Any) -> bool:
    match value:
        case dict():
            return all(_text(name) and _json(inner) for name, inner in value.items())
        case list():
            return all(map(_json, value))
        case str():
            return _text(value)
    return value is None or isinstance(value, bool) or _number(value)


_CHECKS: dict[str, Check] = {
    "bigint": _integer(64),
    "integer": _integer(32),
    "text": _text,
    "boolean": lambda value: isinstance(value, bool),
    "numeric": _number,
    "double precision": _double,
    "timestamp with time zone": _moment,
    "jsonb": _json,
}
