"""Which typed index column repeats which field of a record, and what it holds.

A slot narrows a search, the value in `data` decides: texts are cut, decimals become their nearest double. Types are
those whose comparisons are leakproof, so that row-level security leaves them in the indexes.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from app.domain import limits
from app.domain.definitions import Field, FieldType, Relationship, Target

_KIND_OF_TYPE = {
    FieldType.STRING: "str",
    FieldType.NUMBER: "num",
    FieldType.DECIMAL: "num",
    FieldType.BOOLEAN: "num",
    FieldType.DATE: "at",
    FieldType.DATETIME: "at",
}


def slot_kind(field: Field, relationship: Relationship | None) -> str | None:
    """The kind of slot a field needs, a key of limits.SLOTS; None for types that are never indexed."""
    return relation_kind(relationship) if relationship else _KIND_OF_TYPE.get(field.type)


def relation_kind(relationship: Relationship) -> str:
    """Relations have slots of their own, so that a definition's texts never crowd them out."""
    return "product" if relationship.target is Target.PRODUCTS else "ref"


def assign(
    fields: Sequence[Field],
    relationships: Sequence[Relationship],
    unique_keys: Sequence[str],
    taken: Iterable[str] = (),
    asked: Mapping[str, bool | None] | None = None,
) -> dict[str, str]:
    """A free slot for each field, while there are any: relations of the unique key first, then other relations, other
    parts of the unique key, fields for which one was `asked`, and the rest as declared, but those that are to have
    none. So a price list's seller is ref1 and its product product1, which share an index."""
    asked = asked or {}
    relation_to = {relationship.field: relationship for relationship in relationships}
    by_name = {field.name: field for field in fields}
    used = set(taken)
    free = {
        kind: [slot for number in range(count, 0, -1) if (slot := f"{kind}{number}") not in used]
        for kind, count in limits.SLOTS.items()
    }
    slots = {}
    always = [*filter(relation_to.get, unique_keys), *relation_to, *unique_keys]
    rest = [name for name in by_name if asked.get(name) is not False]
    for name in dict.fromkeys([*always, *filter(asked.get, rest), *rest]):
        kind = slot_kind(by_name[name], relation_to.get(name))
        if kind and free[kind]:
            slots[name] = free[kind].pop()
    return slots


def slot_values(field: Field, values: Iterable[Any]) -> list[Any]:
    """What the slot of a field that has one holds for stored values: None for null."""
    assert field.slot is not None
    convert = _CONVERTERS[field.slot.rstrip("0123456789")]
    return [None if value is None else convert(value) for value in values]


def _cut(text: str) -> str:
    return text[: limits.SLOT_TEXT_LENGTH]


def _instant(text: str) -> datetime:
    """A stored DATE means midnight, a stored DATETIME says itself that it is UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


_CONVERTERS: dict[str, Callable[[Any], Any]] = {
    "ref": int,
    "product": str,
    "str": _cut,
    "num": float,
    "at": _instant,
}
