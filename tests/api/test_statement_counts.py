"""Double the rows, same statements: no operation asks the database once per row."""

from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from app.store.database import Database
from tests.shops import ShopClient, VetShop, new_shop, new_vet_shop, to

PEOPLE = 100
GOODS = 40


@dataclass
class Crowd:
    """Many contacts, each with two customers, a vet and loyalty records; many products, each with a price."""

    vets: VetShop
    contacts: list[int]

    @property
    def shop(self) -> ShopClient:
        return self.vets.shop


@pytest.fixture(scope="module")
async def crowd(database: Database, http: httpx.AsyncClient, admin_url: str) -> Crowd:
    vets = await new_vet_shop(await new_shop(database, http, admin_url))
    shop = vets.shop
    products = [f"p{n:03}" for n in range(GOODS)]
    await shop.products(*({"idProduct": p, "reference": p, "name": p, "price": 10} for p in products))
    await shop.save("vet_pricing", *({"veto_id": vets.martin, "product_id": p, "price": 9} for p in products))
    await shop.define(
        "Loyalty", {"contact_id": "NUMBER", "product_id": "STRING", "points": "NUMBER"},
        relationships=[to("contact_id", "contacts"), to("product_id", "products")],
    )  # fmt: skip
    contacts = []
    for start in range(0, PEOPLE, 25):
        batch = [{"idCustomer": f"c{n}", "email": f"c{n}@example.com", "emailVerified": True}
                 for n in range(start, start + 25)]  # fmt: skip
        found = await shop.customers(*batch, *({**customer, "source": "till"} for customer in batch))
        new = found[:25]
        assert new == found[25:]
        vet = [vets.martin, vets.durand]
        await shop.save("vet_assignment", *({"contact_id": c, "veto_id": vet[c % 2]} for c in new))
        await shop.save(
            "loyalty", *({"contact_id": c, "product_id": products[c % GOODS], "points": c} for c in new * 2)
        )
        contacts += new
    return Crowd(vets, contacts)


async def names(shop: ShopClient, query: str, **variables: Any) -> tuple[list[str], Any]:
    """The statements of a query, sorted, and its data."""
    with shop.statements() as seen:
        data = await shop.ask(query, **variables)
    return sorted(seen), data


async def constant(shop: ShopClient, query: str, few: dict[str, Any], many: dict[str, Any], at_most: int) -> None:
    """Few rows and many cost the same statements, and no more than so many."""
    await shop.ask("{ overrides { priority } }")  # the model is cached
    seen_few, some = await names(shop, query, **few)
    seen_many, more = await names(shop, query, **many)
    assert seen_many == seen_few
    assert len(seen_many) <= at_most
    assert len(str(more)) > 1.5 * len(str(some))


QUERIES: dict[str, tuple[str, int, int, int]] = {
    # the query of $n rows, few, many, at most so many statements
    "a page of records with contact, product and price": (
        """query($n: Int!, $by: ContactReference!) { customDataRecords(definition: "loyalty", first: $n) { totalCount {
            count } nodes { data contact: relation(field: "contact_id") { ... on Contact { email } }
            product: relation(field: "product_id") { ... on Product { name price(contact: $by) payable(contact: $by) }}
            pricing { payable price { because sources { outcome record { version } } } contact { email } } } } }""",
        10, 100, 9,
    ),
    "contacts and the catalogue each of them sees": (
        """query($n: Int!) { contacts(first: 50) { totalCount { count } nodes { products(first: $n) {
            totalCount { count } nodes { name price payable pricing { contact { email } } } } } } }""",
        10, 20, 7,
    ),
    "more contacts and the same catalogue": (
        "query($n: Int!) { contacts(first: $n) { nodes { products(first: 20) { nodes { price priceDiscount } } } } }",
        25, 50, 4,
    ),
    "contacts with customers, definitions and records": (
        """query($n: Int!) { contacts(first: $n) { nodes { customers { source } customDataDefinitions { key }
            customData(definition: "loyalty", first: 1) { totalCount { count } pageInfo { hasNextPage } nodes { data
                relation(field: "product_id") { ... on Product { name } } } }
            vet: customData(definition: "vet_assignment") { nodes { relation(field: "veto_id") {
                ... on CustomDataRecord { data } } } } } } }""",
        10, 100, 9,
    ),
    "vets with prices and customers, backward": (
        """query($n: Int!) { customDataRecords(definition: "veterinarian") { nodes {
            prices: relatedBy(definition: "vet_pricing", first: $n) { totalCount { count } nodes { data
                relation(field: "product_id") { ... on Product { name } } } }
            customers: relatedBy(definition: "vet_assignment", first: $n) { totalCount { count } nodes {
                relation(field: "contact_id") { ... on Contact { email customers { source } } } } } } } }""",
        3, 40, 9,
    ),
    "products with the records that point at them": (
        """query($n: Int!) { products(first: $n) { totalCount { count } nodes { customData(definition: "loyalty") {
            totalCount { count } nodes { relation(field: "contact_id") { ... on Contact { email } } } } } } }""",
        10, 40, 6,
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", QUERIES)
async def test_a_query_costs_the_same_whatever_the_rows(crowd: Crowd, case: str) -> None:
    query, few, many, at_most = QUERIES[case]
    by = {"by": {"idContact": crowd.contacts[0]}} if "$by" in query else {}
    await constant(crowd.shop, query, {"n": few} | by, {"n": many} | by, at_most)


async def test_a_cart_is_one_field(crowd: Crowd) -> None:
    query = """query($ids: [ID!]!, $by: ContactReference!) {
        products(ids: $ids) { nodes { idProduct payable(contact: $by) pricing(contact: $by) {
            price { because } } } } }"""
    few, many = ([f"p{n:03}" for n in range(size)] for size in (4, GOODS))
    by = {"email": "c1@example.com"}
    await constant(crowd.shop, query, {"ids": few, "by": by}, {"ids": many, "by": by}, 4)


async def test_nodes_of_every_kind_are_fetched_together(crowd: Crowd) -> None:
    lists = await crowd.shop.ask("{ contacts(first: 20) { nodes { id } } products(first: 20) { nodes { id } } "
                                 'customDataRecords(definition: "loyalty") { nodes { id } } }')  # fmt: skip
    few, many = ([node["id"] for each in lists.values() for node in each["nodes"][:size]] for size in (2, 20))
    query = "query($ids: [ID!]!) { nodes(ids: $ids) { id __typename } }"
    await constant(crowd.shop, query, {"ids": few}, {"ids": many}, 4)


async def written(shop: ShopClient, mutation: str, selection: str, **input: Any) -> list[str]:
    await shop.ask("{ __typename }")  # the schema is known
    with shop.statements() as seen:
        payload = await shop.run(mutation, selection, **input)
    assert payload["userErrors"] == []
    return seen


RECORDS = """created updated userErrors { message } results { outcome record { version definition { key }
    relation(field: "contact_id") { ... on Contact { email } } pricing { payable } } }"""


async def test_a_payload_costs_the_same_for_one_result_and_for_fifty(crowd: Crowd) -> None:
    shop = crowd.shop
    everyone = [{"contact_id": c, "product_id": "diet", "points": 1} for c in crowd.contacts]
    some = {"definition": "loyalty", "records": everyone[:1]}, {"definition": "loyalty", "records": everyone[:50]}
    one, fifty = [await written(shop, "saveCustomDataRecords", RECORDS, **input) for input in some]
    assert fifty == one


async def test_an_upsert_costs_the_same_for_one_record_and_for_fifty(crowd: Crowd) -> None:
    shop, counts = crowd.shop, []
    await shop.define("Note", {"contact_id": "NUMBER", "text": "STRING"}, uniqueKeys=["contact_id"],
                      relationships=[to("contact_id", "contacts")])  # fmt: skip
    selection = "created updated userErrors { message } results { record { data } }"
    for contacts, text in (
        (crowd.contacts[:1], "new"), (crowd.contacts[1:51], "new"),
        (crowd.contacts[:1], "changed"), (crowd.contacts[1:51], "changed"),
    ):  # fmt: skip
        records = [{"contact_id": {"by": "email", "value": f"c{crowd.contacts.index(c)}@example.com"}, "text": text}
                   for c in contacts]  # fmt: skip
        counts.append(await written(shop, "saveCustomDataRecords", selection, definition="note", records=records))
    assert counts[0] == counts[1]
    assert counts[2] == counts[3]
    assert len(counts[3]) <= 9


async def test_pushing_customers_and_products_costs_the_same_for_one_and_for_fifty(crowd: Crowd) -> None:
    people = [{"idCustomer": f"new{n}", "email": f"new{n}@example.com", "emailVerified": True} for n in range(51)]
    selection = "created userErrors { message } results { contact { email customers { source } } }"
    one = await written(crowd.shop, "saveCustomers", selection, customers=people[:1])
    assert await written(crowd.shop, "saveCustomers", selection, customers=people[1:]) == one
    goods = [{"idProduct": f"new{n}", "name": "New", "price": n} for n in range(51)]
    selection = "created userErrors { message } results { product { payable } }"
    one = await written(crowd.shop, "saveProducts", selection, products=goods[:1])
    assert await written(crowd.shop, "saveProducts", selection, products=goods[1:]) == one
