"""Cells of a CSV file: what the API would be sent instead of their text.

A cell that does not read as its field's type becomes a Problem that says what to write into a cell; rules beyond that
(bounds, options, such days as there are) are the field's.
"""

import re
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Any

import orjson

from app.domain import exact_json, limits
from app.domain.definitions import Field, FieldType
from app.domain.problems import Code, Problem
from app.domain.values import parser

Decode = Callable[[str], Any]

_NUMBER = re.compile(r"[+-]?[0-9]{1,400}(\.[0-9]{1,400})?([eE][+-]?[0-9]{1,6})?")
_WHOLE = re.compile(r"-?(0|[1-9][0-9]{0,18})")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOMENT = re.compile(_DAY.pattern + r"T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?(Z|[+-][0-9]{2}:[0-9]{2})")
_FLAGS = {"true": True, "false": False, "1": True, "0": False, "yes": True, "no": False}
_COMMA = "For 12,50 say --decimal-comma (over HTTP decimalComma=true)."
_TEXTS = {
    FieldType.NUMBER: "Write digits and a point, such as 1250.5: no spaces, units or thousands separators.",
    FieldType.DECIMAL: f"Write a number such as 64.00, at most {limits.DECIMAL_INTEGER_DIGITS} digits before and "
                       f"{limits.DECIMAL_FRACTION_DIGITS} after the point.",
    FieldType.BOOLEAN: "Write true or false, yes or no, 1 or 0.",
    FieldType.DATE: "Write the day as 2026-01-31 and nothing else.",
    FieldType.DATETIME: "Write it as 2026-01-31T10:00:00Z, or with an offset such as +02:00 at its end.",
    FieldType.LIST: 'Write a list as JSON, such as ["a","b"].',
    FieldType.GEOLOCATION: 'Write it as JSON: {"lat": 48.85, "lng": 2.35}.',
    FieldType.JSON: "This begins like JSON but is none: mend it, or write it as a JSON text, in quotes.",
}  # fmt: skip


def decoder(type_: FieldType, *, decimal_comma: bool) -> Decode | None:
    """What makes a value, or a Problem, of a cell that is not empty; None where its text is the value."""
    if type_ in (FieldType.DECIMAL, FieldType.NUMBER):
        read = _decimal if type_ is FieldType.DECIMAL else number
        return (lambda cell: read(_point(cell), decimal_comma=True)) if decimal_comma else read
    return _DECODERS.get(type_)


def number(cell: str, *, decimal_comma: bool = False) -> Any:
    """A number, exactly."""
    cell = cell.strip()
    if _WHOLE.fullmatch(cell):
        return int(cell)
    return Decimal(cell) if _NUMBER.fullmatch(cell) else _no_number(FieldType.NUMBER, cell, decimal_comma)


def whole(ways: str, cell: str) -> Any:
    """An id. `ways` says how else a column may name what is meant."""
    cell = cell.strip()
    return int(cell) if _WHOLE.fullmatch(cell) else Problem(Code.INVALID_REFERENCE, f"Write the id{ways}.")


def written(value: Any, *, as_json: bool = False) -> str:
    """A stored value as a cell; null is an empty one. `as_json` for fields whose cells are JSON: texts in quotes."""
    if value is None:
        return ""
    if as_json or isinstance(value, list | dict):
        return orjson.dumps(value).decode()
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(value)


def _point(cell: str) -> str:
    return cell.replace(",", ".") if cell.count(",") == 1 and "." not in cell else cell


_parse_decimal = parser(Field("", FieldType.DECIMAL, ""))


def _decimal(cell: str, *, decimal_comma: bool = False) -> Any:
    stored = _parse_decimal(cell.strip())
    return _no_number(FieldType.DECIMAL, cell, decimal_comma) if isinstance(stored, Problem) else stored


def _no_number(type_: FieldType, cell: str, decimal_comma: bool) -> Problem:
    hint = "" if decimal_comma or "," not in cell else f" {_COMMA}"
    return Problem(Code.INVALID_VALUE, _TEXTS[type_] + hint)


def _unread(type_: FieldType) -> Problem:
    return Problem(Code.INVALID_VALUE, _TEXTS[type_])


def _shaped(type_: FieldType, shape: re.Pattern[str], cell: str) -> Any:
    cell = cell.strip()
    return cell if shape.fullmatch(cell) else _unread(type_)


def _flag(cell: str) -> Any:
    found = _FLAGS.get(cell.strip().lower())
    return _unread(FieldType.BOOLEAN) if found is None else found


def _json(cell: str) -> Any:
    """JSON; a text that does not look like it stands for itself."""
    try:
        return exact_json.decode(cell)
    except exact_json.NotJson:
        return _unread(FieldType.JSON) if cell.lstrip()[:1] in ("[", "{", '"') else cell


def _nested(type_: FieldType, kind: type, cell: str) -> Any:
    try:
        value = exact_json.decode(cell)
    except exact_json.NotJson:
        return _unread(type_)
    return value if isinstance(value, kind) else _unread(type_)


_DECODERS: dict[FieldType, Decode] = {
    FieldType.BOOLEAN: _flag, FieldType.JSON: _json,
    FieldType.LIST: partial(_nested, FieldType.LIST, list),
    FieldType.GEOLOCATION: partial(_nested, FieldType.GEOLOCATION, dict),
    FieldType.DATE: partial(_shaped, FieldType.DATE, _DAY),
    FieldType.DATETIME: partial(_shaped, FieldType.DATETIME, _MOMENT),
}  # fmt: skip
