"""What a retry is told of a person who is gone."""

from tests.erasing.canary import define, erase, log, new_canary
from tests.shops import ShopClient


async def test_a_retry_of_what_was_saved_brings_nothing_back(shop: ShopClient) -> None:
    canary = await new_canary(shop)
    await erase(shop, {"idContact": str(canary.contact)})
    cards = [{"contact_id": canary.contact, "holder": "x", "vet_id": canary.vet, "tier": "gold"}] * 2
    answer = await shop.save("card", *cards, idempotencyKey="cards")
    assert [each["code"] for each in answer["userErrors"]] == ["IDEMPOTENCY_KEY_REUSED"]
    found = await shop.ask("{ contacts { nodes { email } } }")
    assert found["contacts"]["nodes"] == [{"email": "other@example.com"}]


async def test_a_retry_is_answered_without_the_person(shop: ShopClient) -> None:
    await define(shop)
    pushed = {"customers": [{"idCustomer": "1", "email": "a@example.com"}, {"idCustomer": "2"}]}
    selection = "created results { outcome contact { idContact } errors { code message } } userErrors { code }"
    first = await shop.run("saveCustomers", selection, **pushed, idempotencyKey="push")
    one, two = (int(each["contact"]["idContact"]) for each in first["results"])
    saved = [{"contact_id": one}, {"contact_id": two}]
    made = await shop.save("note", *saved, idempotencyKey="notes")
    payload = await erase(shop, {"idContact": str(one)})
    assert payload["answers"] == 2
    again = await shop.run("saveCustomers", selection, **pushed, idempotencyKey="push")
    assert again["created"] == 2
    assert [each["contact"] for each in again["results"]] == [None, {"idContact": str(two)}]
    notes = await shop.save("note", *saved, idempotencyKey="notes")
    assert [each["outcome"] for each in notes["results"]] == ["CREATED", "CREATED"]
    assert [each["record"] for each in notes["results"]] == [None, made["results"][1]["record"]]
    assert (await shop.ask("{ contacts { nodes { idContact } } }"))["contacts"]["nodes"] == [{"idContact": str(two)}]


async def test_an_erasure_sent_again_is_answered_the_same(shop: ShopClient) -> None:
    canary = await new_canary(shop)
    first = await erase(shop, {"email": canary.email}, idempotencyKey="once")
    log_length = len(await log(shop))
    assert await erase(shop, {"email": canary.email}, idempotencyKey="once") == first
    assert len(await log(shop)) == log_length
    [error] = (await erase(shop, {"email": canary.email}))["userErrors"]
    assert (error["code"], error["path"]) == ("CONTACT_NOT_FOUND", "contact")
    assert "send its idContact" in error["message"]
    [error] = (await erase(shop, {"idContact": str(canary.contact)}))["userErrors"]
    assert (error["code"], error["path"]) == ("CONTACT_NOT_FOUND", "contact")


async def test_nor_of_what_was_sent_by_a_field_of_the_shops_own(shop: ShopClient) -> None:
    """Of every such field that writes records, by ids and by unique keys."""
    await define(shop)
    contact = await shop.contact("a@example.com")
    key = f'contact: {{idContact: "{contact}"}}'
    calls = [
        f'saveCard(records: [{{{key}, tier: "gold"}}]) {{ results {{ record {{ idRecord }} }} }}',
        f'updateCardByKey(key: {{{key}}}, data: {{tier: "silver"}}) {{ record {{ idRecord }} }}',
        f"deleteCardByKey(key: {{{key}}}) {{ id }}",
    ]

    async def told() -> str:
        answers = [await shop.post(f"mutation {{ custom {{ {each} }} }}", headers=once) for each in calls]
        return " ".join(each.text for each in answers)

    once = {"idempotency-key": "once"}
    before = await told()
    assert before.count("null") == 0
    assert (await erase(shop, {"idContact": str(contact)}))["answers"] == len(calls)
    assert (await told()).count("null") == len(calls)
