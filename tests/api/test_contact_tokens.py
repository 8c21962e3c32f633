"""What a contact's own token opens: the active catalogue at its price, its contact, its records and where they lead."""

from typing import Any

import httpx
import pytest

from app.store.database import Database
from tests.shops import ShopClient, VetShop, new_shop, new_vet_shop
from tests.storefront import Storefront, as_contact, new_storefront


@pytest.fixture(scope="module")
async def front(database: Database, http: httpx.AsyncClient, admin_url: str) -> Storefront:
    return await new_storefront(await new_vet_shop(await new_shop(database, http, admin_url)))


PRICES = "price priceDiscount payable nativePrice pricing { payable price { amount native } priceDiscount { amount } }"
DIET = {
    "price": "64.00", "priceDiscount": None, "payable": "64.00", "nativePrice": "79.90",
    "pricing": {
        "payable": "64.00", "price": {"amount": "64.00", "native": "79.90"}, "priceDiscount": {"amount": None},
    },
}  # fmt: skip
OWN_PRICE = {
    "product": '{ product(idProduct: "diet") { %s } }',
    "products": "{ products { nodes { %s } } }",
    "products of a search": '{ products(search: "vet") { nodes { %s } } }',
    "products by ids": '{ products(ids: ["diet"]) { nodes { %s } } }',
    "node": '{ node(id: "UHJvZHVjdDpkaWV0") { ... on Product { %s } } }',
    "nodes": '{ nodes(ids: ["UHJvZHVjdDpkaWV0"]) { ... on Product { %s } } }',
    "me": "{ me { products { edges { node { %s } } } } }",
    "its contact": '{ contact(by: {idContact: "%d"}) { products { nodes { %%s } } } }',
    "a relation": '{ customDataRecord(id: "%d") { relation(field: "product_id") { ... on Product { %%s } } } }',
}


@pytest.mark.parametrize("way", OWN_PRICE)
async def test_the_catalogue_has_its_price_without_naming_a_contact(front: Storefront, way: str) -> None:
    query = OWN_PRICE[way]
    numbers = {"its contact": front.dubois, "a relation": front.gift}
    query = query % numbers[way] if way in numbers else query
    found = repr(await front.me.ask(query % PRICES))
    assert repr(DIET)[1:-1] in found


async def test_naming_itself_or_nobody_is_its_price_too(front: Storefront) -> None:
    query = """query($c: ContactReference) { product(idProduct: "diet") { price(contact: $c) payable(contact: $c)
        pricing(contact: $c) { payable contact { email } } } }"""
    for named in (None, {"idContact": str(front.dubois)}):
        product = (await front.me.ask(query, c=named))["product"]
        assert (product["price"], product["payable"]) == ("64.00", "64.00")
        assert product["pricing"] == {"payable": "64.00", "contact": {"email": "dubois@example.com"}}


async def test_a_discount_is_its_own_too(front: Storefront) -> None:
    product = (await front.me.ask('{ product(idProduct: "bowl") { price priceDiscount payable } }'))["product"]
    assert product == {"price": "14.00", "priceDiscount": "12.00", "payable": "12.00"}


async def test_pricing_shows_amounts_and_no_reasons(front: Storefront) -> None:
    because = "amount native winner { field record { id } definition { name } } sources { priority path } because"
    query = "pricing%s { price { " + because + " } priceDiscount { " + because + " } }"
    to_me = '(contactField: "to_id")'
    asked = [
        (f'{{ product(idProduct: "diet") {{ {query % ""} }} }}', "64.00"),
        (f'{{ customDataRecord(id: "{front.gift}") {{ {query % to_me} }} }}', "64.00"),
    ]
    for question, amount in asked:
        [found] = (await front.me.ask(question)).values()
        price: dict[str, Any] = {"amount": amount, "native": "79.90", "winner": None, "sources": [], "because": None}
        none: dict[str, Any] = {"amount": None, "native": None, "winner": None, "sources": [], "because": None}
        assert found["pricing"] == {"price": price, "priceDiscount": none}
    shown = await front.shop.ask(
        '{ product(idProduct: "diet") { pricing(contact: {email: "dubois@example.com"}) { price { because } } } }'
    )
    assert "vet_pricing" in shown["product"]["pricing"]["price"]["because"], "the reasons exist, for keys"


async def test_the_catalogue_is_the_active_one(front: Storefront) -> None:
    ids = "nodes { idProduct } totalCount { count isExact }"
    page = {"nodes": [{"idProduct": "bowl"}, {"idProduct": "diet"}], "totalCount": {"count": 2, "isExact": True}}
    assert await front.me.ask("{ products { %s } }".replace("%s", ids)) == {"products": page}
    assert await front.me.ask("{ me { products { %s } } }".replace("%s", ids)) == {"me": {"products": page}}
    assert (await front.me.ask("{ products(last: 9) { %s } }".replace("%s", ids)))["products"] == page
    searched = {"nodes": [], "totalCount": {"count": 0, "isExact": True}}
    assert (await front.me.ask('{ products(search: "gone") { %s } }'.replace("%s", ids)))["products"] == searched
    by_ids = await front.me.ask('{ products(ids: ["gone", "diet", "never"]) { %s } }'.replace("%s", ids))
    assert by_ids["products"] == {"nodes": [{"idProduct": "diet"}], "totalCount": {"count": 1, "isExact": True}}
    assert len((await front.shop.ask("{ products { nodes { idProduct } } }"))["products"]["nodes"]) == 3


async def test_me_is_its_contact_with_its_customers(front: Storefront) -> None:
    fields = "idContact email firstName lastName customers { source idCustomer email }"
    customer = {"source": "default", "idCustomer": "dubois@example.com", "email": "dubois@example.com"}
    dubois = {
        "idContact": str(front.dubois), "email": "dubois@example.com", "firstName": "Marie", "lastName": "Dubois",
        "customers": [customer],
    }  # fmt: skip
    by_id = f'contact(by: {{idContact: "{front.dubois}"}})'
    assert await front.me.ask(f"{{ me {{ {fields} }} same: {by_id} {{ {fields} }} }}") == {"me": dubois, "same": dubois}
    assert await front.shop.ask("{ me { email } }") == {"me": None}


RECORDS = "nodes { idRecord data } totalCount { count } pageInfo { hasNextPage hasPreviousPage }"


async def test_its_records_are_those_that_point_at_it_by_any_relation(front: Storefront) -> None:
    query = "query($d: String!) { customDataRecords(definition: $d) { %s } }".replace("%s", RECORDS)
    for definition, own in (("assignment", front.own), ("gift", front.gift)):
        found = (await front.me.ask(query, d=definition))["customDataRecords"]
        assert [int(node["idRecord"]) for node in found["nodes"]] == [own]
        assert found["totalCount"] == {"count": 1}
    record = 'query($id: ID!) { customDataRecord(id: $id) { idRecord version value(field: "contact_id") } }'
    assert (await front.me.ask(record, id=str(front.own)))["customDataRecord"]["value"] == front.dubois


async def test_records_of_me_go_by_the_relation_that_is_named(front: Storefront) -> None:
    query = '{ me { a: customData(definition: "gift", field: "%s") { %s } } }'
    received = (await front.me.ask(query % ("to_id", RECORDS)))["me"]["a"]
    assert [int(node["idRecord"]) for node in received["nodes"]] == [front.gift]
    sent = (await front.me.ask(query % ("from_id", RECORDS)))["me"]["a"]
    assert (sent["nodes"], sent["totalCount"]) == ([], {"count": 0})


async def test_the_way_leads_forward_to_the_account_manager_and_on(front: Storefront) -> None:
    query = """{ me { customData(definition: "assignment") { nodes { relation(field: "manager_id") {
        ... on CustomDataRecord { value(field: "phone") relation(field: "team_id") {
            ... on CustomDataRecord { value(field: "name") } } } } } } } }"""
    [node] = (await front.me.ask(query))["me"]["customData"]["nodes"]
    assert node["relation"] == {"value": "01 02", "relation": {"value": "North"}}


async def test_pages_of_own_records_skip_those_of_others(vets: VetShop) -> None:
    shop = vets.shop
    await shop.define(
        "Visit", {"contact_id": "NUMBER", "n": "NUMBER"}, contactAccess="READ",
        relationships=[{"sourceField": "contact_id", "targetSchemaType": "SYSTEM", "targetSchema": "contacts"}],
    )  # fmt: skip
    await shop.save("visit", *({"contact_id": (vets.dubois, vets.without)[n % 2], "n": n} for n in range(12)))
    me = await as_contact(shop, vets.dubois)
    for size, arrow, edge in (("first", "after", "endCursor"), ("last", "before", "startCursor")):
        query = f"""query($c: String) {{ customDataRecords(definition: "visit", {size}: 4, {arrow}: $c) {{
            nodes {{ value(field: "n") }} totalCount {{ count }} pageInfo {{ {edge} }} }} }}"""
        first = (await me.ask(query))["customDataRecords"]
        second = (await me.ask(query, c=first["pageInfo"][edge]))["customDataRecords"]
        assert sorted(node["value"] for node in first["nodes"] + second["nodes"]) == [0, 2, 4, 6, 8, 10]
        assert first["totalCount"] == second["totalCount"] == {"count": 6}


async def test_access_is_given_at_creation_or_later_and_taken_back(vets: VetShop) -> None:
    query = '{ customDataRecords(definition: "vet_assignment") { totalCount { count } } }'
    me = await as_contact(vets.shop, vets.dubois)
    assert [code for code, _ in await me.errors(query)] == ["FORBIDDEN"]
    await extend(vets.shop, "vet_assignment", "READ")
    assert await me.ask(query) == {"customDataRecords": {"totalCount": {"count": 1}}}
    await extend(vets.shop, "vet_assignment", "NONE")
    assert [code for code, _ in await me.errors(query)] == ["FORBIDDEN"]


async def extend(shop: ShopClient, definition: str, access: str) -> None:
    payload: Any = await shop.run(
        "extendCustomDataDefinition", "definition { contactAccess } userErrors { message }",
        definition=definition, contactAccess=access,
    )  # fmt: skip
    assert payload["definition"] == {"contactAccess": access}
