"""updateCustomDataRecord: one record, named by id or unique key."""

from typing import Any

import pytest

from tests.shops import ShopClient, VetShop, to

UPDATED = "outcome record { idRecord version updatedAt data } warnings { code path } userErrors { code message path }"


async def update(shop: ShopClient, data: Any, **named: Any) -> Any:
    return await shop.run("updateCustomDataRecord", UPDATED, data=data, **named)


async def refusals(shop: ShopClient, data: Any, **named: Any) -> list[tuple[str, str]]:
    payload = await update(shop, data, **named)
    assert (payload["outcome"], payload["record"]) == (None, None)
    return [(error["code"], error["path"]) for error in payload["userErrors"]]


@pytest.fixture
async def cards(shop: ShopClient) -> ShopClient:
    """Loyalty cards: number (unique, required), holder (required), points, amount. Cards "a" and "b" exist."""
    needed = {"type": "STRING", "required": True}
    fields = {"number": needed, "holder": needed, "points": "NUMBER", "amount": "DECIMAL"}
    await shop.define("Card", fields, uniqueKeys=["number"])
    await shop.save("card", {"number": "a", "holder": "A", "amount": "1.50"}, {"number": "b", "holder": "B"})
    return shop


async def id_of(shop: ShopClient, number: str) -> dict[str, str]:
    ask = 'query($n: JSON!) { customDataRecord(by: {definition: "card", key: $n}) { id idRecord } }'
    found: dict[str, str] = (await shop.ask(ask, n=number))["customDataRecord"]
    return found


async def test_a_record_is_named_by_id_id_record_or_key(cards: ShopClient) -> None:
    ids = await id_of(cards, "a")
    names: list[dict[str, Any]] = [
        {"id": ids["id"]}, {"id": ids["idRecord"]}, {"by": {"definition": "card", "key": "a"}},
        {"by": {"definition": "card", "key": {"number": "a"}}},
    ]  # fmt: skip
    for points, named in enumerate(names, 1):
        payload = await update(cards, {"points": points}, **named)
        assert (payload["outcome"], payload["userErrors"]) == ("UPDATED", [])
        assert payload["record"]["data"] == {"number": "a", "holder": "A", "points": points, "amount": "1.50"}
        assert payload["record"]["version"] == 1 + points


async def test_null_clears_and_absent_fields_are_left_alone(cards: ShopClient) -> None:
    payload = await update(cards, {"amount": None}, by={"definition": "card", "key": "a"})
    assert payload["record"]["data"] == {"number": "a", "holder": "A", "points": None, "amount": None}


async def test_unchanged_touches_nothing(cards: ShopClient) -> None:
    by = {"definition": "card", "key": "a"}
    before = await update(cards, {}, by=by)
    same = await update(cards, {"amount": 1.5, "points": None, "number": "a"}, by=by)
    assert (before["outcome"], same["outcome"]) == ("UNCHANGED", "UNCHANGED")
    assert same["record"] == before["record"]


async def test_if_version_refuses_a_record_changed_meanwhile(cards: ShopClient) -> None:
    by = {"definition": "card", "key": "a"}
    assert (await update(cards, {"points": 1}, by=by, ifVersion=1))["outcome"] == "UPDATED"
    payload = await update(cards, {"points": 9}, by=by, ifVersion=1)
    (error,) = payload["userErrors"]
    assert (error["code"], error["path"]) == ("VERSION_CONFLICT", "ifVersion")
    assert "version 2, not 1" in error["message"]
    assert (await update(cards, {"points": 2}, by=by, ifVersion=2))["record"]["version"] == 3


async def test_key_fields_may_change_and_the_record_is_found_by_the_new_key(cards: ShopClient) -> None:
    ids = await id_of(cards, "a")
    payload = await update(cards, {"number": "z"}, by={"definition": "card", "key": "a"})
    assert payload["record"]["data"]["number"] == "z"
    assert await id_of(cards, "z") == ids
    assert await id_of(cards, "a") is None
    saved = await cards.save("card", {"number": "z", "points": 5}, {"number": "a", "holder": "new"})
    assert [result["outcome"] for result in saved["results"]] == ["UPDATED", "CREATED"]


async def test_a_key_that_another_record_has_is_refused(cards: ShopClient) -> None:
    assert await refusals(cards, {"number": "b"}, id=(await id_of(cards, "a"))["id"]) == [("DUPLICATE_KEY", "data")]
    assert await id_of(cards, "a") != await id_of(cards, "b")


FAULTS: dict[str, tuple[Any, list[tuple[str, str]]]] = {
    "not an object": ("x", [("NOT_AN_OBJECT", "data")]),
    "null": (None, []),
    "an unknown field": ({"colour": 1}, [("UNKNOWN_FIELD", "data.colour")]),
    "a wrong type": ({"points": "1"}, [("INVALID_VALUE", "data.points")]),
    "a required field of a wrong type": ({"holder": 1}, [("INVALID_VALUE", "data.holder")]),
    "a required field null": ({"holder": None}, [("REQUIRED", "data.holder")]),
    "a key field of a wrong type": ({"number": 1}, [("INVALID_VALUE", "data.number")]),
    "several faults": (
        {"points": "1", "colour": 1}, [("INVALID_VALUE", "data.points"), ("UNKNOWN_FIELD", "data.colour")],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("data", "faults"), FAULTS.values(), ids=FAULTS.keys())
async def test_a_faulty_update_is_refused_and_each_fault_told_once(
    cards: ShopClient, data: Any, faults: list[tuple[str, str]]
) -> None:
    if data is None:  # the input's own type forbids it
        document = "mutation($i: UpdateRecordInput!) { updateCustomDataRecord(input: $i) { outcome } }"
        assert await cards.errors(document, i={"data": None, "id": "1"})
        return
    assert await refusals(cards, data, by={"definition": "card", "key": "a"}) == faults


async def test_a_key_field_cannot_be_cleared(vets: VetShop) -> None:
    by = {"definition": "vet_assignment", "key": vets.dubois}
    assert await refusals(vets.shop, {"contact_id": None}, by=by) == [("MISSING_KEY", "data.contact_id")]


NAMES: dict[str, tuple[dict[str, Any], list[tuple[str, str]]]] = {
    "neither": ({}, [("INVALID_REFERENCE", "id")]),
    "both": ({"id": "1", "by": {"definition": "card", "key": "a"}}, [("INVALID_REFERENCE", "id")]),
    "a garbled id": ({"id": "x y"}, [("INVALID_REFERENCE", "id")]),
    "the id of a contact": ({"id": "Q29udGFjdDox"}, [("INVALID_REFERENCE", "id")]),
    "an unknown id": ({"id": "999999999999"}, [("RECORD_NOT_FOUND", "id")]),
    "an unknown key": ({"by": {"definition": "card", "key": "q"}}, [("RECORD_NOT_FOUND", "by.key")]),
    "a key of another type": ({"by": {"definition": "card", "key": 1}}, [("INVALID_VALUE", "by.key.number")]),
    "a null key": ({"by": {"definition": "card", "key": {"number": None}}}, [("MISSING_KEY", "by.key.number")]),
    "more than the key": (
        {"by": {"definition": "card", "key": {"number": "a", "holder": "A"}}}, [("MISSING_KEY", "by.key")],
    ),
    "another field": ({"by": {"definition": "card", "key": {"holder": "A"}}}, [("MISSING_KEY", "by.key")]),
    "an unknown definition": ({"by": {"definition": "cards", "key": "a"}}, [("DEFINITION_NOT_FOUND", "by.definition")]),
    "a definition without key": ({"by": {"definition": "visit", "key": "a"}}, [("MISSING_KEY", "by.key")]),
}  # fmt: skip


@pytest.mark.parametrize(("named", "faults"), NAMES.values(), ids=NAMES.keys())
async def test_a_record_that_cannot_be_found_so_says_why(
    cards: ShopClient, named: dict[str, Any], faults: list[tuple[str, str]]
) -> None:
    await cards.define("Visit", {"place": "STRING"})
    assert await refusals(cards, {"points": 1}, **named) == faults


async def test_relations_in_data_and_in_the_key_may_be_named_by_identifier(vets: VetShop) -> None:
    email = {"by": "email", "value": "Dubois@example.com"}
    vet = {"by": "nom", "value": "Dr Durand"}
    for key in (email, {"contact_id": email}, vets.dubois):
        payload = await update(vets.shop, {"veto_id": vet}, by={"definition": "vet_assignment", "key": key})
        assert (payload["userErrors"], payload["record"]["data"]["veto_id"]) == ([], vets.durand)
    key = {"veto_id": vet, "product_id": {"by": "reference", "value": "VD-12"}}
    payload = await update(vets.shop, {"price": 72}, by={"definition": "vet_pricing", "key": key})
    assert (payload["userErrors"], payload["record"]["data"]["price"]) == ([], "72")


async def test_a_composite_key_given_bare_or_in_part_says_what_it_takes(vets: VetShop) -> None:
    for key, code in ((5, "MISSING_KEY"), ({"veto_id": vets.martin}, "MISSING_KEY")):
        payload = await update(vets.shop, {"price": 1}, by={"definition": "vet_pricing", "key": key})
        (error,) = payload["userErrors"]
        assert error["code"] == code
        assert "veto_id, product_id" in error["message"]


async def test_two_references_that_meet_in_one_contact_are_one_key(shop: ShopClient) -> None:
    await shop.define(
        "Member", {"contact_id": "NUMBER"}, uniqueKeys=["contact_id"], relationships=[to("contact_id", "contacts")]
    )
    marie, paul = await shop.contact("marie@example.com"), await shop.contact("paul@example.com")
    await shop.save("member", {"contact_id": marie}, {"contact_id": paul})
    again = {"contact_id": {"by": "id_customer", "value": "marie@example.com"}}
    assert await refusals(shop, again, by={"definition": "member", "key": paul}) == [("DUPLICATE_KEY", "data")]
