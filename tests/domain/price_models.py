"""Models for the tests of paths, overrides and prices: definitions written in a line each."""

from datetime import UTC, datetime

from app.domain.definitions import Definition, Field, FieldType, Model, Relationship, Status, Target

_NOW = datetime(2026, 1, 1, tzinfo=UTC)
_TARGETS = {"contacts": Target.CONTACTS, "products": Target.PRODUCTS}


def definition(
    id: int, key: str, fields: str, relations: dict[str, str | int] | None = None, unique: str = "",
    status: Status = Status.ACTIVE,
) -> Definition:  # fmt: skip
    """`fields` reads "price:DECIMAL since:DATE"; `relations` leads to "contacts", "products" or a definition's id."""
    relationships = tuple(
        Relationship(field, Target.DEFINITION, to) if isinstance(to, int) else Relationship(field, _TARGETS[to])
        for field, to in (relations or {}).items()
    )
    declared = [Field(r.field, FieldType.NUMBER, r.field) for r in relationships]
    for text in fields.split():
        name, kind = text.split(":")
        declared.append(Field(name, FieldType[kind], name))
    return Definition(id, key, key, None, status, tuple(declared), relationships, tuple(unique.split()), _NOW, _NOW)


def model(*definitions: Definition) -> Model:
    return Model(1, definitions, ())


VET = definition(1, "veterinarian", "nom:STRING", unique="nom")
PRICING = definition(
    2, "vet_pricing", "price:DECIMAL price_discount:DECIMAL note:STRING",
    {"veto_id": 1, "product_id": "products"}, "veto_id product_id",
)  # fmt: skip
ASSIGNMENT = definition(
    12, "vet_assignment", "since:DATE note:STRING", {"contact_id": "contacts", "veto_id": 1}, "contact_id"
)
LOYALTY = definition(
    20, "loyalty", "points:NUMBER since:DATE", {"contact_id": "contacts", "product_id": "products"}, "contact_id"
)
MANAGER = definition(30, "manager", "name:STRING discount:NUMBER", unique="name")
MANAGED = definition(
    31, "assignment", "assigned_at:DATE", {"contact_id": "contacts", "responsable_id": 30}, "contact_id"
)
MANAGER_PRICE = definition(32, "manager_price", "price:NUMBER", {"by": 30, "product_id": "products"}, "by product_id")
CONTRACT = definition(
    40, "contract", "price:DECIMAL signed:DATETIME", {"contact_id": "contacts", "product_id": "products"}
)
VISIT = definition(50, "vet_visit", "on:DATE", {"contact_id": "contacts", "veto_id": 1})

VETERINARY = model(VET, PRICING, ASSIGNMENT)
PATH = ("veto_id", "vet_assignment.veto_id", "contact_id")
