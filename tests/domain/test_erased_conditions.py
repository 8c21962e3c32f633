"""Conditions without the person who is named in them."""

from datetime import UTC, datetime
from typing import Any

import pytest

from app.domain.definitions import Definition, Field, FieldType, Model, Relationship, Status, Target
from app.domain.entities import CONTACTS, of_definition
from app.domain.erased_conditions import without
from app.domain.erasures import Person

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def definition(id_: int, key: str, fields: dict[str, FieldType], *relations: Relationship) -> Definition:
    declared = tuple(Field(name, kind, name) for name, kind in fields.items())
    return Definition(id_, key, key, None, Status.ACTIVE, declared, relations, (), NOW, NOW)


VET = definition(1, "vet", {"email": FieldType.STRING, "contact_id": FieldType.NUMBER})
CARD = definition(
    2, "card", {"contact_id": FieldType.NUMBER, "vet_id": FieldType.NUMBER, "points": FieldType.NUMBER},
    Relationship("contact_id", Target.CONTACTS), Relationship("vet_id", Target.DEFINITION, 1),
)  # fmt: skip
MODEL = Model(1, (VET, CARD), ())
SHE = Person(7, frozenset({"she@example.com"}), frozenset({"C7"}))

NAMED: dict[str, tuple[Any, Any]] = {
    "an address, in any case": ({"email": {"eq": " She@Example.com"}}, {"email": {"eq": "erased"}}),
    "one of several": (
        {"email": {"in": ["a@example.com", "she@example.com"]}}, {"email": {"in": ["a@example.com", "erased"]}},
    ),
    "negated": (
        {"not": {"email": {"ne": "she@example.com"}}}, {"not": {"email": {"ne": "erased"}}},
    ),
    "her id, as a number or as text": (
        {"or": [{"id_contact": {"eq": 7}}, {"id_contact": {"notIn": ["7", 8]}}]},
        {"or": [{"id_contact": {"eq": 0}}, {"id_contact": {"notIn": [0, 8]}}]},
    ),
    "a customer's id": (
        {"customers": {"none": {"id_customer": {"eq": "C7"}, "email": {"eq": "she@example.com"}}}},
        {"customers": {"none": {"id_customer": {"eq": ""}, "email": {"eq": "erased"}}}},
    ),
    "in a relation, also counted": (
        {"custom": {"card": {"count": {"where": {"contact_id": {"eq": 7}}, "gte": 7}, "every": {"points": {"eq": 7}}}}},
        {"custom": {"card": {"count": {"where": {"contact_id": {"eq": 0}}, "gte": 7}, "every": {"points": {"eq": 7}}}}},
    ),
    "behind a relation": (
        {"custom": {"card": {"field": "contact_id", "some": {"contact_id": {"is": {"id_contact": {"eq": 7}}}}}}},
        {"custom": {"card": {"field": "contact_id", "some": {"contact_id": {"is": {"id_contact": {"eq": 0}}}}}}},
    ),
}  # fmt: skip

LEFT: dict[str, Any] = {
    "somebody else": {"email": {"in": ["he@example.com"]}, "id_contact": {"ne": 8}},
    "a part of an address": {"email": {"contains": "she@example.com"}},
    "a number that is no contact": {"custom": {"card": {"some": {"vet_id": {"is": {"contact_id": {"eq": 7}}}}}}},
    "a text that is no contact's address": {
        "custom": {"card": {"some": {"vet_id": {"is": {"email": {"eq": "she@example.com"}}}}}}
    },
    "an order of ids": {"id_contact": {"gte": 7}},
    "a segment": {"segment": {"in": ["7"]}},
    "what cannot be read any more": {"custom": {"gone": {"some": {"contact_id": {"eq": 7}}}}},
}


@pytest.mark.parametrize(("before", "after"), NAMED.values(), ids=NAMED)
def test_who_is_named_is_nobody(before: Any, after: Any) -> None:
    assert without(MODEL, CONTACTS, before, SHE) == after


@pytest.mark.parametrize("condition", LEFT.values(), ids=LEFT)
def test_what_means_others_stays(condition: Any) -> None:
    assert without(MODEL, CONTACTS, condition, SHE) == condition


def test_a_triggers_condition_speaks_of_records() -> None:
    before = {"contact_id": {"in": [6, 7]}, "points": {"eq": 7}}
    assert without(MODEL, of_definition(CARD), before, SHE) == {"contact_id": {"in": [6, 0]}, "points": {"eq": 7}}
