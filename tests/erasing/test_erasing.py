"""eraseContact: what goes and what stays."""

from tests.erasing.canary import erase, new_canary, rows_of
from tests.shops import ShopClient


async def test_nothing_of_the_person_is_left_in_any_table(shop: ShopClient, admin_url: str) -> None:
    canary = await new_canary(shop)
    before = await canary.left(admin_url)
    assert set(before) == {"contacts", "customers", "records", "changes", "deliveries", "segments", "triggers"}
    assert {text for texts in before.values() for text in texts} == set(canary.texts)
    payload = await erase(shop, {"email": canary.email})
    assert payload["userErrors"] == []
    assert await canary.left(admin_url) == {}
    counts = {name: payload[name] for name in ("customers", "answers", "segments", "triggers")}
    assert counts == {"customers": 2, "answers": 2, "segments": 2, "triggers": 1}
    records = {each["definition"]["key"]: (each["deleted"], each["unlinked"]) for each in payload["records"]}
    assert records == {"card": (1, 0), "note": (1, 0)}


async def test_what_is_not_the_persons_stays(shop: ShopClient) -> None:
    canary = await new_canary(shop)
    await erase(shop, {"idContact": str(canary.contact)})
    found = await shop.ask(
        """query($reply: ID!) { contacts { nodes { email } }
        price: customDataRecords(definition: "vet_pricing") { nodes { data } }
        cards: customDataRecords(definition: "card") { nodes { data } }
        notes: customDataRecords(definition: "note") { nodes { data } }
        reply: customDataRecord(id: $reply) {
            data relation(field: "note_id") { ... on CustomDataRecord { data } } } }""",
        reply=str(canary.reply),
    )
    assert found["contacts"]["nodes"] == [{"email": "other@example.com"}]
    assert found["price"]["nodes"] == [{"data": {"vet_id": canary.vet, "product_id": "diet", "price": "64"}}]
    assert [each["data"]["holder"] for each in found["cards"]["nodes"]] == ["Other"]
    assert [each["data"].get("contact_id") for each in found["notes"]["nodes"]] == [canary.other, None]
    assert found["reply"] == {"data": {"note_id": canary.note}, "relation": None}


async def test_a_contact_that_is_gone_is_erased_from_what_still_points_at_it(shop: ShopClient, admin_url: str) -> None:
    canary = await new_canary(shop)
    ids = {"web": canary.texts[-2], "till": canary.texts[-1]}
    gone = [{"source": source, "idCustomer": id_} for source, id_ in ids.items()]
    await shop.run("deleteCustomers", "deleted", customers=gone)
    assert "records" in await canary.left(admin_url)
    payload = await erase(shop, {"idContact": str(canary.contact)})
    assert (payload["userErrors"], payload["customers"]) == ([], 0)
    assert set(await canary.left(admin_url)) <= {"segments", "triggers"}


async def test_what_was_saved_in_a_definition_that_is_gone_goes_too(shop: ShopClient, admin_url: str) -> None:
    canary = await new_canary(shop)
    for definition in ("reply", "note", "card"):
        await shop.run("deleteCustomDataDefinition", "userErrors { code }", definition=definition, force=True)
    payload = await erase(shop, {"idContact": str(canary.contact)}, records="UNLINK")
    assert sorted((each["deleted"], each["definition"]) for each in payload["records"]) == [(1, None), (1, None)]
    assert set(await canary.left(admin_url)) <= {"triggers"}  # cannot be read any more


async def test_an_inactive_definition_is_no_exception(shop: ShopClient) -> None:
    canary = await new_canary(shop)
    await shop.run("deactivateCustomDataDefinition", "userErrors { code }", definition="note")
    payload = await erase(shop, {"idContact": str(canary.contact)})
    assert sum(each["deleted"] for each in payload["records"]) == 2


async def test_a_dry_run_tells_the_same_and_writes_nothing(shop: ShopClient, admin_url: str) -> None:
    canary = await new_canary(shop)
    before = await rows_of(admin_url, shop)
    tried = await erase(shop, {"email": canary.email}, dryRun=True)
    assert await rows_of(admin_url, shop) == before
    assert await erase(shop, {"email": canary.email}) == tried
    [error] = (await erase(shop, {"email": canary.email}, dryRun=True))["userErrors"]
    assert error["code"] == "CONTACT_NOT_FOUND"


async def test_other_shops_are_left_alone(shop: ShopClient, other_shop: ShopClient, admin_url: str) -> None:
    canary, twin = await new_canary(shop), await new_canary(other_shop)
    await other_shop.contact(canary.email)
    asked = {"idContact": str(canary.contact)}
    [error] = (await erase(other_shop, asked))["userErrors"]
    assert error["code"] == "CONTACT_NOT_FOUND"
    own = await rows_of(admin_url, other_shop)
    await erase(shop, asked)
    assert await rows_of(admin_url, other_shop) == own
    assert (await twin.left(admin_url)).keys() >= {"contacts", "customers", "records", "changes", "deliveries"}
