"""Where the person is named: in conditions of segments and triggers, which name nobody any more, and in texts, of
which whoever erases is told."""

from tests.erasing.canary import erase, new_canary
from tests.shops import ShopClient


async def test_conditions_name_nobody_and_mean_the_same_for_everybody_else(shop: ShopClient) -> None:
    canary = await new_canary(shop)
    query = "{ segments { name where contacts { nodes { idContact } } } triggers { when broken } }"
    before = await shop.ask(query)
    await erase(shop, {"idContact": str(canary.contact)})
    after = await shop.ask(query)
    members = {each["name"]: [int(n["idContact"]) for n in each["contacts"]["nodes"]] for each in after["segments"]}
    assert members == {"Both": [canary.other], "Not she": [canary.other]}
    assert [each["where"] for each in after["segments"]] == [
        {"or": [{"email": {"in": ["erased", "other@example.com"]}}, {"id_contact": {"eq": 0}},
                {"customers": {"some": {"id_customer": {"eq": ""}}}}]},
        {"not": {"email": {"eq": "erased"}}},
    ]  # fmt: skip
    assert after["triggers"][0] == before["triggers"][0]
    assert after["triggers"][1] == {
        "when": {"or": [{"contact_id": {"is": {"email": {"ne": "erased"}}}}, {"by_id": {"notIn": [0]}}]},
        "broken": None,
    }


async def test_an_address_that_others_have_stays_in_conditions(shop: ShopClient) -> None:
    first, second = await shop.customers(
        {"idCustomer": "1", "email": "same@example.com"}, {"idCustomer": "2", "email": "Same@example.com"}
    )
    where = {"email": {"eq": "same@example.com"}}
    await shop.run("createSegment", "userErrors { code }", name="Same", where=where)
    [error] = (await erase(shop, {"email": "same@example.com"}))["userErrors"]
    assert (error["code"], error["path"]) == ("CONTACT_AMBIGUOUS", "contact")
    assert (await erase(shop, {"idContact": str(first)}))["segments"] == 0
    assert (await shop.ask("{ segments { where } }"))["segments"] == [{"where": where}]
    assert (await erase(shop, {"email": "same@example.com"}))["idContact"] == str(second)
    assert (await shop.ask("{ segments { where } }"))["segments"] == [{"where": {"email": {"eq": "erased"}}}]


async def test_mentions_tell_where_the_address_still_stands(shop: ShopClient) -> None:
    canary = await new_canary(shop)
    vet = await shop.save_one("vet", {"nom": f"friend of {canary.email.upper()}"})
    await shop.run("createSegment", "userErrors { code }", name=canary.email, where={})
    document = """mutation($i: EraseContactInput!) { eraseContact(input: $i) { mentions { places { kind id } } } }"""
    asked = {"contact": {"email": canary.email}, "records": "DELETE"}
    tried = await shop.ask(document, i=asked | {"dryRun": True})
    assert tried["eraseContact"]["mentions"] is None
    found = await shop.ask(document, i=asked)
    places = [(each["kind"], each["id"]) for each in found["eraseContact"]["mentions"]["places"]]
    assert ("RECORD", str(vet)) in places
    assert sorted({kind for kind, _ in places}) == ["CHANGE", "RECORD", "SEGMENT"]
