"""saveProducts and deleteProducts: the catalogue of a shop that no platform fills."""

from decimal import Decimal
from typing import Any

import pytest

from tests.shops import Raw, ShopClient

ROW = "idProduct reference name currency lang isActive nativePrice nativePriceDiscount createdAt updatedAt"
SAVED = (
    "results { index outcome product { " + ROW + " } errors { code message path index } } "
    "created updated unchanged rejected userErrors { code path }"
)


async def save(shop: ShopClient, *products: dict[str, Any], **more: Any) -> Any:
    return await shop.run("saveProducts", SAVED, products=list(products), **more)


async def product(shop: ShopClient, id: Any) -> Any:
    return (await shop.ask(f"query($id: ID!) {{ product(idProduct: $id) {{ {ROW} }} }}", id=id))["product"]


def outcomes(payload: Any) -> list[str]:
    return [result["outcome"] for result in payload["results"]]


def a_product(id: Any = "p", **more: Any) -> dict[str, Any]:
    return {"idProduct": id, "name": "P", "price": "1.00"} | more


async def test_what_is_sent_is_the_whole_product(shop: ShopClient) -> None:
    full = a_product(reference="R", priceDiscount="0.90", currency="EUR", lang="fr", isActive=False)
    assert outcomes(await save(shop, full)) == ["CREATED"]
    found = await product(shop, "p")
    assert (found["reference"], found["nativePriceDiscount"], found["isActive"]) == ("R", "0.90", False)
    assert outcomes(await save(shop, a_product(price="2"))) == ["UPDATED"]
    after = await product(shop, "p")
    kept = {"idProduct": "p", "name": "P", "createdAt": found["createdAt"], "updatedAt": after["updatedAt"]}
    none = dict.fromkeys(("reference", "currency", "lang", "nativePriceDiscount"))
    assert after == kept | none | {"isActive": True, "nativePrice": "2.00"}
    assert after["updatedAt"] > found["updatedAt"]


@pytest.mark.parametrize("price", ["1.0", "1", 1, Decimal("1.000")])
async def test_equal_amounts_are_unchanged_and_touch_nothing(shop: ShopClient, price: Any) -> None:
    await save(shop, a_product(price="1.00"))
    before = await product(shop, "p")
    assert outcomes(await save(shop, a_product(price=price))) == ["UNCHANGED"]
    assert await product(shop, "p") == before


async def test_two_items_with_one_id_count_as_sent_one_after_the_other(shop: ShopClient) -> None:
    payload = await save(shop, a_product(), a_product(price="2"), a_product(name=" "), a_product(price="2.0"))
    assert outcomes(payload) == ["CREATED", "UPDATED", "REJECTED", "UNCHANGED"]
    assert (await product(shop, "p"))["nativePrice"] == "2.00"


async def test_ids_are_text_as_sent_and_integers_in_decimal_form(shop: ShopClient) -> None:
    assert outcomes(await save(shop, a_product("012"), a_product(12), a_product("12"))) == [
        "CREATED", "CREATED", "UNCHANGED",
    ]  # fmt: skip
    assert (await product(shop, "012"))["idProduct"] == "012"
    assert (await product(shop, 12))["idProduct"] == "12"


@pytest.mark.parametrize("id", [Raw("12.5"), Raw("12.0"), True, ["12"]], ids=str)
async def test_other_numbers_are_no_ids(shop: ShopClient, id: Any) -> None:
    document = "mutation($p: ProductInput!) { saveProducts(input: {products: [$p]}) { created } }"
    ((_, message),) = await shop.errors(document, p=a_product(id))
    assert "idProduct" in message


FAULTS: dict[str, tuple[dict[str, Any], list[tuple[str, str]]]] = {
    "a blank id": ({"idProduct": " "}, [("REQUIRED", "idProduct")]),
    "a blank name": ({"name": ""}, [("REQUIRED", "name")]),
    "a negative price": ({"price": "-1"}, [("INVALID_VALUE", "price")]),
    "a negative discount": ({"priceDiscount": "-0.01"}, [("INVALID_VALUE", "priceDiscount")]),
    "U+0000 in the id": ({"idProduct": "a\0"}, [("INVALID_VALUE", "idProduct")]),
    "half a surrogate pair": ({"name": "\ud83e"}, [("INVALID_VALUE", "name")]),
    "an id of 192 characters": ({"idProduct": "x" * 192}, [("INVALID_VALUE", "idProduct")]),
    "a name of 501 characters": ({"name": "x" * 501}, [("INVALID_VALUE", "name")]),
    "several": ({"name": "", "price": "-1"}, [("REQUIRED", "name"), ("INVALID_VALUE", "price")]),
}


@pytest.mark.parametrize(("wrong", "faults"), FAULTS.values(), ids=FAULTS.keys())
async def test_a_bad_product_rejects_itself_and_the_rest_is_saved(
    shop: ShopClient, wrong: dict[str, Any], faults: list[tuple[str, str]]
) -> None:
    payload = await save(shop, a_product("first"), a_product() | wrong, a_product("last"))
    assert outcomes(payload) == ["CREATED", "REJECTED", "CREATED"]
    assert (payload["created"], payload["rejected"]) == (2, 1)
    errors = payload["results"][1]["errors"]
    assert [(error["code"], error["path"]) for error in errors] == [(code, f"products.1.{p}") for code, p in faults]
    assert all(error["index"] == 1 for error in errors)


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        pytest.param("79.90", "79.90", id="a text"),
        pytest.param(Decimal("79.9"), "79.90", id="a number"),
        pytest.param(0, "0.00", id="zero"),
        pytest.param("1.005", "1.005", id="a third decimal"),
        pytest.param(Raw("1e3"), "1000.00", id="an exponent"),
        pytest.param("0.1000000000000000000001", "0.1000000000000000000001", id="what no double holds"),
    ],
)
async def test_amounts_are_exact(shop: ShopClient, sent: Any, read: str) -> None:
    await save(shop, a_product(price=sent))
    assert (await product(shop, "p"))["nativePrice"] == read


@pytest.mark.parametrize(
    "price", ["1_000", " 1", "", "NaN", "Infinity", "1e999999", "1" * 31, "٣", "1,5", True, None, Raw("1" * 5000)],
    ids=lambda price: str(price)[:12],
)  # fmt: skip
async def test_what_is_no_amount_is_refused(shop: ShopClient, price: Any) -> None:
    document = "mutation($p: ProductInput!) { saveProducts(input: {products: [$p]}) { created } }"
    ((_, message),) = await shop.errors(document, p=a_product(price=price))
    assert "price" in message
    assert await product(shop, "p") is None


@pytest.mark.parametrize(("count", "code"), [(0, "NO_ITEMS"), (51, "TOO_MANY_ITEMS")])
async def test_no_or_too_many_are_refused_whole(shop: ShopClient, count: int, code: str) -> None:
    await save(shop, a_product("0"))
    payload = await save(shop, *(a_product(str(n)) for n in range(count)))
    assert (payload["results"], payload["userErrors"]) == ([], [{"code": code, "path": "products"}])
    gone = await shop.run("deleteProducts", "deleted userErrors { code path }", ids=[str(n) for n in range(count)])
    assert gone == {"deleted": 0, "userErrors": [{"code": code, "path": "ids"}]}
    assert (await shop.ask("{ products { totalCount { count } } }"))["products"]["totalCount"] == {"count": 1}


async def test_fifty_products_are_saved_in_as_many_statements_as_two(shop: ShopClient) -> None:
    await shop.ask("{ __typename }")  # from now on the shop's schema is known
    with shop.statements() as few:
        await shop.run("saveProducts", "created", products=[a_product(f"a{n}") for n in range(2)])
    with shop.statements() as many:
        payload = await shop.run("saveProducts", "created", products=[a_product(f"b{n}") for n in range(50)])
    assert payload == {"created": 50}
    assert len(few) == len(many)


async def test_deleting_is_idempotent_also_within_one_call(shop: ShopClient) -> None:
    await save(shop, a_product("a"), a_product("b"))
    deleted = "results { index outcome product { idProduct } } deleted unchanged userErrors { code }"
    payload = await shop.run("deleteProducts", deleted, ids=["a", "x", "a"])
    assert outcomes(payload) == ["DELETED", "UNCHANGED", "UNCHANGED"]
    assert (payload["deleted"], payload["unchanged"], payload["results"][0]["product"]) == (1, 2, None)
    assert await product(shop, "a") is None
    assert await product(shop, "b") is not None


async def test_an_inactive_product_is_still_there_but_out_of_the_contacts_catalogue(shop: ShopClient) -> None:
    contact = await shop.contact("a@example.com")
    await save(shop, a_product("on"), a_product("off", isActive=False))
    found = await shop.ask(
        "query($c: ID!) { products { nodes { idProduct } } "
        "contact(by: {idContact: $c}) { products { nodes { idProduct } totalCount { count } } } }",
        c=str(contact),
    )
    assert [each["idProduct"] for each in found["products"]["nodes"]] == ["off", "on"]
    assert found["contact"]["products"] == {"nodes": [{"idProduct": "on"}], "totalCount": {"count": 1}}


async def test_text_that_cannot_be_stored_names_no_product(shop: ShopClient) -> None:
    for id in ("a\0", "\ud800"):
        assert await product(shop, id) is None
        assert (await shop.run("deleteProducts", "unchanged", ids=[id])) == {"unchanged": 1}
