"""Columns of declared fields: one value for each record, read of its data, in the form that the field's type shows."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from itertools import repeat
from typing import Any

from app.domain.definitions import Field, FieldType
from app.domain.values import scalar_type
from app.graphql.errors import Refusal

Read = Callable[[Sequence[Any]], list[Any]]
DATA = ("row.data",)  # what they are read of

_CLASSES: dict[FieldType, set[type]] = {
    FieldType.NUMBER: {int, float},
    FieldType.BOOLEAN: {bool},
    FieldType.LIST: {list},
    FieldType.GEOLOCATION: {dict},
}
_TEXT = {str}


def ids(field: Field) -> Read:
    """A relation's raw ids."""

    def read(data: Sequence[Any]) -> list[Any]:
        values = map(dict.get, data, repeat(field.name))
        return [None if value is None else str(value) for value in values]

    return read


def values(field: Field, options: frozenset[Any] = frozenset()) -> Read:
    """What the records hold. A value of another class, or none of the options, is a value of a definition that has
    changed since the schema was made: an error of its own."""
    if field.type is FieldType.JSON:
        return lambda data: [*map(dict.get, data, repeat(field.name))]
    classes = {*_CLASSES.get(field.type, _TEXT), type(None)}
    shown = _shown(field)

    def read(data: Sequence[Any]) -> list[Any]:
        found = [*map(dict.get, data, repeat(field.name))]
        if not {*map(type, found)} <= classes:
            found = [value if type(value) in classes else schema_changed() for value in found]
        if options:
            found = [schema_changed() if _foreign(value, options) else value for value in found]
        return found if shown is None else [*map(shown, found)]

    return read


def _shown(field: Field) -> Callable[[Any], Any] | None:
    """None where values are shown as they are stored."""
    if scalar_type(field) is not FieldType.DECIMAL:
        return None
    if field.type is FieldType.LIST:
        return lambda value: [*map(Decimal, value)] if isinstance(value, list) else value
    return lambda value: Decimal(value) if isinstance(value, str) else value


def _foreign(value: Any, options: frozenset[Any]) -> bool:
    if isinstance(value, list):
        return not options.issuperset(value)
    return isinstance(value, str) and value not in options


def schema_changed() -> Refusal:
    """What stands for a value that the schema of a moment ago cannot show."""
    return Refusal("SCHEMA_CHANGED", "The definition has changed a moment ago. Ask again.")
