"""Which index slot a field gets, and what stands in it."""

from datetime import UTC, datetime
from typing import Any

import pytest

from app.domain import limits
from app.domain.definitions import Field, FieldType, Relationship, Target
from app.domain.slots import assign, slot_kind, slot_values

TO_CONTACT = Relationship("f", Target.CONTACTS)
TO_PRODUCT = Relationship("f", Target.PRODUCTS)
TO_RECORD = Relationship("f", Target.DEFINITION, 7)


def field(name: str, kind: str, slot: str | None = None) -> Field:
    return Field(name, FieldType[kind], name, slot=slot)


KINDS = {
    "a relation to contacts": ("NUMBER", TO_CONTACT, "ref"),
    "a relation to a definition": ("NUMBER", TO_RECORD, "ref"),
    "a relation to products": ("STRING", TO_PRODUCT, "product"),
    "a relation to products declared NUMBER": ("NUMBER", TO_PRODUCT, "product"),
    "STRING": ("STRING", None, "str"),
    "NUMBER": ("NUMBER", None, "num"),
    "DECIMAL": ("DECIMAL", None, "num"),
    "BOOLEAN": ("BOOLEAN", None, "num"),
    "DATE": ("DATE", None, "at"),
    "DATETIME": ("DATETIME", None, "at"),
    "LONGTEXT": ("LONGTEXT", None, None),
    "LIST": ("LIST", None, None),
    "JSON": ("JSON", None, None),
    "GEOLOCATION": ("GEOLOCATION", None, None),
}


@pytest.mark.parametrize(("kind", "relationship", "expected"), KINDS.values(), ids=KINDS)
def test_kind(kind: str, relationship: Relationship | None, expected: str | None) -> None:
    assert slot_kind(field("f", kind), relationship) == expected


def test_a_price_list_has_its_seller_and_product_in_the_slots_of_the_price_index() -> None:
    fields = [
        field("price", "DECIMAL"),
        field("approved_by", "NUMBER"),
        field("product_id", "STRING"),
        field("note", "STRING"),
        field("veto_id", "NUMBER"),
    ]
    relationships = [
        Relationship("approved_by", Target.CONTACTS),
        Relationship("product_id", Target.PRODUCTS),
        Relationship("veto_id", Target.DEFINITION, 7),
    ]
    assert assign(fields, relationships, ["veto_id", "product_id"]) == {
        "veto_id": "ref1",
        "product_id": "product1",
        "approved_by": "ref2",
        "price": "num1",
        "note": "str1",
    }


def test_parts_of_the_unique_key_come_before_fields_declared_earlier() -> None:
    fields = [*(field(f"s{n}", "STRING") for n in range(10)), field("code", "STRING")]
    slots = assign(fields, [], ["code"])
    assert slots["code"] == "str1"
    assert slots["s0"] == "str2"
    assert len(slots) == limits.SLOTS["str"]
    assert "s9" not in slots


def test_appended_fields_take_what_is_free() -> None:
    fields = [field("a", "STRING"), field("b", "NUMBER"), field("c", "STRING")]
    assert assign(fields, [], [], taken=["str1", "str3", "num1"]) == {"a": "str2", "b": "num2", "c": "str4"}


def test_fields_that_are_asked_for_come_first_and_those_that_are_not_wanted_never() -> None:
    fields = [field(f"s{n}", "STRING") for n in range(8)]
    asked = {"s1": False, "s6": True, "s7": True, "s2": None}
    slots = assign(fields, [], ["s3"], asked=asked)
    assert slots == {"s3": "str1", "s6": "str2", "s7": "str3", "s0": "str4", "s2": "str5"}


VALUES = {
    "a contact's id": ("NUMBER", "ref1", 2**62, 2**62),
    "a product's id": ("STRING", "product1", "012", "012"),
    "a long text is cut": ("STRING", "str1", "é" * 300, "é" * limits.SLOT_TEXT_LENGTH),
    "a number": ("NUMBER", "num1", 12, 12.0),
    "a decimal's nearest double": ("DECIMAL", "num1", "64.00", 64.0),
    "true": ("BOOLEAN", "num1", True, 1.0),
    "a day is its midnight": ("DATE", "at1", "2026-01-31", datetime(2026, 1, 31, tzinfo=UTC)),
    "an instant": ("DATETIME", "at1", "2026-01-31T10:00:00.5Z", datetime(2026, 1, 31, 10, 0, 0, 500_000, tzinfo=UTC)),
    "null": ("DECIMAL", "num1", None, None),
}


@pytest.mark.parametrize(("kind", "slot", "stored", "expected"), VALUES.values(), ids=VALUES)
def test_slot_value(kind: str, slot: str, stored: Any, expected: Any) -> None:
    [value] = slot_values(field("f", kind, slot), [stored])
    assert (value, type(value)) == (expected, type(expected))
