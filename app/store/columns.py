"""The index slot that holds a relation. Every relation has one, so following it backward is an index scan."""

from dataclasses import dataclass

from app.domain.definitions import Definition, Target
from app.domain.entities import Link
from app.domain.limits import SLOTS

_SLOTS = {f"{kind}{n}" for kind, size in SLOTS.items() for n in range(1, size + 1)}


# columns that an index of a definition's records in order of their ids has, too (records_covering)
COVERED = {"created_at", "ref1", "ref2", "product1", "str1", "str2", "num1", "num2", "num3", "num4", "at1", "at2"}
_TYPES = {"ref": "bigint", "product": "text", "str": "text", "num": "float8", "at": "timestamptz"}


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    type: str  # what a parameter compared with it is cast to


def relation_column(definition: Definition, field: str) -> Column:
    """The slot of a declared relation. Only names of known slots ever become SQL text."""
    slot = definition.field[field].slot
    if slot not in _SLOTS:
        raise ValueError(f"relation {field} of definition {definition.id} has no slot")
    to_products = definition.relationship[field].target is Target.PRODUCTS
    return Column(slot, "text" if to_products else "bigint")


def link_column(link: Link) -> Column:
    """The column that holds what a link leads back to."""
    if link.definition is None:
        return Column("contact_id", "bigint")
    return relation_column(link.definition, link.field)


def slot_column(slot: str) -> str:
    """The column of a declared field's slot."""
    if slot not in _SLOTS:
        raise ValueError(f"{slot!r} is no slot")
    return slot


def slot_type(slot: str) -> str:
    """The type of a slot's column. Texts are in order of code points (collation "C")."""
    return _TYPES[slot.rstrip("0123456789")]
