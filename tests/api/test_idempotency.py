"""A write sent again with its idempotency key has one effect and one answer."""

import asyncio
from typing import Any

import pytest

from app.domain.shops import new_key
from app.store.administration import administering
from app.store.keys import create_key
from tests.shops import INPUTS, SAVED, ShopClient

HEADERS = ("idempotency-key", "x-idempotency-key", "Idempotency-Key")


@pytest.fixture
async def notes(shop: ShopClient) -> ShopClient:
    """A shop whose definition has no unique key: a repeated save would double."""
    await shop.define("Note", {"text": "STRING", "amount": "DECIMAL"})
    await shop.define("Tag", {"code": "STRING", "text": "STRING"}, uniqueKeys=["code"])
    return shop


async def post(shop: ShopClient, mutation: str, selection: str, headers: dict[str, str], **input: Any) -> Any:
    document = f"mutation($input: {INPUTS[mutation]}!) {{ {mutation}(input: $input) {{ {selection} }} }}"
    answer = (await shop.post(document, {"input": input}, headers)).json()
    assert "errors" not in answer, answer
    return answer["data"][mutation]


async def count(shop: ShopClient, definition: str = "note") -> int:
    query = "query($d: String!) { customDataRecords(definition: $d) { totalCount { count } } }"
    return int((await shop.ask(query, d=definition))["customDataRecords"]["totalCount"]["count"])


def codes(payload: Any) -> list[str]:
    return [error["code"] for error in payload["userErrors"]]


async def kept(shop: ShopClient, admin_url: str) -> int:
    async with administering(admin_url) as connection:
        statement = "select count(*) from idempotent_answers where shop_id = $1"
        return int(await connection.fetchval(statement, shop.id))


async def test_ten_sends_at_once_with_the_key_in_the_input_have_one_effect_and_one_answer(notes: ShopClient) -> None:
    sent = [{"text": "a"}, {"text": 5}, {"text": "b"}]
    answers = await asyncio.gather(*(notes.save("note", *sent, idempotencyKey="once") for _ in range(10)))
    assert all(answer == answers[0] for answer in answers)
    assert [result["outcome"] for result in answers[0]["results"]] == ["CREATED", "REJECTED", "CREATED"]
    assert await count(notes) == 2


@pytest.mark.parametrize("header", HEADERS)
async def test_ten_sends_at_once_with_the_key_in_a_header_have_one_effect_and_one_answer(
    header: str, notes: ShopClient
) -> None:
    sends = (
        post(notes, "saveCustomDataRecords", SAVED, {header: "once"}, definition="note", records=[{"text": "a"}])
        for _ in range(10)
    )
    answers = await asyncio.gather(*sends)
    assert all(answer == answers[0] for answer in answers)
    assert answers[0]["created"] == 1
    assert await count(notes) == 1


async def test_a_key_in_the_input_and_the_same_in_the_header_are_one(notes: ShopClient) -> None:
    await notes.save("note", {"text": "a"}, idempotencyKey="one")
    sent = {"definition": "note", "records": [{"text": "a"}]}
    again = await post(notes, "saveCustomDataRecords", SAVED, {"idempotency-key": "one"}, **sent)
    assert (again["created"], await count(notes)) == (1, 1)


async def test_a_key_in_the_input_goes_before_one_in_the_header(notes: ShopClient) -> None:
    sent = {"definition": "note", "records": [{"text": "a"}]}
    for key in ("first", "second"):
        await post(notes, "saveCustomDataRecords", SAVED, {"idempotency-key": "h"}, idempotencyKey=key, **sent)
    assert await count(notes) == 2


@pytest.mark.parametrize(
    "other",
    [{"records": [{"text": "b"}]}, {"records": [{"text": "a"}] * 2}, {"definition": "tag"},
     {"errorPolicy": "REJECT_ALL"}, {"onAmbiguous": "REJECT"}, {"records": [{"text": "a", "amount": None}]}],
    ids=["another value", "another item", "another definition", "another policy", "another rule", "one field more"],
)  # fmt: skip
async def test_the_same_key_with_another_input_is_an_error_and_writes_nothing(
    other: dict[str, Any], notes: ShopClient
) -> None:
    sent: dict[str, Any] = {"definition": "note", "records": [{"text": "a"}], "idempotencyKey": "k"}
    await notes.run("saveCustomDataRecords", SAVED, **sent)
    payload = await notes.run("saveCustomDataRecords", SAVED, **(sent | other))
    assert (codes(payload), payload["results"]) == (["IDEMPOTENCY_KEY_REUSED"], [])
    assert await count(notes) == 1


async def test_a_number_and_the_text_of_it_are_another_input(notes: ShopClient) -> None:
    await notes.save("note", {"amount": "1.50"}, idempotencyKey="k")
    query = '{saveCustomDataRecords(input: {definition: "note", records: [{amount: 1.50}], idempotencyKey: "k"}) {%s}}'
    payload = (await notes.ask("mutation" + query % SAVED))["saveCustomDataRecords"]
    assert codes(payload) == ["IDEMPOTENCY_KEY_REUSED"]


async def test_an_input_written_in_the_document_is_the_same_as_in_variables(notes: ShopClient) -> None:
    await notes.save("note", {"text": "a", "amount": "1"}, idempotencyKey="k")
    query = (
        'mutation { saveCustomDataRecords(input: {idempotencyKey: "k", records: [{amount: "1", text: "a"}],'
        f' definition: "note"}}) {{ {SAVED} }} }}'
    )
    assert (await notes.ask(query))["saveCustomDataRecords"]["created"] == 1
    assert await count(notes) == 1


async def test_a_key_belongs_to_its_api_key(notes: ShopClient) -> None:
    text, digest, prefix = new_key(notes.id)
    async with notes.database.writing(notes.id) as session:
        await create_key(session, "second", digest, prefix)
    colleague = ShopClient(notes.id, text, notes.database, notes.http)
    for client in (notes, colleague, notes, colleague):
        assert (await client.save("note", {"text": "a"}, idempotencyKey="k"))["created"] == 1
    assert await count(notes) == 2


async def test_a_key_belongs_to_its_mutation_field(notes: ShopClient) -> None:
    await notes.save("note", {"text": "a"}, idempotencyKey="k")
    product = {"idProduct": "p", "name": "P", "price": 1}
    payload = await notes.run("saveProducts", "created userErrors { code }", products=[product], idempotencyKey="k")
    assert payload == {"created": 1, "userErrors": []}
    customer = {"idCustomer": "c"}
    payload = await notes.run("saveCustomers", "created userErrors { code }", customers=[customer], idempotencyKey="k")
    assert payload == {"created": 1, "userErrors": []}


@pytest.mark.parametrize(
    "refused",
    [{"records": []}, {"records": [{}] * 51}, {"definition": "nothing", "records": [{}]}, {"records": [{"text": 5}]},
     {"records": [{"text": "a"}, {"text": 5}], "errorPolicy": "REJECT_ALL"}],
    ids=["no items", "too many", "no such definition", "every item bad", "all rejected for one"],
)  # fmt: skip
async def test_a_call_that_committed_nothing_is_not_remembered(
    refused: dict[str, Any], notes: ShopClient, admin_url: str
) -> None:
    await notes.run("saveCustomDataRecords", SAVED, **({"definition": "note", "idempotencyKey": "k"} | refused))
    assert await kept(notes, admin_url) == 0
    assert (await notes.save("note", {"text": "mended"}, idempotencyKey="k"))["created"] == 1


async def test_a_save_that_changed_nothing_is_not_remembered_either(notes: ShopClient, admin_url: str) -> None:
    await notes.save("tag", {"code": "a"})
    assert (await notes.save("tag", {"code": "a"}, idempotencyKey="k"))["unchanged"] == 1
    assert await kept(notes, admin_url) == 0


@pytest.mark.parametrize("key", ["a", "x" * 255, "é" * 255, "😀", "' or 1=1 --", " "])
async def test_a_key_has_one_to_255_characters_whatever_they_are(key: str, notes: ShopClient) -> None:
    for _ in range(2):
        assert (await notes.save("note", {"text": "a"}, idempotencyKey=key))["created"] == 1
    assert await count(notes) == 1


@pytest.mark.parametrize("key", ["", "x" * 256, "a\0b", "\ud800"], ids=["empty", "256 long", "U+0000", "surrogate"])
async def test_what_cannot_be_a_key_is_refused_and_nothing_written(key: str, notes: ShopClient) -> None:
    assert codes(await notes.save("note", {"text": "a"}, idempotencyKey=key)) == ["INVALID_IDEMPOTENCY_KEY"]
    assert await count(notes) == 0


@pytest.mark.parametrize("key", ["", "x" * 256], ids=["empty", "256 long"])
async def test_the_same_holds_for_the_header(key: str, notes: ShopClient) -> None:
    sent = {"definition": "note", "records": [{"text": "a"}]}
    payload = await post(notes, "saveCustomDataRecords", SAVED, {"idempotency-key": key}, **sent)
    assert codes(payload) == ["INVALID_IDEMPOTENCY_KEY"]


@pytest.mark.parametrize(("hours", "records"), [(23, 1), (25, 2)], ids=["23 hours: the same", "25 hours: a new call"])
async def test_a_key_lasts_a_day(hours: int, records: int, notes: ShopClient, admin_url: str) -> None:
    await notes.save("note", {"text": "a"}, idempotencyKey="k")
    async with administering(admin_url) as connection:
        statement = "update idempotent_answers set created_at = now() - make_interval(hours => $2) where shop_id = $1"
        await connection.execute(statement, notes.id, hours)
    sends = [notes.save("note", {"text": "a"}, idempotencyKey="k") for _ in range(5)]
    assert all(answer["created"] == 1 for answer in await asyncio.gather(*sends))
    assert await count(notes) == records


async def test_a_replay_tells_the_verdicts_of_then_also_when_the_record_is_gone(notes: ShopClient) -> None:
    first = await notes.save("tag", {"code": "a"}, {"code": 1}, idempotencyKey="k")
    await notes.run("deleteCustomDataRecord", "deleted", id=first["results"][0]["record"]["idRecord"])
    again = await notes.save("tag", {"code": "a"}, {"code": 1}, idempotencyKey="k")
    assert [result["outcome"] for result in again["results"]] == ["CREATED", "REJECTED"]
    assert again["results"][1]["errors"] == first["results"][1]["errors"]
    assert again["results"][0]["record"] is None
    assert await count(notes, "tag") == 0


async def test_a_header_key_covers_deletions_and_definitions_too(notes: ShopClient) -> None:
    await notes.products({"idProduct": "p", "name": "P", "price": 1})
    for _ in range(2):
        assert (await post(notes, "deleteProducts", "deleted", {"idempotency-key": "k"}, ids=["p"]))["deleted"] == 1
        selection = "definition { key } userErrors { code }"
        sent = {"name": "Once", "fields": [{"name": "a", "type": "STRING", "default": "x"}]}
        payload = await post(notes, "createCustomDataDefinition", selection, {"idempotency-key": "k"}, **sent)
        assert payload == {"definition": {"key": "once"}, "userErrors": []}
