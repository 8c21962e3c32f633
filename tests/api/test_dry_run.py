"""A dry run tells what the same write would do: verdicts, triggers and prices. And it leaves nothing behind."""

import asyncio
from typing import Any

import pytest

from app.domain.access import Scope
from app.operations import dry_run as operation
from app.store.database import Database
from app.store.statements import Statement
from tests.api.test_scopes import with_scopes
from tests.shops import ShopClient, VetShop, new_vet_shop
from tests.tour_of_events import new_trigger

DRY = """dryRun { triggers { totalCount { count isExact } nodes { index kind idRecord before after changedFields
    trigger { name } } } prices { totalCount { count isExact } nodes { before after contact { idContact }
    product { idProduct } } } }"""
SAVED = f"""{DRY} updated unchanged rejected userErrors {{ code path }}
    results {{ index outcome record {{ idRecord version }} }}"""
HOOKS = {"url": "https://hooks.example.com/"}


async def try_save(shop: ShopClient, definition: str, *records: Any, **more: Any) -> Any:
    return await shop.run(
        "saveCustomDataRecords", SAVED, definition=definition, records=list(records), dryRun=True, **more
    )


def prices(payload: Any) -> list[tuple[int, str, str, str]]:
    nodes = payload["dryRun"]["prices"]["nodes"]
    return [(int(n["contact"]["idContact"]), n["product"]["idProduct"], n["before"], n["after"]) for n in nodes]


async def test_a_new_price_names_those_who_would_pay_it(vets: VetShop) -> None:
    shop = vets.shop
    await new_trigger(shop, name="cheap", definition="vet_pricing", when={"price": {"lt": 62}}, deliver=HOOKS)
    await new_trigger(shop, name="dear", definition="vet_pricing", when={"price": {"gt": 62}}, deliver=HOOKS)
    payload = await try_save(shop, "vet_pricing", {"veto_id": vets.martin, "product_id": "diet", "price": 60})
    assert (payload["updated"], payload["userErrors"]) == (1, [])
    assert payload["results"][0]["record"]["version"] == 1
    assert prices(payload) == [(vets.dubois, "diet", "64.00", "60.00")]
    assert payload["dryRun"]["prices"]["totalCount"] == {"count": 1, "isExact": True}
    [fired] = payload["dryRun"]["triggers"]["nodes"]
    assert (fired["trigger"]["name"], fired["kind"], fired["changedFields"]) == ("cheap", "UPDATED", ["price"])
    assert (fired["index"], fired["idRecord"]) == (0, payload["results"][0]["record"]["idRecord"])
    assert (fired["before"]["price"], fired["after"]["price"]) == ("64", "60")


async def test_what_would_be_created_has_no_id(vets: VetShop) -> None:
    shop = vets.shop
    await new_trigger(shop, name="any", definition="vet_assignment", when={}, deliver=HOOKS)
    record = {"contact_id": vets.without, "veto_id": vets.durand}
    payload = await try_save(shop, "vet_assignment", record, {"contact_id": 0}, record)
    assert [each["outcome"] for each in payload["results"]] == ["CREATED", "REJECTED", "UNCHANGED"]
    assert [each["record"] for each in payload["results"]] == [None, None, None]
    [fired] = payload["dryRun"]["triggers"]["nodes"]
    assert (fired["kind"], fired["idRecord"], fired["index"]) == ("CREATED", None, 0)
    assert prices(payload) == [(vets.without, "diet", "79.90", "71.00")]


async def test_updates_and_deletions_can_be_tried(vets: VetShop) -> None:
    shop = vets.shop
    by = {"definition": "vet_assignment", "key": vets.dubois}
    payload = await shop.run("updateCustomDataRecord", f"outcome {DRY}", by=by, data={"veto_id": None}, dryRun=True)
    assert payload["outcome"] == "UPDATED"
    assert prices(payload) == [(vets.dubois, "diet", "64.00", "79.90")]
    payload = await shop.run("deleteCustomDataRecord", f"deleted {DRY}", by=by, dryRun=True)
    assert payload["deleted"]
    assert prices(payload) == [(vets.dubois, "diet", "64.00", "79.90")]
    about = {"definition": "veterinarian", "ids": [str(vets.martin), str(vets.durand)], "dryRun": True}
    refused = await shop.run("bulkDeleteCustomDataRecords", f"results {{ deleted errors {{ code }} }} {DRY}", **about)
    assert [each["errors"][0]["code"] for each in refused["results"]] == ["RECORD_IN_USE"] * 2
    assert prices(refused) == []
    payload = await shop.run("bulkDeleteCustomDataRecords", f"results {{ deleted }} {DRY}", force=True, **about)
    assert prices(payload) == [(vets.dubois, "diet", "64.00", "79.90")]
    assert len((await shop.ask('{ customDataRecords(definition: "veterinarian") { nodes { id } } }'))
               ["customDataRecords"]["nodes"]) == 2  # fmt: skip


async def test_the_typed_form_can_be_tried(vets: VetShop) -> None:
    records = '[{ veto: { nom: "Dr Martin" }, product: { reference: "VD-12" }, price: "61" }]'
    query = f"mutation {{ custom {{ saveVetPricing(dryRun: true, records: {records}) {{ updated {DRY} }} }} }}"
    payload = (await vets.shop.ask(query))["custom"]["saveVetPricing"]
    assert prices(payload) == [(vets.dubois, "diet", "64.00", "61.00")]


async def test_a_call_that_is_refused_or_saves_nothing_has_no_consequences(vets: VetShop) -> None:
    refused = await try_save(vets.shop, "nothing", {})
    assert (refused["dryRun"], refused["userErrors"][0]["code"]) == (None, "DEFINITION_NOT_FOUND")
    good, bad = {"veto_id": vets.martin, "product_id": "diet", "price": 1}, {"veto_id": 0}
    aborted = await try_save(vets.shop, "vet_pricing", good, bad, errorPolicy="REJECT_ALL")
    assert aborted["rejected"] == 2
    assert prices(aborted) == []
    taken = {"by": {"definition": "veterinarian", "key": "Dr Martin"}, "data": {"nom": "Dr Durand"}, "dryRun": True}
    conflict = await vets.shop.run("updateCustomDataRecord", f"userErrors {{ code }} {DRY}", **taken)
    assert (conflict["userErrors"], conflict["dryRun"]) == ([{"code": "DUPLICATE_KEY"}], None)


async def test_what_nobody_would_be_told_fires_nothing(vets: VetShop) -> None:
    shop = vets.shop
    id_ = await new_trigger(shop, name="any", definition="vet_pricing", when={}, transition="EVERY_MATCH",
                            deliver=HOOKS)  # fmt: skip
    record = {"veto_id": vets.martin, "product_id": "diet", "price": 1}

    async def fired(**how: Any) -> int:
        payload = await try_save(shop, "vet_pricing", record, **how)
        return int(payload["dryRun"]["triggers"]["totalCount"]["count"])

    assert [await fired(events=each) for each in ("EMIT", "SUMMARY", "SUPPRESS")] == [1, 0, 0]
    await shop.run("disableTrigger", "userErrors { code }", trigger=id_)
    assert await fired() == 0


async def test_an_idempotency_key_is_neither_used_up_nor_answered(vets: VetShop) -> None:
    shop = vets.shop
    record = {"veto_id": vets.martin, "product_id": "diet", "price": 1}
    assert (await try_save(shop, "vet_pricing", record, idempotencyKey="k"))["updated"] == 1
    saved = await shop.save("vet_pricing", record, idempotencyKey="k")
    assert saved["updated"] == 1
    assert (await try_save(shop, "vet_pricing", record, idempotencyKey="k"))["unchanged"] == 1
    assert (await shop.save("vet_pricing", record, idempotencyKey="k"))["results"] == saved["results"]
    bad = await try_save(shop, "vet_pricing", record, idempotencyKey="")
    assert bad["userErrors"] == [{"code": "INVALID_IDEMPOTENCY_KEY", "path": "idempotencyKey"}]


async def test_consequences_are_for_keys_that_may_know_them(vets: VetShop) -> None:
    writer = await with_scopes(vets.shop, {Scope.WRITE_RECORDS})
    query = """mutation($input: SaveRecordsInput!) { saveCustomDataRecords(input: $input) { updated
        dryRun { triggers { totalCount { count } } prices { totalCount { count } } } } }"""
    record = {"veto_id": vets.martin, "product_id": "diet", "price": 1}
    answer = await writer.answer(query, input={"definition": "vet_pricing", "records": [record], "dryRun": True})
    saved = answer["data"]["saveCustomDataRecords"]
    assert saved == {"updated": 1, "dryRun": {"triggers": None, "prices": None}}
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["FORBIDDEN", "FORBIDDEN"]


async def test_beyond_the_bound_the_count_is_a_least_one(vets: VetShop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = vets.shop
    monkeypatch.setattr(operation, "PRICES_COMPARED", 30)
    people = [await shop.contact(f"c{n}@example.com") for n in range(40)]
    await shop.save("vet_assignment", *({"contact_id": each, "veto_id": vets.durand} for each in people))
    record = {"veto_id": vets.durand, "product_id": "diet", "price": 1}
    found = (await try_save(shop, "vet_pricing", record))["dryRun"]["prices"]
    assert found["totalCount"] == {"count": 30, "isExact": False}
    assert len(found["nodes"]) == 20
    monkeypatch.setattr(operation, "PRICES_COMPARED", 40)
    found = (await try_save(shop, "vet_pricing", record))["dryRun"]["prices"]
    assert found["totalCount"] == {"count": 40, "isExact": True}


async def test_it_costs_the_same_for_one_record_and_for_fifty(vets: VetShop) -> None:
    shop = vets.shop
    await new_trigger(shop, name="any", definition="vet_pricing", when={}, deliver=HOOKS)
    goods = [f"p{n}" for n in range(50)]
    await shop.products(*({"idProduct": each, "name": each, "price": 10} for each in goods))
    await shop.save("vet_pricing", *({"veto_id": vets.martin, "product_id": each, "price": 9} for each in goods))
    seen: list[list[str]] = []
    for some in (goods[:1], goods):
        with shop.statements() as statements:
            payload = await try_save(
                shop, "vet_pricing", *({"veto_id": vets.martin, "product_id": each, "price": 8} for each in some)
            )
        assert payload["dryRun"]["prices"]["totalCount"] == {"count": len(some), "isExact": True}
        seen.append(statements)
    assert seen[0] == seen[1]
    assert not [name for name in seen[1] if name.startswith(("changes.", "idempotency.", "deliveries."))]
    assert len(seen[1]) <= 20


async def test_it_waits_for_no_writer_at_the_head_of_the_log(vets: VetShop, database: Database) -> None:
    held = Statement("changes.held", "select from change_heads where shop_id = $1 for update")
    async with database.writing(vets.shop.id) as session, asyncio.timeout(20):
        assert await session.fetch(held)
        record = {"veto_id": vets.martin, "product_id": "diet", "price": 1}
        assert (await try_save(vets.shop, "vet_pricing", record))["updated"] == 1


async def test_it_takes_one_state_of_the_shop(vets: VetShop, monkeypatch: pytest.MonkeyPatch) -> None:
    """What another commits once the locks are gone does not show in the prices before."""
    shop, asked = vets.shop, operation.quote
    record = {"veto_id": vets.martin, "product_id": "diet", "price": 60}

    async def quoted(session: Any, *about: Any) -> Any:
        if calls:
            await shop.save("vet_pricing", record | {"price": 33})
        calls.append(1)
        return await asked(session, *about)

    calls: list[int] = []
    monkeypatch.setattr(operation, "quote", quoted)
    assert prices(await try_save(shop, "vet_pricing", record)) == [(vets.dubois, "diet", "64.00", "60.00")]
    assert len(calls) == 2
    monkeypatch.undo()
    assert prices(await try_save(shop, "vet_pricing", record)) == [(vets.dubois, "diet", "33.00", "60.00")]


async def test_other_shops_are_not_looked_at(vets: VetShop, other_shop: ShopClient) -> None:
    other = await new_vet_shop(other_shop)
    payload = await try_save(vets.shop, "vet_pricing", {"veto_id": vets.martin, "product_id": "diet", "price": 1})
    assert [each[0] for each in prices(payload)] == [vets.dubois]
    assert other.dubois != vets.dubois
