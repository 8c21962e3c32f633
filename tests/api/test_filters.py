"""`where` as a shop asks it: conditions along relations, counts that respect them, errors, and who may not ask."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from app.store.administration import administering
from app.store.database import Database
from tests.shops import ShopClient, new_shop, new_vet_shop, to
from tests.storefront import as_contact


@pytest.fixture(scope="module")
async def clinic(database: Database, http: httpx.AsyncClient, admin_url: str) -> ShopClient:
    """Ada and Ben are gold, Cleo is silver, Dan has no card. Ada saw Dr Martin three times, Cleo Dr Durand once."""
    shop = await new_shop(database, http, admin_url)
    ada, ben, cleo, _ = [
        await shop.contact(f"{name}@{host}", firstName=name.title(), lastName=last)
        for name, host, last in (("ada", "example.com", "Byron"), ("ben", "x.test", "Byron"),
                                 ("cleo", "example.com", "Zorn"), ("dan", "x.test", None))
    ]  # fmt: skip
    await shop.products(
        {"idProduct": "a", "reference": "ra", "name": "Apple", "price": "9.90"},
        {"idProduct": "b", "name": "Bowl", "price": 10, "isActive": False},
        {"idProduct": "c", "name": "Collar", "price": "10.00", "priceDiscount": 8},
    )
    await shop.define("Vet", {"nom": "STRING", "town": "STRING"}, uniqueKeys=["nom"])
    martin = await shop.save_one("vet", {"nom": "Dr Martin", "town": "Lyon"})
    durand = await shop.save_one("vet", {"nom": "Dr Durand", "town": "Lille"})
    await shop.define(
        "Card", {"contact_id": "NUMBER", "tier": "STRING", "points": "NUMBER", "fee": "DECIMAL", "tags": "LIST"},
        uniqueKeys=["contact_id"], relationships=[to("contact_id", "contacts")],
    )  # fmt: skip
    await shop.save(
        "card",
        {"contact_id": ada, "tier": "gold", "points": 30, "fee": "1.10", "tags": ["new", "vip"]},
        {"contact_id": ben, "tier": "gold", "points": 5},
        {"contact_id": cleo, "tier": "silver"},
    )
    await shop.define(
        "Vet visit", {"contact_id": "NUMBER", "vet_id": "NUMBER", "visited_at": "DATETIME", "product_id": "STRING"},
        relationships=[to("contact_id", "contacts"), to("vet_id", "vet"), to("product_id", "products")],
    )  # fmt: skip
    now = datetime.now(UTC)
    await shop.save(
        "vet_visit",
        *(
            {"contact_id": ada, "vet_id": martin, "visited_at": (now - timedelta(days=400 * n)).isoformat()}
            for n in range(3)
        ),
        {"contact_id": cleo, "vet_id": durand, "visited_at": now.isoformat(), "product_id": "a"},
    )
    return shop


RECORDS = """query($where: JSON, $order: [OrderBy!], $first: Int, $after: String) {
    customDataRecords(definition: "card", where: $where, orderBy: $order, first: $first, after: $after) {
    totalCount { count } pageInfo { hasNextPage endCursor } nodes { points: value(field: "points") } } }"""
CONTACTS = """query($where: ContactWhere, $order: [ContactOrderBy!], $search: String, $first: Int, $after: String,
    $last: Int, $before: String) { contacts(where: $where, orderBy: $order, search: $search, first: $first,
    after: $after, last: $last, before: $before) { totalCount { count } edges { cursor } nodes { firstName }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }"""
PRODUCTS = """query($where: ProductWhere, $order: [ProductOrderBy!], $search: String, $after: String) {
    products(where: $where, orderBy: $order, search: $search, after: $after) {
    totalCount { count } pageInfo { endCursor } nodes { idProduct } } }"""


async def names(shop: ShopClient, where: Any = None, **more: Any) -> list[str]:
    """The first names of the contacts found. The count must be theirs."""
    found = (await shop.ask(CONTACTS, where=where, **more))["contacts"]
    listed = [node["firstName"] for node in found["nodes"]]
    assert found["totalCount"] == {"count": len(listed)} or "first" in more or "last" in more
    return listed


def custom(key: str, **quantified: Any) -> Any:
    return {"custom": {key: quantified}}


FOUND: dict[str, tuple[Any, list[str]]] = {
    "by mail, whatever the case": ({"email": {"eq": "ADA@example.com"}}, ["Ada"]),
    "by the end of a mail": ({"email": {"endsWith": "@Example.com"}}, ["Ada", "Cleo"]),
    "by what is missing": ({"lastName": {"isNull": True}}, ["Dan"]),
    "ne has the nulls, as not eq": ({"lastName": {"ne": "Byron"}}, ["Cleo", "Dan"]),
    "some record": (custom("card", some={"tier": {"eq": "gold"}}), ["Ada", "Ben"]),
    "none, also of no records": (custom("card", none={"tier": {"eq": "gold"}}), ["Cleo", "Dan"]),
    "every, also of no records": (custom("card", every={"tier": {"eq": "gold"}}), ["Ada", "Ben", "Dan"]),
    "every of some": (custom("card", every={"tier": {"eq": "gold"}}, some={}), ["Ada", "Ben"]),
    "at least one visit this year": (
        custom("vetVisit", count={"where": {"visitedAt": {"within": {"this": "YEAR"}}}, "gte": 1}), ["Ada", "Cleo"],
    ),
    "three visits": (custom("vetVisit", count={"eq": 3}), ["Ada"]),
    "fewer than two, none too": (custom("vetVisit", count={"lt": 2}), ["Ben", "Cleo", "Dan"]),
    "two conditions on one record": (
        custom("vetVisit", some={"visitedAt": {"before": {"this": "YEAR"}}, "productId": {"eq": "a"}}), [],
    ),
    "two conditions on different records": (
        {"and": [custom("vetVisit", some={"visitedAt": {"before": {"this": "YEAR"}}}),
                 custom("vetVisit", some={"visitedAt": {"within": {"last": {"days": 2}}}})]}, ["Ada"],
    ),
    "three hops: who saw a vet that a contact named Zorn saw": (
        custom("vetVisit", some={"vet": custom("vetVisit", some={
            "contact": {"lastName": {"eq": "Zorn"}}})}), ["Cleo"],
    ),
    "four hops": (
        custom("vetVisit", some={"vet": custom("vetVisit", some={
            "contact": custom("card", some={"tier": {"eq": "gold"}})})}), ["Ada"],
    ),
    "or": ({"or": [{"firstName": {"eq": "Dan"}}, custom("vetVisit", some={})]}, ["Ada", "Cleo", "Dan"]),
    "everything": ({}, ["Ada", "Ben", "Cleo", "Dan"]),
    "created just now": ({"createdAt": {"within": {"this": "DAY"}}}, ["Ada", "Ben", "Cleo", "Dan"]),
}  # fmt: skip


@pytest.mark.parametrize("case", FOUND)
async def test_contacts(clinic: ShopClient, case: str) -> None:
    where, expected = FOUND[case]
    assert await names(clinic, where) == expected


CARDS: dict[str, tuple[Any, list[Any]]] = {
    "a number": ({"points": {"gte": 5}}, [30, 5]),
    "a decimal is a number": ({"fee": {"eq": "1.100"}}, [30]),
    "what a list holds": ({"tags": {"contains": "vip"}}, [30]),
    "what it does not hold": ({"tags": {"notContains": "vip"}}, [5, None]),
    "through a relation": ({"contact_id": {"is": {"email": {"endsWith": "@x.test"}}}}, [5]),
    "a pattern": ({"tier": {"like": "s_l%"}}, [None]),
}


@pytest.mark.parametrize("case", CARDS)
async def test_records(clinic: ShopClient, case: str) -> None:
    where, expected = CARDS[case]
    found = (await clinic.ask(RECORDS, where=where))["customDataRecords"]
    assert [node["points"] for node in found["nodes"]] == expected
    assert found["totalCount"] == {"count": len(expected)}


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ({"price": {"eq": 10}}, ["b", "c"]), ({"priceDiscount": {"lt": 9}}, ["c"]),
        ({"isActive": {"eq": False}}, ["b"]),
        (custom("vetVisit", some={"contact": {"firstName": {"eq": "Cleo"}}}), ["a"]),
        ({"idProduct": {"in": ["c", "a"]}}, ["a", "c"]),
    ],
)  # fmt: skip
async def test_products(clinic: ShopClient, where: Any, expected: list[str]) -> None:
    found = (await clinic.ask(PRODUCTS, where=where))["products"]
    assert [node["idProduct"] for node in found["nodes"]] == expected
    assert found["totalCount"] == {"count": len(expected)}


async def test_a_search_and_a_condition_must_both_hold(clinic: ShopClient) -> None:
    assert await names(clinic, {"email": {"endsWith": "@x.test"}}, search="byr") == ["Ben"]
    found = await clinic.ask(PRODUCTS, where={"price": {"gte": 10}}, search="BO", order=[{"name": "ASC"}])
    assert found["products"]["nodes"] == [{"idProduct": "b"}]


async def test_inside_the_document(clinic: ShopClient) -> None:
    query = """{ customDataRecords(definition: "card", where: {tier: {in: ["gold"]}, points: {gt: 5.5}},
        orderBy: {field: "contact_id.last_name", direction: DESC, nulls: FIRST}) {
        nodes { value(field: "points") } } }"""
    assert (await clinic.ask(query))["customDataRecords"]["nodes"] == [{"value": 30}]


WRONG: dict[str, tuple[Any, Any, str, str]] = {
    "a field that has gone": ({"tear": {"eq": 1}}, None, "UNKNOWN_FIELD", "where.tear: 'tear' is no field of card."),
    "an operator": ({"tier": {"equals": 1}}, None, "UNKNOWN_OPERATOR", "where.tier.equals"),
    "a value": ({"points": {"lt": "5"}}, None, "INVALID_VALUE", "where.points.lt"),
    "a list": ([], None, "INVALID_CONDITION", "where: A condition is an object"),
    "a text": ("tier = 'gold'", None, "INVALID_CONDITION", "where: A condition is an object"),
    "an order": ({}, [{"field": "tear"}], "UNKNOWN_FIELD", "orderBy.0: 'tear' is no field of card. Do you mean tier?"),
    "an order by a list": ({}, [{"field": "tags"}], "INVALID_ORDER", "orderBy.0"),
    "half a surrogate pair": ({"\ud800": {"eq": "\ud800"}}, None, "UNKNOWN_FIELD", "where.?"),
    "too much": ({"or": [{}] * 300}, None, "LIMIT_EXCEEDED", "at most 200"),
}


@pytest.mark.parametrize("case", WRONG)
async def test_what_means_nothing_is_an_error(clinic: ShopClient, case: str) -> None:
    where, order, code, message = WRONG[case]
    answer = await clinic.answer(RECORDS, where=where, order=order)
    assert answer["data"] == {"customDataRecords": None}
    [error] = answer["errors"]
    assert error["extensions"]["code"] == code
    assert message in error["message"]
    assert error["extensions"]["at"].startswith(("where", "orderBy"))


async def test_a_definition_that_has_gone_fails_the_condition(shop: ShopClient) -> None:
    """In general form by the parser; in typed form the word is not there any more."""
    await shop.define("Note", {"contact_id": "NUMBER", "text": "STRING"}, relationships=[to("contact_id", "contacts")])
    await shop.define("Vet", {"contact_id": "NUMBER"}, relationships=[to("contact_id", "contacts")])
    where = custom("note", none={})
    general = 'query($where: JSON) { customDataRecords(definition: "vet", where: $where) { nodes { id } } }'
    assert await names(shop, where) == []
    await shop.run("deleteCustomDataDefinition", "userErrors { message }", definition="note")
    [(code, message)] = await shop.errors(general, where={"contact_id": {"is": where}})
    assert code == "DEFINITION_NOT_FOUND"
    assert "'note'" in message
    [(_, message)] = await shop.errors(CONTACTS, where=where)
    assert "note" in message


async def test_ids_take_neither_condition_nor_order(clinic: ShopClient) -> None:
    for more in ("where: {}", "orderBy: [{name: ASC}]"):
        [(code, _)] = await clinic.errors(f'{{ products(ids: ["a"], {more}) {{ nodes {{ id }} }} }}')
        assert code == "BAD_USER_INPUT"


async def test_calendar_words_are_the_shops(shop: ShopClient, other_shop: ShopClient, admin_url: str) -> None:
    """The same moment, a day apart in Kiritimati and in Samoa."""
    now = datetime.now(UTC)
    there = (now + timedelta(hours=14)).date().isoformat()
    query = """query($w: JSON) { customDataRecords(definition: "event", where: $w) { totalCount { count } } }"""
    for client, zone, expected in ((shop, "Pacific/Kiritimati", 1), (other_shop, "Pacific/Pago_Pago", 0)):
        async with administering(admin_url) as connection:
            await connection.execute("update shops set time_zone = $2 where shop_id = $1", client.id, zone)
        await client.define("Event", {"at": "DATETIME"})
        await client.save_one("event", {"at": now.isoformat()})
        found = await client.ask(query, w={"at": {"within": there}})
        assert found["customDataRecords"]["totalCount"]["count"] == expected


TOKENS = {
    "a condition on records": 'customDataRecords(definition: "vet_assignment", where: {}) { nodes { id } }',
    "an order of records": 'customDataRecords(definition: "vet_pricing", orderBy: {field: "since"}) { nodes { id } }',
    "a condition on products": "products(where: {price: {gte: 1}}) { nodes { id } }",
    "an order of products": "products(orderBy: {price: ASC}) { nodes { id } }",
    "a condition on contacts": "contacts(where: {email: {isNull: false}}) { nodes { id } }",
}


@pytest.mark.parametrize("case", TOKENS)
async def test_a_contact_neither_filters_nor_orders(
    database: Database, http: httpx.AsyncClient, admin_url: str, case: str
) -> None:
    vets = await new_vet_shop(await new_shop(database, http, admin_url))
    me = await as_contact(vets.shop, vets.dubois)
    assert [code for code, _ in await me.errors(f"{{ {TOKENS[case]} }}")] == ["FORBIDDEN"]


async def test_two_shops_filter_apart(clinic: ShopClient, other_shop: ShopClient) -> None:
    await other_shop.contact("ada@example.com", firstName="Other")
    assert await names(other_shop, {"email": {"eq": "ada@example.com"}}) == ["Other"]
    assert await names(clinic, {"email": {"eq": "ada@example.com"}}) == ["Ada"]


async def test_a_page_costs_the_same_statements_whatever_its_size(clinic: ShopClient) -> None:
    where = custom("vetVisit", some={"vet": {"town": {"eq": "Lyon"}}})
    seen = []
    for first in (1, 100):
        with clinic.statements() as statements:
            await clinic.ask(CONTACTS, where=where, order=[{"createdAt": "ASC"}], first=first)
        seen.append(statements)
    assert seen[0] == seen[1] == ["definitions.model_known", "contacts.listed", "contacts.listed_count"]


@pytest.mark.parametrize("selected", ["totalCount { count }", "... on ContactConnection { totalCount { count } }"])
async def test_a_count_alone_reads_no_page(clinic: ShopClient, selected: str) -> None:
    query = f"query($where: ContactWhere) {{ contacts(where: $where) {{ {selected} __typename }} }}"
    with clinic.statements() as seen:
        found = await clinic.ask(query, where={"lastName": {"eq": "Byron"}})
    assert found["contacts"]["totalCount"] == {"count": 2}
    assert seen == ["definitions.model_known", "contacts.listed_count"]
