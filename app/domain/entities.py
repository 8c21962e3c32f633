"""What a condition or an order speaks of: contacts, products, or the records of a definition, each with what can be
compared of it and the relations that lead on."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto

from app.domain.choices import listed, nearest
from app.domain.definitions import Definition, Field, FieldType, Model, Relationship, Target
from app.domain.problems import Code, Unfit


class Kind(Enum):
    """How the values of an attribute compare."""

    TEXT = auto()  # by code point
    LONGTEXT = auto()  # the same; no list is ordered by it
    EMAIL = auto()  # trimmed and lower-cased
    PRODUCT = auto()  # a product's id: text, a whole number in decimal form
    ID = auto()  # a whole number of 64 bits
    NUMBER = auto()
    DECIMAL = auto()  # as a number, exactly
    BOOLEAN = auto()
    DATE = auto()
    DATETIME = auto()
    LIST = auto()
    OPAQUE = auto()  # JSON, GEOLOCATION: there or not


@dataclass(frozen=True, slots=True)
class Attribute:
    """Something of an entity that can be compared. `field` is the declared one; without it, it is a column that all
    rows of the entity have."""

    name: str
    kind: Kind
    field: Field | None = None


@dataclass(frozen=True, slots=True)
class Entity:
    """What is being filtered. `definition` goes with Target.DEFINITION."""

    target: Target
    definition: Definition | None = None

    @property
    def name(self) -> str:
        return self.definition.key if self.definition is not None else self.target.value


@dataclass(frozen=True, slots=True)
class Link:
    """From an entity back to the records of a definition whose relation `field` points to it; without a definition from
    contacts to their customers."""

    definition: Definition | None
    field: str

    @property
    def records(self) -> Entity:
        """What it leads to."""
        return CUSTOMERS if self.definition is None else of_definition(self.definition)


CONTACTS = Entity(Target.CONTACTS)
PRODUCTS = Entity(Target.PRODUCTS)
CUSTOMERS = Entity(Target.CUSTOMERS)
TO_CUSTOMERS = Link(None, "contact_id")

_TIMES = {"created_at": Kind.DATETIME, "updated_at": Kind.DATETIME}
_COLUMNS: dict[Target, dict[str, Kind]] = {
    Target.CONTACTS: {
        "id_contact": Kind.ID, "email": Kind.EMAIL, "first_name": Kind.TEXT, "last_name": Kind.TEXT,
        "lang": Kind.TEXT, **_TIMES,
    },
    Target.PRODUCTS: {
        "id": Kind.PRODUCT, "reference": Kind.TEXT, "name": Kind.TEXT, "price": Kind.DECIMAL,
        "price_discount": Kind.DECIMAL, "currency": Kind.TEXT, "lang": Kind.TEXT, "is_active": Kind.BOOLEAN, **_TIMES,
    },
    Target.CUSTOMERS: {
        "source": Kind.TEXT, "id_customer": Kind.TEXT, "email": Kind.EMAIL, "email_verified": Kind.BOOLEAN,
        "first_name": Kind.TEXT, "last_name": Kind.TEXT, "lang": Kind.TEXT, **_TIMES,
    },
    Target.DEFINITION: {"id_record": Kind.ID, "version": Kind.ID, **_TIMES},
}  # fmt: skip
_KINDS = {
    FieldType.STRING: Kind.TEXT,
    FieldType.LONGTEXT: Kind.LONGTEXT,
    FieldType.NUMBER: Kind.NUMBER,
    FieldType.DECIMAL: Kind.DECIMAL,
    FieldType.BOOLEAN: Kind.BOOLEAN,
    FieldType.DATE: Kind.DATE,
    FieldType.DATETIME: Kind.DATETIME,
    FieldType.LIST: Kind.LIST,
    FieldType.JSON: Kind.OPAQUE,
    FieldType.GEOLOCATION: Kind.OPAQUE,
}


def of_definition(definition: Definition) -> Entity:
    return Entity(Target.DEFINITION, definition)


def attribute(entity: Entity, name: str) -> Attribute:
    """The attribute of that name. Raises Unfit, which lists the possible names, where there is none (any more)."""
    kind = _COLUMNS[entity.target].get(name)
    if kind is not None:
        return Attribute(name, kind)
    field = entity.definition.field.get(name) if entity.definition is not None else None
    if field is None:
        raise Unfit(Code.UNKNOWN_FIELD, unknown(name, f"field of {entity.name}", attribute_names(entity)))
    return Attribute(name, _field_kind(field, relationship(entity, name)), field)


def attribute_names(entity: Entity) -> list[str]:
    declared = entity.definition.field if entity.definition is not None else ()
    return [*declared, *_COLUMNS[entity.target]]


def relationship(entity: Entity, field: str) -> Relationship | None:
    """The to-one relation of that field, if it is one."""
    return entity.definition.relationship.get(field) if entity.definition is not None else None


def followed(model: Model, entity: Entity, field: str) -> Entity:
    """What a relation of records points to. Raises Unfit for what is no relation, or leads to a deleted definition."""
    found = relationship(entity, field)
    if found is None:
        possible = list(entity.definition.relationship) if entity.definition is not None else []
        raise Unfit(Code.INVALID_RELATIONSHIP, unknown(field, f"relation of {entity.name}", possible))
    if found.target is not Target.DEFINITION:
        return Entity(found.target)
    target = model.by_id.get(found.definition_id or 0)
    if target is None:
        raise Unfit(Code.DEFINITION_NOT_FOUND, f"The definition that {field} points to has been deleted.")
    return of_definition(target)


def links(model: Model, entity: Entity) -> Iterator[Link]:
    """All ways back to this entity, in order of definition and declaration."""
    target_id = entity.definition.id if entity.definition is not None else None
    for definition in model.definitions:
        for each in definition.relations_to(entity.target, target_id):
            yield Link(definition, each.field)


def link(model: Model, entity: Entity, key: str, field: str | None = None) -> Link:
    """The way back from the records of that definition: by the named relation, else the first declared."""
    possible = list(links(model, entity))
    of_key = [each for each in possible if each.records.name == key]
    if not of_key:
        keys = list(dict.fromkeys(each.records.name for each in possible))
        message = unknown(key, f"definition whose records point at {entity.name}", keys)
        raise Unfit(Code.DEFINITION_NOT_FOUND, message)
    if field is None:
        return of_key[0]
    chosen = next((each for each in of_key if each.field == field), None)
    if chosen is None:
        names = [each.field for each in of_key]
        raise Unfit(Code.UNKNOWN_FIELD, unknown(field, f"relation of {key} to {entity.name}", names))
    return chosen


def unknown(name: str, what: str, possible: list[str]) -> str:
    """That a name means nothing, which one may be meant, and which there are."""
    near = nearest(name, possible)
    hint = f" Do you mean {near}?" if near else ""
    return f"{name[:50]!r} is no {what}.{hint} Possible: {listed(possible, 30)}."


def _field_kind(field: Field, relation: Relationship | None) -> Kind:
    if relation is not None:
        return Kind.PRODUCT if relation.target is Target.PRODUCTS else Kind.ID
    return _KINDS[field.type]
