"""Erasing a person: what becomes of the records that point at the contact, and what an erasure came to.

A record is the person's if one of its relations to contacts holds the contact; what such a record points to (a vet, a
product, a price of the vet's list) is not.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from app.domain.access import contact_fields
from app.domain.definitions import Definition


class Disposal(Enum):
    """What becomes of the person's records."""

    DELETE = "DELETE"  # they go, whoever refers to them
    UNLINK = "UNLINK"  # they stay, and point at nobody any more


@dataclass(frozen=True, slots=True)
class Person:
    """By what a contact is known: its id, its lower-cased addresses, and its ids in the shop's systems."""

    contact_id: int
    emails: frozenset[str] = frozenset()
    customer_ids: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class RecordsErased:
    """What became of the person's records of one definition."""

    definition_id: int
    key: str
    deleted: int = 0
    unlinked: int = 0


@dataclass(frozen=True, slots=True)
class Erasure:
    """How much of the contact was found and erased. `changes` were emptied, `deliveries` dropped or emptied, `answers`
    kept for retries emptied; `segments` and `triggers` named it in their conditions."""

    contact_id: int
    customers: int = 0
    records: tuple[RecordsErased, ...] = ()
    changes: int = 0
    deliveries: int = 0
    answers: int = 0
    segments: int = 0
    triggers: int = 0

    @property
    def deleted(self) -> int:
        return sum(each.deleted for each in self.records)

    @property
    def unlinked(self) -> int:
        return sum(each.unlinked for each in self.records)


def slots(definition: Definition) -> Mapping[str, str]:
    """The slots of the definition's relations to contacts, by field. Every relation has one."""
    return {field: definition.field[field].slot or "" for field in contact_fields(definition)}


def tied(definition: Definition) -> list[str]:
    """The relations to contacts that a record cannot be without: required ones, and parts of the unique key."""
    return [
        field for field in contact_fields(definition)
        if definition.field[field].required or field in definition.unique_keys
    ]  # fmt: skip
