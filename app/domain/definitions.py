"""What a definition is: the schema of one of a shop's custom objects, and the model of all of them together."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from functools import cached_property
from typing import Any

from app.domain.segments import Segment


class FieldType(Enum):
    """How a field's values are written and compared."""

    STRING = "STRING"
    LONGTEXT = "LONGTEXT"
    NUMBER = "NUMBER"
    DECIMAL = "DECIMAL"
    BOOLEAN = "BOOLEAN"
    DATE = "DATE"
    DATETIME = "DATETIME"
    LIST = "LIST"
    JSON = "JSON"
    GEOLOCATION = "GEOLOCATION"


class Status(Enum):
    ACTIVE = "ACTIVE"
    INACTIVE = "INACTIVE"  # read-only: reads and prices go on, writes are refused
    DELETED = "DELETED"


class ContactAccess(Enum):
    """What a contact's own token opens of a definition."""

    NONE = "NONE"
    READ = "READ"  # its own records, and what they point at


class Target(Enum):
    """What a relationship points to. No relationship points to CUSTOMERS: they are asked of behind their contact."""

    __hash__ = object.__hash__  # an enumeration's own is a call of Python, for every look-up

    CONTACTS = "contacts"
    PRODUCTS = "products"
    DEFINITION = "definition"
    CUSTOMERS = "customers"


@dataclass(frozen=True, slots=True)
class Field:
    """One declared field. `default` and `options` are stored values (see `values`); `slot` is the typed index column
    that repeats its values ("ref1", "str2"), None when the slots of its kind were used up or its type takes none."""

    name: str
    type: FieldType
    label: str
    description: str | None = None
    required: bool = False
    default: Any = None
    options: tuple[Any, ...] = ()
    element_type: FieldType | None = None  # of a LIST
    slot: str | None = None


@dataclass(frozen=True, slots=True)
class Relationship:
    """A field that holds the canonical id of something else: a number for contacts and records, text for products."""

    field: str
    target: Target
    definition_id: int | None = None  # with Target.DEFINITION


@dataclass(frozen=True)
class Definition:
    """The schema of a custom object. `unique_keys` names the fields that together identify a record, in order."""

    id: int
    key: str
    name: str
    description: str | None
    status: Status
    fields: tuple[Field, ...]
    relationships: tuple[Relationship, ...]
    unique_keys: tuple[str, ...]
    created_at: datetime
    updated_at: datetime
    contact_access: ContactAccess = ContactAccess.NONE

    @cached_property
    def field(self) -> dict[str, Field]:
        return {field.name: field for field in self.fields}

    @cached_property
    def relationship(self) -> dict[str, Relationship]:
        return {relationship.field: relationship for relationship in self.relationships}

    @cached_property
    def may_be_large(self) -> bool:
        """Whether records may come near the largest that is kept: without long fields, all of them together do not."""
        return any(field.type in (FieldType.LONGTEXT, FieldType.LIST, FieldType.JSON) for field in self.fields)

    def relations_to(self, target: Target, definition_id: int | None = None) -> tuple[Relationship, ...]:
        """The relationships that point to that target, in declared order."""
        return tuple(r for r in self.relationships if r.target is target and r.definition_id == definition_id)


@dataclass(frozen=True, slots=True)
class OverrideSource:
    """One source of a system field: the definition and field that hold the amount, and the way to the contact.
    `contact_path` holds hops from the source to the contact (see `paths`); `latest_by` is "definition_id.field"."""

    system_field: str  # "price" or "price_discount"
    priority: int  # 1, 2 or 3; 1 is asked first
    definition_id: int
    field: str
    product_field: str
    contact_path: tuple[str, ...]
    latest_by: str | None = None


@dataclass(frozen=True)
class Model:
    """All of a shop that changes rarely: its definitions (not the deleted ones), override sources and segments, at a
    version."""

    version: int
    definitions: tuple[Definition, ...]
    overrides: tuple[OverrideSource, ...]
    segments: tuple[Segment, ...] = ()

    @cached_property
    def by_id(self) -> dict[int, Definition]:
        return {definition.id: definition for definition in self.definitions}

    @cached_property
    def by_key(self) -> dict[str, Definition]:
        return {definition.key: definition for definition in self.definitions}

    @cached_property
    def amounts(self) -> frozenset[tuple[int, str]]:
        """The fields that prices are taken from: (definition id, field). They hold nothing negative."""
        return frozenset((source.definition_id, source.field) for source in self.overrides)

    def find(self, key_or_id: str) -> Definition | None:
        """The definition of that key, else of that id (digits). A key never consists of digits."""
        found = self.by_key.get(key_or_id)
        if found is None and key_or_id.isascii() and key_or_id.isdigit() and len(key_or_id) < 20:
            found = self.by_id.get(int(key_or_id))
        return found

    def sources(self, system_field: str) -> tuple[OverrideSource, ...]:
        """The sources of one system field, in order of priority."""
        chosen = (source for source in self.overrides if source.system_field == system_field)
        return tuple(sorted(chosen, key=lambda source: source.priority))
