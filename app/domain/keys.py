"""The canonical text of a record's unique key: equal values give one text, different values never do."""

from collections.abc import Mapping
from decimal import Decimal
from hashlib import sha256
from json.encoder import encode_basestring
from typing import Any

from app.domain import limits
from app.domain.definitions import Definition, Field, FieldType
from app.domain.problems import Code, Problem

KEY_TYPES = frozenset(
    {
        FieldType.STRING,
        FieldType.NUMBER,
        FieldType.DECIMAL,
        FieldType.BOOLEAN,
        FieldType.DATE,
        FieldType.DATETIME,
    }
)

_PREFIX_LENGTH = 40  # characters of a long key kept in front of its digest, for people who read the table


def unique_key(definition: Definition, data: Mapping[str, Any]) -> tuple[str | None, list[Problem]]:
    """The key of a record's stored values, references already resolved; None without unique keys.

    A part that is absent or null is a MISSING_KEY problem at its field. The text has no "~" in front unless it is a
    digest, so the two never meet."""
    names = definition.unique_keys
    if not names:
        return None, []
    parts = []
    for name in names:
        value = data.get(name)
        if value is None:
            return None, [_missing(name, names) for name in names if data.get(name) is None]
        parts.append(_part(definition.field[name], value))
    text = ",".join(parts)
    return text if len(text) <= limits.UNIQUE_KEY_LENGTH else _digest(text), []


def _missing(name: str, names: tuple[str, ...]) -> Problem:
    whole = f" ({', '.join(names)})" if len(names) > 1 else ""
    return Problem(Code.MISSING_KEY, f"{name} belongs to the unique key{whole}: send a value for it, not null.", name)


def _part(field: Field, value: Any) -> str:
    """One value as JSON writes it, numbers in plain decimal form without idle zeros."""
    if isinstance(value, str) and field.type is not FieldType.DECIMAL:
        return encode_basestring(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    plain = f"{Decimal(str(value)):f}"
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


def _digest(text: str) -> str:
    return f"~{text[:_PREFIX_LENGTH]}~{sha256(text.encode()).hexdigest()}"
