"""Cells of a CSV file: what the API would be sent instead of their text.

A cell that does not read as its field's type is handed on as text, so that the field itself says what is wrong.
"""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import orjson

from app.domain import exact_json
from app.domain.definitions import FieldType

Decode = Callable[[str], Any]

_NUMBER = re.compile(r"[+-]?[0-9]{1,400}(\.[0-9]{1,400})?([eE][+-]?[0-9]{1,6})?")
_WHOLE = re.compile(r"-?(0|[1-9][0-9]{0,18})")
_FLAGS = {"true": True, "false": False, "1": True, "0": False, "yes": True, "no": False}


def decoder(type_: FieldType, *, decimal_comma: bool) -> Decode | None:
    """What makes a value of a cell that is not empty; None where its text is the value."""
    if type_ is FieldType.DECIMAL:
        return _point if decimal_comma else None
    if type_ is FieldType.NUMBER:
        return (lambda cell: number(_point(cell))) if decimal_comma else number
    return _DECODERS.get(type_)


def number(cell: str) -> Any:
    """A number, exactly; else the text."""
    if _WHOLE.fullmatch(cell):
        return int(cell)
    return Decimal(cell) if _NUMBER.fullmatch(cell) else cell


def whole(cell: str) -> Any:
    """An id; else the text."""
    return int(cell) if _WHOLE.fullmatch(cell) else cell


def written(value: Any) -> str:
    """A stored value as a cell; null is an empty one."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return orjson.dumps(value).decode() if isinstance(value, list | dict) else repr(value)


def _point(cell: str) -> str:
    return cell.replace(",", ".") if cell.count(",") == 1 and "." not in cell else cell


def _flag(cell: str) -> Any:
    return _FLAGS.get(cell.strip().lower(), cell)


def _json(cell: str) -> Any:
    try:
        return exact_json.decode(cell)
    except exact_json.NotJson:
        return cell


def _nested(cell: str) -> Any:
    """A list or an object, as JSON; anything else is the text."""
    return _json(cell) if cell.lstrip()[:1] in ("[", "{") else cell


_DECODERS: dict[FieldType, Decode] = {
    FieldType.BOOLEAN: _flag, FieldType.LIST: _nested, FieldType.GEOLOCATION: _nested, FieldType.JSON: _json,
}  # fmt: skip
