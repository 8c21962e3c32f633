"""One JSON value for one field: taken into its stored form, or refused with what to send instead.

Values come from an exact decoder (int, Decimal, str, bool, None, list, dict) and leave as `records.data` holds them:
no Decimal, nothing that PostgreSQL cannot store. Parsing a stored value gives it back. Nothing here raises.
"""

import json
import re
from collections.abc import Callable, Hashable, Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache, partial
from math import isfinite
from typing import Any

from app.domain import exact_json, limits
from app.domain.choices import listed, nearest
from app.domain.definitions import Field, FieldType
from app.domain.problems import Code, Problem
from app.domain.text import text_problem

ELEMENT_TYPES = frozenset(
    {
        FieldType.STRING,
        FieldType.NUMBER,
        FieldType.DECIMAL,
        FieldType.BOOLEAN,
        FieldType.DATE,
        FieldType.DATETIME,
    }
)

_DECIMAL = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,6})?")
_PLAIN_DECIMAL = re.compile(
    rf"(0|-?[1-9][0-9]{{,{limits.DECIMAL_INTEGER_DIGITS - 1}}})(\.[0-9]{{1,{limits.DECIMAL_FRACTION_DIGITS}}})?"
)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_INSTANT = re.compile(
    _DAY.pattern
    + r"T([01][0-9]|2[0-3]):[0-9]{2}(:[0-9]{2}(?P<fraction>\.[0-9]+)?)?"
    + r"(?P<offset>Z|[+-][0-9]{2}:[0-9]{2})?"
)
_BOUNDS = {"lat": 90, "lng": 180}  # degrees
_LARGEST_INTEGER = 2**53  # every integer up to here is a double


def parse(field: Field, value: Any) -> tuple[Any, Problem | None]:
    """The stored form of a value sent for a field, or why it is refused (its path leads on from the field).

    Null is stored as null: whether it is allowed is a rule of the record, not of the value. Each element of a LIST must
    be one of the options. Relation fields hold ids and are resolved elsewhere."""
    if value is None:
        return None, None
    stored = parser(field)(value)
    return (None, stored) if isinstance(stored, Problem) else (stored, None)


def parser(field: Field) -> Callable[[Any], Any]:
    """The same for many values of one field, none of them null: gives the stored form of each, or the Problem."""
    parse_one = partial(_PARSERS[field.type], field)
    return (lambda value: _chosen(field, parse_one(value))) if field.options else parse_one


_SIMPLE = (str, int, bool, float)


def same(field: Field, a: Any, b: Any) -> bool:
    """Whether two stored values of a field are equal: 1 and 1.0 are, DECIMAL "1.0" and "1.00" too, 1 and true not."""
    if type(a) is type(b) and type(a) in _SIMPLE and a == b:
        return True
    scalar = scalar_type(field)
    return canonical(scalar, a) == canonical(scalar, b)


def scalar_type(field: Field) -> FieldType:
    """The type that a field's values, or the elements of its lists, are made of: what its options are, too."""
    return (field.element_type or FieldType.STRING) if field.type is FieldType.LIST else field.type


def canonical(scalar: FieldType, stored: Any) -> Hashable:
    """A form of a stored value that is equal, and hashes equally, exactly when the values are `same`.

    A double stands for its shortest decimal form, since that is what comes back from jsonb, maybe as an integer."""
    if isinstance(stored, bool):
        return (bool, stored)
    if isinstance(stored, float):
        return Decimal(repr(stored))
    if isinstance(stored, list):
        return tuple(canonical(scalar, element) for element in stored)
    if isinstance(stored, dict):
        return frozenset((key, canonical(scalar, part)) for key, part in stored.items())
    if scalar is FieldType.DECIMAL and stored is not None:
        return Decimal(stored)
    return stored  # type: ignore[no-any-return]  # None, a string or an integer


def _invalid(message: str) -> Problem:
    return Problem(Code.INVALID_VALUE, message)


def _chosen(field: Field, stored: Any) -> Any:
    if isinstance(stored, Problem):
        return stored
    scalar = scalar_type(field)
    allowed = _allowed(scalar, field.options)
    for index, part in enumerate(stored if isinstance(stored, list) else [stored]):
        if canonical(scalar, part) not in allowed:
            problem = Problem(Code.NOT_AN_OPTION, _other_options(field, part))
            return problem.under(str(index)) if isinstance(stored, list) else problem
    return stored


def _other_options(field: Field, part: Any) -> str:
    shown = [*map(_option, field.options)]
    near = nearest(part, [each for each in field.options if isinstance(each, str)]) if isinstance(part, str) else None
    hint = f" Do you mean {_option(near)}?" if near is not None else ""
    return f"Choose one of the field's options: {listed(shown, 10)}.{hint}"


def _option(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)[:50]


@lru_cache(maxsize=1024)
def _allowed(scalar: FieldType, options: tuple[Any, ...]) -> frozenset[Hashable]:
    return frozenset(canonical(scalar, option) for option in options)


def _string(_: Field, value: Any, length: int = limits.STRING_LENGTH) -> Any:
    if not isinstance(value, str):
        return _invalid("Send text, in quotes.")
    unfit = text_problem(value, length)
    return _invalid(unfit) if unfit else value


def _boolean(_: Field, value: Any) -> Any:
    return value if isinstance(value, bool) else _invalid("Send true or false, without quotes.")


def _number(field: Field, value: Any) -> Any:
    """Kept when the shortest decimal form of its double is the number sent, so that nothing is rounded unseen."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return _invalid("Send a number, without quotes.")
    sent = Decimal(repr(value)) if isinstance(value, float) else value
    try:
        double = float(sent)
    except (OverflowError, ValueError):  # an integer past the doubles; a signalling NaN
        double = float("inf")
    if not isfinite(double) or Decimal(repr(double)) != sent:
        otherwise = "send it as text" if field.type is FieldType.JSON else "use the type DECIMAL"
        return _invalid(f"A NUMBER keeps about 15 digits: send fewer, or {otherwise} to keep all of them.")
    return int(double) if double.is_integer() and abs(double) <= _LARGEST_INTEGER else double


def _decimal(_: Field, value: Any) -> Any:
    plain = None
    if isinstance(value, str) and _PLAIN_DECIMAL.fullmatch(value):
        return value  # nearly all are: as they will be stored
    if isinstance(value, str) and _DECIMAL.fullmatch(value):
        plain = _plain(Decimal(value))
    elif isinstance(value, float):
        plain = _plain(Decimal(repr(value)))
    elif isinstance(value, int) and not isinstance(value, bool):
        plain = _plain(Decimal(value)) if abs(value) < 10**limits.DECIMAL_INTEGER_DIGITS else None
    elif isinstance(value, Decimal):
        plain = _plain(value)
    return plain or _invalid(
        f'Send a number, or text such as "64.00", with at most {limits.DECIMAL_INTEGER_DIGITS} digits before '
        f"and {limits.DECIMAL_FRACTION_DIGITS} after the point."
    )


def _plain(number: Decimal) -> str | None:
    """Without an exponent, and its zeros as sent. The bounds come first: 1e999999 is never written out."""
    if not number.is_finite() or (number and number.adjusted() >= limits.DECIMAL_INTEGER_DIGITS):
        return None
    exponent = int(number.as_tuple().exponent)
    if -exponent > limits.DECIMAL_FRACTION_DIGITS:
        return None
    return f"{number:f}" if number else f"{0:.{max(-exponent, 0)}f}"


def _date(_: Field, value: Any) -> Any:
    if isinstance(value, str) and _DAY.fullmatch(value):
        try:
            return date.fromisoformat(value).isoformat()
        except ValueError:
            return _invalid("There is no such day: check the month and the day; years run from 0001 to 9999.")
    if isinstance(value, str) and _DAY.match(value):
        return _invalid("A DATE is a calendar day: send YYYY-MM-DD without a time, or declare the field DATETIME.")
    return _invalid("Send a day as YYYY-MM-DD.")


def _datetime(_: Field, value: Any) -> Any:
    match = _INSTANT.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        return _invalid("Send a date and time with its offset, such as 2026-01-31T10:00:00Z.")
    if match["offset"] is None:
        return _invalid("The offset is missing: end with Z for UTC, or with the local one, such as +02:00.")
    if len((match["fraction"] or "").rstrip("0")) > len(".123456"):
        return _invalid("Times are kept to the microsecond: send at most six digits after the seconds' point.")
    try:
        return datetime.fromisoformat(value).astimezone(UTC).isoformat().replace("+00:00", "Z")
    except (ValueError, OverflowError):
        return _invalid("There is no such time: check each part; years run from 0001 to 9999 in UTC.")


def _list(field: Field, value: Any) -> Any:
    if not isinstance(value, list):
        return _invalid("Send a list, in square brackets.")
    if len(value) > limits.LIST_LENGTH:
        return _invalid(f"The list has {len(value):,} elements: at most {limits.LIST_LENGTH:,} are kept.")
    parser = _PARSERS[scalar_type(field)]
    parts = _whole((index, parser(field, element)) for index, element in enumerate(value))
    return parts if isinstance(parts, Problem) else list(parts.values())


def _geolocation(field: Field, value: Any) -> Any:
    if not isinstance(value, dict) or value.keys() != _BOUNDS.keys():
        return _invalid('Send {"lat": 48.85, "lng": 2.35}: both numbers, and nothing else.')
    return _whole((axis, _degrees(field, value[axis], bound)) for axis, bound in _BOUNDS.items())


def _degrees(field: Field, value: Any, bound: int) -> Any:
    number = _number(field, value)
    if not isinstance(number, Problem) and abs(number) > bound:
        return _invalid(f"Send degrees from -{bound} to {bound}.")
    return number


def _json(field: Field, value: Any) -> Any:
    stored = _json_part(field, value, limits.JSON_DEPTH)
    if isinstance(stored, Problem):
        return stored
    size = exact_json.size(stored)
    if size > limits.JSON_BYTES:
        return _invalid(f"The value takes {size:,} bytes as JSON: at most {limits.JSON_BYTES:,} are kept.")
    return stored


def _json_part(field: Field, value: Any, depth: int) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return _string(field, value, limits.JSON_BYTES)
    if not isinstance(value, list | dict):
        return _number(field, value)
    if depth == 0:
        return _invalid(f"Lists and objects nest more than {limits.JSON_DEPTH} deep: flatten the value.")
    if isinstance(value, dict):
        unfit = next(filter(None, (text_problem(key, limits.STRING_LENGTH) for key in value)), None)
        if unfit:
            return _invalid(f"A key of an object: {unfit}")
        return _whole((key, _json_part(field, part, depth - 1)) for key, part in value.items())
    parts = _whole((index, _json_part(field, part, depth - 1)) for index, part in enumerate(value))
    return parts if isinstance(parts, Problem) else list(parts.values())


def _whole(parts: Iterable[tuple[Any, Any]]) -> Any:
    """All parts by their place, or the first problem among them."""
    stored = {}
    for place, part in parts:
        if isinstance(part, Problem):
            return part.under(str(place))
        stored[place] = part
    return stored


_PARSERS: dict[FieldType, Callable[[Field, Any], Any]] = {  # each gives the stored form or a Problem
    FieldType.STRING: _string,
    FieldType.LONGTEXT: partial(_string, length=limits.LONGTEXT_LENGTH),
    FieldType.NUMBER: _number,
    FieldType.DECIMAL: _decimal,
    FieldType.BOOLEAN: _boolean,
    FieldType.DATE: _date,
    FieldType.DATETIME: _datetime,
    FieldType.LIST: _list,
    FieldType.JSON: _json,
    FieldType.GEOLOCATION: _geolocation,
}
