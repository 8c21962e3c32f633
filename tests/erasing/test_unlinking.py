"""Records that stay, and point at nobody."""

from tests.erasing.canary import define, erase, log, new_canary
from tests.shops import ShopClient


async def test_unlinking_keeps_records_without_the_contact(shop: ShopClient) -> None:
    canary = await new_canary(shop)
    chosen = [{"definition": "card", "records": "DELETE"}]
    payload = await erase(shop, {"idContact": str(canary.contact)}, records="UNLINK", definitions=chosen)
    records = {each["definition"]["key"]: (each["deleted"], each["unlinked"]) for each in payload["records"]}
    assert records == {"card": (1, 0), "note": (0, 1)}
    query = """query($id: ID!) { customDataRecord(id: $id) {
        version data contact: relation(field: "contact_id") { __typename } } }"""
    note = (await shop.ask(query, id=str(canary.note)))["customDataRecord"]
    assert (note["version"], note["contact"], note["data"]["contact_id"]) == (2, None, None)
    assert all(each["erased"] for each in await log(shop, record=str(canary.note)))
    found = await shop.ask(
        '{ customDataRecords(definition: "note", where: {contact_id: {isNull: false}}) { nodes { data } } }'
    )
    assert [each["data"]["contact_id"] for each in found["customDataRecords"]["nodes"]] == [canary.other]


async def test_a_record_that_cannot_be_without_its_contact_is_not_unlinked(shop: ShopClient) -> None:
    canary = await new_canary(shop)
    before = await shop.ask("{ contacts { nodes { idContact } } segments { where } }")
    payload = await erase(shop, {"idContact": str(canary.contact)}, records="UNLINK")
    [error] = payload["userErrors"]
    assert (error["code"], error["path"], payload["idContact"]) == ("LINK_REQUIRED", "records", None)
    assert "Records of card cannot be without" in error["message"]
    assert "Choose DELETE" in error["message"]
    chosen = [{"definition": "note", "records": "UNLINK"}, {"definition": "card", "records": "UNLINK"}]
    [error] = (await erase(shop, {"idContact": str(canary.contact)}, definitions=chosen))["userErrors"]
    assert (error["code"], error["path"]) == ("LINK_REQUIRED", "definitions.1")
    assert await shop.ask("{ contacts { nodes { idContact } } segments { where } }") == before


async def test_only_one_of_two_relations_is_taken_away(shop: ShopClient) -> None:
    await define(shop)
    one, two = await shop.contact("one@example.com"), await shop.contact("two@example.com")
    note = await shop.save_one("note", {"contact_id": one, "by_id": two, "text": "kept"})
    await erase(shop, {"idContact": str(one)}, records="UNLINK")
    query = "query($id: ID!) { customDataRecord(id: $id) { data } }"
    assert (await shop.ask(query, id=str(note)))["customDataRecord"] == {"data": {
        "contact_id": None, "by_id": two, "text": "kept", "phone": None,
    }}  # fmt: skip
    payload = await erase(shop, {"idContact": str(two)})
    assert [each["deleted"] for each in payload["records"]] == [1]
