"""Updating and deleting a shop's own records by their unique keys, whose relations are named as in a record."""

from typing import Any

from tests.shops import ShopClient, to
from tests.typed import test_writing

clinic = test_writing.clinic

KEY = {"vet": {"nom": "Martin"}, "product": {"reference": "ra"}}
OTHER = {"vet": {"nom": "Durand"}, "product": {"idProduct": "a"}}
UPDATE = """mutation($k: PriceByKeyInput!, $d: PriceInput!, $v: Int, $dry: Boolean! = false) { custom {
    updatePriceByKey(key: $k, data: $d, ifVersion: $v, dryRun: $dry) {
    outcome userErrors { code path } record { amount version vet { nom } product { idProduct } } } } }"""
DELETE = """mutation($k: PriceByKeyInput!, $f: Boolean! = false, $dry: Boolean! = false) { custom {
    deletePriceByKey(key: $k, force: $f, dryRun: $dry) { id deleted userErrors { code path } } } }"""


async def priced(shop: ShopClient) -> str:
    """The id of what the apple costs at Martin's; at Durand's it costs something, too."""
    await shop.save("vet", {"nom": "Durand"})
    await shop.define(
        "Price", {"vet_id": "NUMBER", "product_id": "STRING", "amount": "DECIMAL"},
        uniqueKeys=["vet_id", "product_id"],
        relationships=[to("vet_id", "vet"), to("product_id", "products")],
    )  # fmt: skip
    by_name = [{"by": "nom", "value": name} for name in ("Martin", "Durand")]
    await shop.save("price", *({"vet_id": vet, "product_id": "a", "amount": "1.50"} for vet in by_name))
    found = await shop.ask("{ custom { price { nodes { idRecord vet { nom } } } } }")
    [own] = [each["idRecord"] for each in found["custom"]["price"]["nodes"] if each["vet"]["nom"] == "Martin"]
    return str(own)


async def update(shop: ShopClient, key: Any, data: Any, **more: Any) -> Any:
    return (await shop.ask(UPDATE, k=key, d=data, **more))["custom"]["updatePriceByKey"]


async def delete(shop: ShopClient, key: Any, **more: Any) -> Any:
    return (await shop.ask(DELETE, k=key, **more))["custom"]["deletePriceByKey"]


async def prices(shop: ShopClient) -> list[tuple[str, str]]:
    found = await shop.ask("{ custom { price(orderBy: [{vet: {nom: ASC}}]) { nodes { amount vet { nom } } } } }")
    return [(each["vet"]["nom"], each["amount"]) for each in found["custom"]["price"]["nodes"]]


async def test_an_update_by_the_whole_key(clinic: ShopClient) -> None:
    await priced(clinic)
    assert await update(clinic, KEY, {"amount": "2"}, v=1) == {
        "outcome": "UPDATED", "userErrors": [],
        "record": {"amount": "2.00", "version": 2, "vet": {"nom": "Martin"}, "product": {"idProduct": "a"}},
    }  # fmt: skip
    assert (await update(clinic, KEY, {"amount": "2.0"}))["outcome"] == "UNCHANGED"
    assert (await update(clinic, KEY, {"amount": "3"}, dry=True))["outcome"] == "UPDATED"
    assert await prices(clinic) == [("Durand", "1.50"), ("Martin", "2.00")]


async def test_a_deletion_by_the_whole_key(clinic: ShopClient) -> None:
    own = await priced(clinic)
    assert await delete(clinic, KEY, dry=True) == {"id": own, "deleted": True, "userErrors": []}
    assert await delete(clinic, KEY) == {"id": own, "deleted": True, "userErrors": []}
    assert await delete(clinic, KEY) == {"id": None, "deleted": False, "userErrors": []}
    assert await prices(clinic) == [("Durand", "1.50")]


async def test_what_others_refer_to_is_kept_unless_forced(clinic: ShopClient) -> None:
    own = await priced(clinic)
    await clinic.define("Offer", {"price_id": "NUMBER"}, relationships=[to("price_id", "price")])
    await clinic.save("offer", {"price_id": int(own)})
    refused = await delete(clinic, KEY)
    assert refused == {"id": None, "deleted": False, "userErrors": [{"code": "RECORD_IN_USE", "path": "key"}]}
    assert (await delete(clinic, KEY, f=True))["deleted"]


async def test_what_is_wrong_is_told_in_the_words_of_the_arguments(clinic: ShopClient) -> None:
    await priced(clinic)
    nobody, nothing = {"vet": {"nom": "Nobody"}}, {"product": {"reference": "none"}}
    for key, data, version, wrong in (
        (KEY | nobody, {}, None, ("RECORD_NOT_FOUND", "key.vet")),
        (KEY | nothing, {}, None, ("PRODUCT_NOT_FOUND", "key.product")),
        (KEY, {"amount": "4"}, 7, ("VERSION_CONFLICT", "ifVersion")),
        (KEY, nothing, None, ("PRODUCT_NOT_FOUND", "data.product")),
        (KEY, {"vet": OTHER["vet"]}, None, ("DUPLICATE_KEY", "data")),
    ):  # fmt: skip
        payload = await update(clinic, key, data, v=version)
        assert [(each["code"], each["path"]) for each in payload["userErrors"]] == [wrong], key
    await delete(clinic, OTHER)
    assert (await update(clinic, OTHER, {}))["userErrors"] == [{"code": "RECORD_NOT_FOUND", "path": "key"}]
    assert (await delete(clinic, KEY | nobody))["userErrors"] == [{"code": "RECORD_NOT_FOUND", "path": "key.vet"}]


async def test_a_part_of_a_key_is_no_key(clinic: ShopClient) -> None:
    await priced(clinic)
    for key in ({"vet": {"nom": "Martin"}}, KEY | {"product": None}, KEY | {"amount": "1"}):
        answer = await clinic.answer(DELETE, k=key)
        assert answer.get("data") is None
        assert "$k" in answer["errors"][0]["message"]
    assert len(await prices(clinic)) == 2


async def test_a_key_of_one_field_and_none(clinic: ShopClient) -> None:
    """Those who have no key have no such fields."""
    document = """mutation { custom { updateVetByKey(key: {nom: "Martin"}, data: {nom: "New"}) { outcome }
        deleteVetByKey(key: {nom: "New"}) { deleted } } }"""
    assert (await clinic.ask(document))["custom"] == {
        "updateVetByKey": {"outcome": "UPDATED"}, "deleteVetByKey": {"deleted": True},
    }  # fmt: skip
    await clinic.define("Note", {"text": "STRING"})
    found = await clinic.ask('{ __type(name: "MutationCustom") { fields { name } } }')
    names = {each["name"] for each in found["__type"]["fields"]}
    assert {"updateNote", "deleteNote", "updateCardByKey", "deleteCardByKey"} <= names
    assert not {"updateNoteByKey", "deleteNoteByKey"} & names
