"""What a list is ordered by, and what is refused."""

import pytest

from app.domain.entities import CONTACTS, PRODUCTS, Entity, attribute
from app.domain.orders import Direction, Hop, Nulls, Order, OrderField, SentField, parse_order
from tests.domain.test_conditions import CARDS, MODEL, VETS


def parsed(entity: Entity, *sent: SentField) -> Order:
    order, problem = parse_order(MODEL, entity, sent)
    assert problem is None, problem
    assert order is not None
    return order


def test_fields_of_the_rows() -> None:
    order = parsed(CARDS, SentField("points", Direction.DESC), SentField("created_at", nulls=Nulls.FIRST))
    assert order.fields == (
        OrderField((), attribute(CARDS, "points"), descending=True),
        OrderField((), attribute(CARDS, "created_at"), nulls_first=True),
    )
    assert not order.descending


def test_fields_along_relations() -> None:
    [field] = parsed(CARDS, SentField("contact_id.last_name", Direction.DESC)).fields
    assert field == OrderField((Hop("contact_id", CONTACTS),), attribute(CONTACTS, "last_name"), descending=True)
    [field] = parsed(CARDS, SentField("vet_id.nom")).fields
    assert field == OrderField((Hop("vet_id", VETS),), attribute(VETS, "nom"))


def test_without_fields_it_is_the_order_of_the_ids() -> None:
    assert parsed(CONTACTS).fields == ()
    assert not parsed(CONTACTS).descending


def test_other_orders_have_other_digests() -> None:
    fields = [
        (), (SentField("lang"),), (SentField("created_at"),), (SentField("lang", Direction.DESC),),
        (SentField("lang", nulls=Nulls.FIRST),), (SentField("lang"), SentField("created_at")),
        (SentField("created_at"), SentField("lang")),
    ]  # fmt: skip
    digests = {parsed(entity, *each).digest for entity in (CONTACTS, PRODUCTS) for each in fields}
    assert len(digests) == 2 * len(fields)
    assert parsed(CONTACTS, SentField("lang")) == parsed(CONTACTS, SentField("lang"))


WRONG = {
    "a field that is none": ("tear", "UNKNOWN_FIELD", "Do you mean tier?"),
    "a field beyond a relation that is none": ("contact_id.tier", "UNKNOWN_FIELD", "contacts"),
    "a relation that is none": ("tier.email", "INVALID_RELATIONSHIP", "Possible: contact_id"),
    "a relation to what was deleted": ("gone_id.x", "DEFINITION_NOT_FOUND", "deleted"),
    "a long text": ("notes", "INVALID_ORDER", "LONGTEXT"),
    "a list": ("tags", "INVALID_ORDER", "LIST"),
    "JSON": ("extra", "INVALID_ORDER", "JSON"),
    "too many relations": ("vet_id.vet_id.vet_id.x", "LIMIT_EXCEEDED", "at most 2"),
    "nothing": ("", "UNKNOWN_FIELD", "Possible"),
    "SQL": ("tier; drop table records", "UNKNOWN_FIELD", "Possible"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_cannot_be_ordered_by(case: str) -> None:
    path, code, part = WRONG[case]
    order, problem = parse_order(MODEL, CARDS, [SentField("tier"), SentField(path)])
    assert order is None
    assert problem is not None
    assert (problem.code.value, problem.path) == (code, "orderBy.1")
    assert part in problem.message


def test_too_many_fields() -> None:
    order, problem = parse_order(MODEL, CARDS, [SentField("tier")] * 5)
    assert order is None
    assert problem is not None
    assert problem.code.value == "LIMIT_EXCEEDED"
