"""Updating and deleting a shop's own records by their types: the verdicts of the general forms, in typed words."""

from typing import Any

import pytest

from tests.shops import ShopClient
from tests.typed import test_writing
from tests.typed.test_writing import ADA, save

clinic = test_writing.clinic

UPDATE = """mutation($r: CardReference!, $d: CardInput!, $v: Int) { custom {
    updateCard(record: $r, data: $d, ifVersion: $v) { outcome warnings { code path } userErrors { code path message }
    record { tier points version contact { email } vet { nom } } } } }"""
DELETE = """mutation($ids: [ID!]!, $f: Boolean! = false) { custom { deleteVet(ids: $ids, force: $f) {
    results { id deleted errors { code path } } userErrors { code path } } } }"""


async def update(shop: ShopClient, record: Any, data: Any, version: int | None = None) -> Any:
    return (await shop.ask(UPDATE, r=record, d=data, v=version))["custom"]["updateCard"]


async def card_of_ada(shop: ShopClient) -> tuple[str, str]:
    """The ids of a card and of its contact."""
    payload = await save(shop, {"contact": ADA, "tier": "gold", "points": 1})
    found = await shop.ask("{ custom { card { nodes { idRecord } } } }")
    return found["custom"]["card"]["nodes"][0]["idRecord"], payload["results"][0]["record"]["contactId"]


async def test_an_update_by_id_and_by_key(clinic: ShopClient) -> None:
    id_, contact_id = await card_of_ada(clinic)
    payload = await update(clinic, {"idRecord": id_}, {"points": 2, "vet": {"nom": "Martin"}})
    assert payload == {
        "outcome": "UPDATED", "warnings": [], "userErrors": [],
        "record": {"tier": "gold", "points": 2, "version": 2, "contact": {"email": "ada@example.com"},
                   "vet": {"nom": "Martin"}},
    }  # fmt: skip
    payload = await update(clinic, {"contactId": contact_id}, {"tier": None}, 2)
    assert (payload["outcome"], payload["record"]["tier"], payload["record"]["points"]) == ("UPDATED", None, 2)
    assert (await update(clinic, {"contactId": contact_id}, {"points": 2}))["outcome"] == "UNCHANGED"


async def test_what_is_wrong_is_told_in_the_words_of_the_arguments(clinic: ShopClient) -> None:
    id_, _ = await card_of_ada(clinic)
    vet = (await clinic.ask("{ custom { vet { nodes { id } } } }"))["custom"]["vet"]["nodes"][0]["id"]
    for record, data, version, wrong in (
        ({"idRecord": id_}, {"contact": {"email": "nobody@example.com"}}, None, ("CONTACT_NOT_FOUND", "data.contact")),
        ({"idRecord": id_}, {"since": "2026-02-30"}, None, ("INVALID_VALUE", "data.since")),
        ({"idRecord": id_}, {"points": 5}, 7, ("VERSION_CONFLICT", "ifVersion")),
        ({"idRecord": "12345"}, {"points": 5}, None, ("RECORD_NOT_FOUND", "record")),
        ({"idRecord": "x"}, {"points": 5}, None, ("INVALID_REFERENCE", "record")),
        ({"contactId": "12345"}, {"points": 5}, None, ("CONTACT_NOT_FOUND", "record")),
        ({"idRecord": vet}, {"points": 5}, None, ("INVALID_REFERENCE", "record")),
    ):
        payload = await update(clinic, record, data, version)
        assert (payload["outcome"], payload["record"]) == (None, None)
        assert [(error["code"], error["path"]) for error in payload["userErrors"]] == [wrong]
    answer = await clinic.answer(UPDATE, r={}, d={})
    assert "errors" in answer
    assert "data" not in answer or answer["data"] is None


async def test_a_deletion_with_a_verdict_for_each_id(clinic: ShopClient) -> None:
    card, _ = await card_of_ada(clinic)
    await save(clinic, {"contact": ADA, "vet": {"nom": "Martin"}})
    await clinic.save("vet", {"nom": "Durand"})
    vets = (await clinic.ask("{ custom { vet { nodes { idRecord } } } }"))["custom"]["vet"]["nodes"]
    martin, durand = [each["idRecord"] for each in vets]
    payload = (await clinic.ask(DELETE, ids=[martin, durand, durand, card, "x", "999999"]))["custom"]["deleteVet"]
    assert [(each["deleted"], [(error["code"], error["path"]) for error in each["errors"]])
            for each in payload["results"]] == [
        (False, [("RECORD_IN_USE", "ids.0")]), (True, []), (False, []), (False, [("INVALID_REFERENCE", "ids.3")]),
        (False, [("INVALID_REFERENCE", "ids.4")]), (False, []),
    ]  # fmt: skip
    payload = (await clinic.ask(DELETE, ids=[martin], f=True))["custom"]["deleteVet"]
    assert payload["results"] == [{"id": martin, "deleted": True, "errors": []}]
    assert (await clinic.ask("{ custom { card { nodes { vetId vet { nom } } } } }"))["custom"]["card"]["nodes"] == [
        {"vetId": martin, "vet": None}
    ]
    payload = (await clinic.ask(DELETE, ids=[]))["custom"]["deleteVet"]
    assert payload == {"results": [], "userErrors": [{"code": "NO_ITEMS", "path": "ids"}]}


async def test_a_retry_with_a_key_answers_the_same(clinic: ShopClient) -> None:
    vet = (await clinic.ask("{ custom { vet { nodes { idRecord } } } }"))["custom"]["vet"]["nodes"][0]["idRecord"]
    document = "mutation($i: ID!, $n: String) { custom { updateVet(record: {idRecord: $i}, data: {nom: $n}) %s } }"
    document %= "{ outcome userErrors { code } record { nom version } }"
    once = {"Idempotency-Key": "once"}
    first, again, other = [
        (await clinic.post(document, {"i": vet, "n": name}, once)).json()["data"]["custom"]["updateVet"]
        for name in ("New", "New", "Newer")
    ]
    assert first == again == {"outcome": "UPDATED", "userErrors": [], "record": {"nom": "New", "version": 2}}
    assert other["userErrors"] == [{"code": "IDEMPOTENCY_KEY_REUSED"}]


async def test_what_is_suppressed_is_told_to_nobody(clinic: ShopClient) -> None:
    document = """mutation { custom { saveVet(records: [{nom: "A"}], events: SUPPRESS) { created }
        updateVet(record: {nom: "A"}, data: {nom: "B"}, events: SUPPRESS) { outcome } } }"""
    await clinic.ask(document)
    found = await clinic.ask(
        '{ customDataChanges(definition: "vet", last: 2) { nodes { kind suppressed operation } } }'
    )
    assert found["customDataChanges"]["nodes"] == [
        {"kind": "CREATED", "suppressed": True, "operation": "saveVet"},
        {"kind": "UPDATED", "suppressed": True, "operation": "updateVet"},
    ]


@pytest.mark.parametrize("count", [1, 20])
async def test_the_cost_of_a_deletion_grows_with_the_ids(clinic: ShopClient, count: int) -> None:
    answer = await clinic.answer(DELETE, ids=[str(n) for n in range(1, count + 1)])
    assert answer["extensions"]["cost"]["requested"] > 10 + 2 * count
