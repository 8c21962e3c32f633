"""Whose price it is: nobody's, a named contact's, the contact one comes from, a record's own contact."""

from typing import Any

import pytest

from tests.shops import ShopClient, VetShop, to

OF = 'query($c: ContactReference!) { product(idProduct: "diet") { price(contact: $c) } }'


async def test_no_contact_means_the_native_price(vets: VetShop) -> None:
    for asked in ("price", "price(contact: null)", "payable", "payable(contact: null)"):
        assert await vets.shop.ask(f'{{ product(idProduct: "diet") {{ p: {asked} }} }}') == {"product": {"p": "79.90"}}


async def test_a_contact_is_named_by_any_identifier(vets: VetShop) -> None:
    for reference in (
        {"idContact": str(vets.dubois)}, {"email": "DUBOIS@example.com"},
        {"idCustomer": {"idCustomer": "dubois@example.com"}},
        {"idCustomer": {"idCustomer": "dubois@example.com", "source": "default"}},
    ):  # fmt: skip
        assert await vets.shop.ask(OF, c=reference) == {"product": {"price": "64.00"}}


NOBODY = {
    "an id of no contact": {"idContact": "999999999"},
    "an id that is none": {"idContact": "abc"},
    "an e-mail of nobody": {"email": "nobody@example.com"},
    "a customer of nobody": {"idCustomer": {"idCustomer": "nobody"}},
    "a customer of another source": {"idCustomer": {"idCustomer": "dubois@example.com", "source": "till"}},
}


@pytest.mark.parametrize("reference", NOBODY.values(), ids=NOBODY)
@pytest.mark.parametrize("field", ["price", "priceDiscount", "payable"])
async def test_an_unknown_contact_is_an_error_at_that_field_never_a_public_price(
    vets: VetShop, field: str, reference: Any
) -> None:
    query = f'query($c: ContactReference!) {{ product(idProduct: "diet") {{ name {field}(contact: $c) }} }}'
    answer = await vets.shop.answer(query, c=reference)
    assert answer["data"] == {"product": {"name": "Veterinary Diet 12 kg", field: None}}
    [error] = answer["errors"]
    assert error["path"] == ["product", field]
    assert error["extensions"]["code"] in ("CONTACT_NOT_FOUND", "INVALID_REFERENCE")


async def test_a_deleted_contact_is_unknown(vets: VetShop) -> None:
    await vets.shop.run("deleteCustomers", "deleted", customers=[{"idCustomer": "dubois@example.com"}])
    assert [code for code, _ in await vets.shop.errors(OF, c={"idContact": str(vets.dubois)})] == ["CONTACT_NOT_FOUND"]


async def test_another_shops_contact_is_unknown(vets: VetShop, other_shop: ShopClient) -> None:
    await other_shop.products({"idProduct": "diet", "name": "Diet", "price": 1})
    assert [code for code, _ in await other_shop.errors(OF, c={"idContact": str(vets.dubois)})] == ["CONTACT_NOT_FOUND"]


async def test_a_customer_id_of_two_people_prices_for_neither(vets: VetShop) -> None:
    await vets.shop.customers({"idCustomer": "7", "source": "till"}, {"idCustomer": "7", "source": "web"})
    [(code, message)] = await vets.shop.errors(OF, c={"idCustomer": {"idCustomer": "7"}})
    assert code == "CUSTOMER_AMBIGUOUS"
    assert "till, web" in message


async def test_in_a_list_exactly_that_field_fails(vets: VetShop) -> None:
    await vets.shop.products({"idProduct": "bowl", "name": "Bowl", "price": 14})
    query = """query($known: ContactReference!, $unknown: ContactReference!) { products { nodes {
        nativePrice mine: price(contact: $known) theirs: price(contact: $unknown) public: price } } }"""
    answer = await vets.shop.answer(query, known={"idContact": str(vets.dubois)}, unknown={"idContact": "1"})
    assert answer["data"]["products"]["nodes"] == [
        {"nativePrice": "14.00", "mine": "14.00", "theirs": None, "public": "14.00"},
        {"nativePrice": "79.90", "mine": "64.00", "theirs": None, "public": "79.90"},
    ]
    places = [error["path"] for error in answer["errors"]]
    assert sorted(places) == [["products", "nodes", 0, "theirs"], ["products", "nodes", 1, "theirs"]]


async def test_inside_a_contacts_products_the_price_is_that_contacts(vets: VetShop) -> None:
    query = """query($other: ContactReference!) { contacts { nodes { email products { nodes {
        price payable pricing { contact { email } } nobody: price(contact: null)
        other: price(contact: $other) } } } } }"""
    found = (await vets.shop.ask(query, other={"email": "dubois@example.com"}))["contacts"]["nodes"]
    seen = {contact["email"]: contact["products"]["nodes"][0] for contact in found}
    assert seen["dubois@example.com"]["price"] == seen["dubois@example.com"]["payable"] == "64.00"
    assert seen["dubois@example.com"]["pricing"] == {"contact": {"email": "dubois@example.com"}}
    assert seen["alone@example.com"]["price"] == seen["alone@example.com"]["nobody"] == "79.90"
    assert seen["alone@example.com"]["other"] == "64.00"


async def test_a_contact_sees_the_active_catalogue_in_pages(vets: VetShop) -> None:
    await vets.shop.products(
        *({"idProduct": f"p{n}", "name": "P", "price": n, "isActive": n != 2} for n in range(1, 5))
    )
    query = """query($c: ID!, $after: String) { contact(by: {idContact: $c}) { products(first: 2, after: $after) {
        totalCount { count isExact } pageInfo { hasNextPage endCursor } nodes { idProduct payable } } } }"""
    seen, after, more = [], None, True
    while more:
        page = (await vets.shop.ask(query, c=vets.dubois, after=after))["contact"]["products"]
        assert page["totalCount"] == {"count": 4, "isExact": True}
        seen += [(node["idProduct"], node["payable"]) for node in page["nodes"]]
        after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
    assert seen == [("diet", "64.00"), ("p1", "1.00"), ("p3", "3.00"), ("p4", "4.00")]


async def loyalty(vets: VetShop, **more: Any) -> int:
    await vets.shop.define(
        "Loyalty", {"contact_id": "NUMBER", "friend_id": "NUMBER", "product_id": "STRING"},
        relationships=[to("contact_id", "contacts"), to("friend_id", "contacts"), to("product_id", "products")],
    )  # fmt: skip
    record = {"contact_id": vets.dubois, "friend_id": vets.without, "product_id": "diet"}
    return await vets.shop.save_one("loyalty", record | more)


RECORD = """query($id: ID!) { customDataRecord(id: $id) {
    own: pricing(contactField: "contact_id") { payable contact { idContact } }
    friends: pricing(productField: "product_id", contactField: "friend_id") { payable } } }"""


async def test_a_record_prices_its_product_for_its_contact(vets: VetShop) -> None:
    record = (await vets.shop.ask(RECORD, id=await loyalty(vets)))["customDataRecord"]
    assert record["own"] == {"payable": "64.00", "contact": {"idContact": str(vets.dubois)}}
    assert record["friends"] == {"payable": "79.90"}


@pytest.mark.parametrize("missing", ["contact_id", "product_id"])
async def test_a_record_without_contact_or_product_has_no_price(vets: VetShop, missing: str) -> None:
    record = (await vets.shop.ask(RECORD, id=await loyalty(vets, **{missing: None})))["customDataRecord"]
    assert record["own"] is None


async def test_a_record_whose_product_or_contact_is_gone_has_no_price(vets: VetShop) -> None:
    record = await loyalty(vets)
    await vets.shop.run("deleteCustomers", "deleted", customers=[{"idCustomer": "alone@example.com"}])
    found = (await vets.shop.ask(RECORD, id=record))["customDataRecord"]
    assert (found["own"]["payable"], found["friends"]) == ("64.00", None)
    await vets.shop.run("deleteProducts", "deleted", ids=["diet"])
    assert (await vets.shop.ask(RECORD, id=record))["customDataRecord"] == {"own": None, "friends": None}


async def test_a_record_with_several_contacts_wants_one_named(vets: VetShop) -> None:
    record = await loyalty(vets)
    ask = "query($id: ID!) { customDataRecord(id: $id) { idRecord pricing%s { payable } } }"
    for arguments, words in (
        ("", "name one of several. Relations of loyalty to contacts: contact_id, friend_id."),
        ('(contactField: "product_id")', "'product_id' is none"),
        ('(productField: "x", contactField: "contact_id")', "productField: 'x' is none"),
    ):
        answer = await vets.shop.answer(ask % arguments, id=record)
        assert answer["data"]["customDataRecord"] == {"idRecord": str(record), "pricing": None}
        assert words in answer["errors"][0]["message"]
