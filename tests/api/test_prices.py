"""What a contact pays, and why: the first source in order of priority that has an amount, else the native price."""

from decimal import Decimal
from typing import Any

import pytest

from tests.shops import ShopClient, VetShop, to

WAY = "vet_pricing -veto_id-> veterinarian <-veto_id- vet_assignment -contact_id-> contact"
FIELD = "{ amount native because winner { priority field path contactPath definition { key } record { idRecord } } sources { priority outcome amount record { idRecord } } }"  # noqa: E501
PRICING = "query($c: ContactReference, $p: ID!) { product(idProduct: $p) { pricing(contact: $c) { payable contact { idContact } price %s priceDiscount %s } } }"  # noqa: E501


async def pricing(shop: ShopClient, contact: int | None, product: str = "diet") -> Any:
    reference = {"idContact": str(contact)} if contact is not None else None
    return (await shop.ask(PRICING % (FIELD, FIELD), c=reference, p=product))["product"]["pricing"]


async def outcomes(shop: ShopClient, contact: int, product: str = "diet") -> list[str]:
    """What each source of the price says, and the amount."""
    price = (await pricing(shop, contact, product))["price"]
    return [*(source["outcome"] for source in price["sources"]), price["amount"]]


async def contract(shop: ShopClient, name: str, contact: int, price: Any, product: str = "diet") -> str:
    key = await shop.define(
        name, {"contact_id": "NUMBER", "product_id": "STRING", "price": "DECIMAL"},
        uniqueKeys=["contact_id", "product_id"],
        relationships=[to("contact_id", "contacts"), to("product_id", "products")],
    )  # fmt: skip
    await shop.save_one(key, {"contact_id": contact, "product_id": product, "price": price})
    return key


def source(definition: str, priority: int, **more: Any) -> dict[str, Any]:
    return {"definition": definition, "field": "price", "priority": priority, **more}


async def test_mrs_dubois_pays_what_dr_martin_negotiated_and_is_told_why(vets: VetShop) -> None:
    told = await pricing(vets.shop, vets.dubois)
    record = told["price"]["winner"].pop("record")["idRecord"]
    assert told["payable"] == "64.00"
    assert told["contact"] == {"idContact": str(vets.dubois)}
    assert told["price"] == {
        "amount": "64.00", "native": "79.90",
        "because": f"64.00 comes from vet_pricing.price (priority 1, along {WAY}) in record {record}.",
        "winner": {"priority": 1, "field": "price", "path": WAY, "definition": {"key": "vet_pricing"},
                   "contactPath": ["veto_id", "vet_assignment.veto_id", "contact_id"]},
        "sources": [{"priority": 1, "outcome": "WON", "amount": "64.00", "record": {"idRecord": record}}],
    }  # fmt: skip
    assert told["priceDiscount"]["because"] == "No amount: no source overrides it."


async def test_a_contact_without_a_vet_pays_the_native_price(vets: VetShop) -> None:
    told = await pricing(vets.shop, vets.without)
    assert (told["payable"], told["price"]["winner"], told["price"]["amount"]) == ("79.90", None, "79.90")
    assert told["price"]["because"] == (
        "79.90, the native amount, because vet_pricing.price has no link to this contact."
    )


async def test_without_a_contact_the_price_is_native_and_asks_no_source(vets: VetShop) -> None:
    with vets.shop.statements() as seen:
        told = await pricing(vets.shop, None)
    assert (told["payable"], told["contact"], told["price"]["sources"]) == ("79.90", None, [])
    assert "prices.walk" not in seen


async def test_three_sources_are_asked_in_order_and_each_says_what_came_of_it(vets: VetShop) -> None:
    shop = vets.shop
    await contract(shop, "Loyalty", vets.dubois, "59.00")
    await contract(shop, "Promise", vets.without, "99.00")
    await shop.override(source("loyalty", 3), source("vet_pricing", 2), source("promise", 1))
    assert await outcomes(shop, vets.dubois) == ["NO_RECORD", "WON", "LOWER_PRIORITY", "64.00"]
    assert await outcomes(shop, vets.without) == ["WON", "NO_LINK", "NO_RECORD", "99.00"]  # dearer, and still it wins
    price = (await pricing(shop, vets.dubois))["price"]
    assert [each["amount"] for each in price["sources"]] == [None, "64.00", "59.00"]
    assert price["because"].endswith(", because promise.price has no record for this product.")
    stranger = await shop.contact("stranger@example.com")
    assert await outcomes(shop, stranger) == ["NO_RECORD", "NO_LINK", "NO_RECORD", "79.90"]


async def test_a_null_amount_yields_nothing_and_the_next_source_is_asked(vets: VetShop) -> None:
    await contract(vets.shop, "Promise", vets.dubois, None)
    await vets.shop.override(source("promise", 1), source("vet_pricing", 2))
    assert await outcomes(vets.shop, vets.dubois) == ["NULL_VALUE", "WON", "64.00"]
    assert "because promise.price is empty here" in (await pricing(vets.shop, vets.dubois))["price"]["because"]


async def test_a_price_of_zero_is_a_price(vets: VetShop) -> None:
    await contract(vets.shop, "Gift", vets.dubois, 0)
    await vets.shop.override(source("gift", 1), source("vet_pricing", 2))
    assert await outcomes(vets.shop, vets.dubois) == ["WON", "LOWER_PRIORITY", "0.00"]


async def test_a_vet_that_is_gone_leaves_a_dangling_link(vets: VetShop) -> None:
    await vets.shop.run("deleteCustomDataRecord", "deleted", id=str(vets.martin), force=True)
    assert await outcomes(vets.shop, vets.dubois) == ["DANGLING", "79.90"]
    because = (await pricing(vets.shop, vets.dubois))["price"]["because"]
    assert because == "79.90, the native amount, because vet_pricing.price is linked through something that is gone."


async def test_an_empty_link_is_no_link(vets: VetShop) -> None:
    await vets.shop.save("vet_assignment", {"contact_id": vets.dubois, "veto_id": None})
    assert await outcomes(vets.shop, vets.dubois) == ["NO_LINK", "79.90"]


async def test_inactive_definitions_go_on_pricing(vets: VetShop) -> None:
    for definition in ("vet_pricing", "vet_assignment", "veterinarian"):
        await vets.shop.run("deactivateCustomDataDefinition", "userErrors { code }", definition=definition)
    assert await outcomes(vets.shop, vets.dubois) == ["WON", "64.00"]


@pytest.mark.parametrize("written", ["-0.01", -1, Decimal("-1e-30")])
async def test_a_negative_amount_is_refused_when_saved_into_a_source(vets: VetShop, written: Any) -> None:
    item = {"veto_id": vets.martin, "product_id": "diet", "price": written}
    payload = await vets.shop.save("vet_pricing", item, item | {"price": 63})
    assert [result["outcome"] for result in payload["results"]] == ["REJECTED", "UPDATED"]
    [error] = payload["results"][0]["errors"]
    assert (error["code"], error["path"], error["index"]) == ("INVALID_VALUE", "records.0.price", 0)
    update = await vets.shop.run(
        "updateCustomDataRecord", "record { version } userErrors { code path }",
        by={"definition": "vet_pricing", "key": {"veto_id": vets.martin, "product_id": "diet"}},
        data={"price": written},
    )  # fmt: skip
    assert update["userErrors"] == [{"code": "INVALID_VALUE", "path": "data.price"}]
    assert await outcomes(vets.shop, vets.dubois) == ["WON", "63.00"]


async def test_a_negative_amount_from_before_is_never_sold_and_need_not_be_mended_first(vets: VetShop) -> None:
    await vets.shop.override()
    key = {"veto_id": vets.martin, "product_id": "diet"}
    await vets.shop.save_one("vet_pricing", key | {"price": -5})
    await vets.shop.override(source("vet_pricing", 1))
    await vets.shop.save_one("vet_pricing", key | {"price_discount": 50})
    assert await outcomes(vets.shop, vets.dubois) == ["INVALID_VALUE", "79.90"]
    assert "holds an amount that cannot be sold" in (await pricing(vets.shop, vets.dubois))["price"]["because"]


async def test_a_field_that_is_no_source_may_be_negative(vets: VetShop) -> None:
    assert (await vets.shop.save("vet_pricing", {"veto_id": vets.martin, "product_id": "diet", "price": "-0.00",
                                                 "price_discount": -3}))["rejected"] == 0  # fmt: skip


PAYABLE: dict[str, tuple[Any, Any, str, str | None, str]] = {
    # the vet's price and discount; then price, discount and payable, on 79.90 reduced to 69.90
    "nothing is overridden": (None, None, "79.90", "69.90", "69.90"),
    "an overridden price ignores the native discount": (64, None, "64.00", "69.90", "64.00"),
    "also when it is dearer": (90, None, "90.00", "69.90", "90.00"),
    "an overridden discount counts": (64, 60, "64.00", "60.00", "60.00"),
    "also alone, instead of the native one": (None, 75, "79.90", "75.00", "75.00"),
    "also of zero": (64, 0, "64.00", "0.00", "0.00"),
}


@pytest.mark.parametrize("case", PAYABLE)
async def test_price_and_discount_resolve_independently_and_payable_follows(vets: VetShop, case: str) -> None:
    price, discount, *expected = PAYABLE[case]
    shop = vets.shop
    await shop.products({"idProduct": "diet", "name": "Diet", "price": "79.90", "priceDiscount": "69.90"})
    await shop.override(source("vet_pricing", 1, field="price_discount"), system_field="price_discount")
    await shop.save_one("vet_pricing", {"veto_id": vets.martin, "product_id": "diet", "price": price,
                                        "price_discount": discount})  # fmt: skip
    query = 'query($c: ID!) { product(idProduct: "diet") { price(contact: {idContact: $c}) priceDiscount(contact: {idContact: $c}) payable(contact: {idContact: $c}) nativePriceDiscount } }'  # noqa: E501
    with shop.statements() as seen:
        product = (await shop.ask(query, c=vets.dubois))["product"]
    assert [product["price"], product["priceDiscount"], product["payable"]] == expected
    assert product["nativePriceDiscount"] == "69.90"
    assert seen.count("prices.walk") == 1  # sources that differ in their field only are walked together


async def test_amounts_keep_every_digit(vets: VetShop) -> None:
    exact = "123456789012345678901234567890.123456789012345678901234567891"
    await vets.shop.save_one("vet_pricing", {"veto_id": vets.martin, "product_id": "diet", "price": Decimal(exact)})
    price = (await pricing(vets.shop, vets.dubois))["price"]
    assert price["amount"] == exact
    assert price["because"].startswith(f"{exact} comes from ")
