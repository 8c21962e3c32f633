"""`where` and `orderBy` on the records behind contacts, products and records: each parent its own page, count and
cursors; one statement for all of them; not for contacts."""

from typing import Any

import httpx
import pytest

from app.store.database import Database
from tests.shops import ShopClient, new_shop, to
from tests.storefront import as_contact

VISITS = [  # whose, at which vet, for which product, on which day, the fee
    ("ada", "Martin", "a", "2026-01-05", "10.00"), ("ada", "Martin", "b", "2025-06-01", "9.50"),
    ("ada", "Durand", "a", None, None), ("ben", "Martin", "a", "2026-02-01", "20"),
    ("cleo", "Durand", None, "2024-01-01", "1"),
]  # fmt: skip
CONTACTS = """query($where: JSON, $order: [OrderBy!], $first: Int, $after: String, $last: Int) {
    contacts { nodes { firstName customData(definition: "visit", where: $where, orderBy: $order, first: $first,
    after: $after, last: $last) { totalCount { count } pageInfo { hasNextPage hasPreviousPage endCursor }
    nodes { day: value(field: "day") } edges { cursor } } } } }"""


@pytest.fixture(scope="module")
async def clinic(database: Database, http: httpx.AsyncClient, admin_url: str) -> ShopClient:
    shop = await new_shop(database, http, admin_url)
    people = {name: await shop.contact(f"{name}@x.test", firstName=name) for name in ("ada", "ben", "cleo", "dan")}
    await shop.products(*({"idProduct": each, "name": each, "price": 1} for each in "ab"))
    await shop.define("Vet", {"nom": "STRING"}, uniqueKeys=["nom"])
    vets = {name: await shop.save_one("vet", {"nom": name}) for name in ("Martin", "Durand")}
    await shop.define(
        "Visit", {"contact_id": "NUMBER", "vet_id": "NUMBER", "product_id": "STRING", "day": "DATE", "fee": "DECIMAL"},
        relationships=[to("contact_id", "contacts"), to("vet_id", "vet"), to("product_id", "products")],
    )  # fmt: skip
    await shop.save(
        "visit",
        *({"contact_id": people[who], "vet_id": vets[vet], "product_id": product, "day": day, "fee": fee}
          for who, vet, product, day, fee in VISITS),
    )  # fmt: skip
    return shop


async def days(shop: ShopClient, where: Any = None, **more: Any) -> dict[str, list[Any]]:
    """The days behind each contact. Counts must be theirs where the page is the whole."""
    found = (await shop.ask(CONTACTS, where=where, **more))["contacts"]["nodes"]
    for node in found:
        listed = node["customData"]
        assert len(listed["edges"]) == len(listed["nodes"])
        assert more or listed["totalCount"] == {"count": len(listed["nodes"])}
    return {node["firstName"]: [each["day"] for each in node["customData"]["nodes"]] for node in found}


async def test_each_contact_has_its_own(clinic: ShopClient) -> None:
    assert await days(clinic, {"day": {"gte": "2025-01-01"}}) == {
        "ada": ["2026-01-05", "2025-06-01"], "ben": ["2026-02-01"], "cleo": [], "dan": [],
    }  # fmt: skip
    assert await days(clinic, {"vet_id": {"is": {"nom": {"eq": "Durand"}}}}) == {
        "ada": [None], "ben": [], "cleo": ["2024-01-01"], "dan": [],
    }  # fmt: skip


async def test_in_their_own_order(clinic: ShopClient) -> None:
    assert (await days(clinic, order=[{"field": "day"}]))["ada"] == ["2025-06-01", "2026-01-05", None]
    downward = [{"field": "day", "direction": "DESC", "nulls": "FIRST"}]
    assert (await days(clinic, order=downward))["ada"] == [None, "2026-01-05", "2025-06-01"]
    by_vet = [{"field": "vet_id.nom"}, {"field": "fee"}]
    assert (await days(clinic, order=by_vet))["ada"] == [None, "2025-06-01", "2026-01-05"]


@pytest.mark.parametrize("order", [[], [{"field": "fee"}]])
async def test_pages_and_counts(clinic: ShopClient, order: list[Any]) -> None:
    where: Any = {"day": {"isNull": False}}
    asked = {"where": where, "order": order}
    ada = (await clinic.ask(CONTACTS, first=1, **asked))["contacts"]["nodes"][0]["customData"]
    assert ada["totalCount"] == {"count": 2}
    assert ada["pageInfo"]["hasNextPage"]
    [first] = [node["day"] for node in ada["nodes"]]
    rest = await days(clinic, after=ada["pageInfo"]["endCursor"], **asked)
    assert {first, *rest["ada"]} == {"2026-01-05", "2025-06-01"}
    last = (await clinic.ask(CONTACTS, last=1, **asked))["contacts"]["nodes"][0]["customData"]
    assert [node["day"] for node in last["nodes"]] == rest["ada"]
    assert last["pageInfo"]["hasPreviousPage"]


async def test_behind_products_and_records(clinic: ShopClient) -> None:
    query = """query($where: JSON, $order: [OrderBy!]) { products { nodes { customData(definition: "visit",
        where: $where, orderBy: $order) { totalCount { count } nodes { value(field: "fee") } } } }
        customDataRecords(definition: "vet") { nodes { relatedBy(definition: "visit", where: $where, orderBy: $order) {
        totalCount { count } nodes { value(field: "fee") } } } } }"""
    order = [{"field": "fee", "direction": "DESC"}]
    found = await clinic.ask(query, where={"fee": {"gt": 5}}, order=order)

    def fees(node: Any, name: str) -> list[str]:
        listed = node[name]
        assert listed["totalCount"] == {"count": len(listed["nodes"])}
        return [each["value"] for each in listed["nodes"]]

    assert [fees(node, "customData") for node in found["products"]["nodes"]] == [["20", "10.00"], ["9.50"]]
    vets = [fees(node, "relatedBy") for node in found["customDataRecords"]["nodes"]]
    assert vets == [["20", "10.00", "9.50"], []]


async def test_cursors_belong_to_their_order(clinic: ShopClient) -> None:
    made = (await clinic.ask(CONTACTS, order=[{"field": "fee"}], first=1))["contacts"]["nodes"][0]["customData"]
    cursor = made["pageInfo"]["endCursor"]
    for order in (None, [{"field": "day"}]):
        codes = {code for code, _ in await clinic.errors(CONTACTS, order=order, after=cursor)}
        assert codes == {"CURSOR_OF_ANOTHER_ORDER"}


async def test_what_means_nothing_is_an_error(clinic: ShopClient) -> None:
    answer = await clinic.answer(CONTACTS, where={"dai": {"eq": 1}})
    assert {error["extensions"]["code"] for error in answer["errors"]} == {"UNKNOWN_FIELD"}
    assert "where.dai" in answer["errors"][0]["message"]
    assert [node["customData"] for node in answer["data"]["contacts"]["nodes"]] == [None] * 4


async def test_a_contact_neither_filters_nor_orders(clinic: ShopClient) -> None:
    await clinic.define(
        "Card", {"contact_id": "NUMBER", "day": "DATE"}, relationships=[to("contact_id", "contacts")],
        contactAccess="READ",
    )  # fmt: skip
    contacts = (await clinic.ask("{ contacts(first: 1) { nodes { idContact } } }"))["contacts"]["nodes"]
    me = await as_contact(clinic, int(contacts[0]["idContact"]))
    query = '{ me { customData(definition: "card"%s) { nodes { id } } } }'
    assert (await me.ask(query % ""))["me"]["customData"] == {"nodes": []}
    for more in (", where: {}", ', orderBy: {field: "day"}'):
        assert [code for code, _ in await me.errors(query % more)] == ["FORBIDDEN"]


async def test_one_statement_for_all_parents(clinic: ShopClient) -> None:
    query = """query($n: Int) { contacts(first: $n) { nodes { a: customData(definition: "visit",
        where: {fee: {gt: 1}}, orderBy: {field: "fee"}) { totalCount { count } nodes { id } } } } }"""
    seen = []
    for number in (1, 4):
        with clinic.statements() as statements:
            await clinic.ask(query, n=number)
        seen.append(statements)
    assert seen[0] == seen[1]
    assert seen[0][2:] == ["records.nested_ref1", "records.nested_count_ref1"]
