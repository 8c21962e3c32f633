"""What contacts and products amount to, by their types: the groups and figures of the general form."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from app.graphql.schema import BREADTH_FIRST, GRAPHQL_CORE
from app.server.app import mount
from app.server.settings import Settings
from app.store.database import Database
from tests.shops import ShopClient, new_shop, to
from tests.storefront import as_contact

GOODS = [
    {"idProduct": "a", "name": "Apple", "price": "9.90", "priceDiscount": "5", "currency": "EUR"},
    {"idProduct": "b", "name": "Bowl", "price": "10", "currency": "EUR"},
    {"idProduct": "c", "name": "Cat", "price": "0.10", "currency": "USD", "isActive": False},
]


@pytest.fixture(scope="module", params=[BREADTH_FIRST, GRAPHQL_CORE])
async def store(request: pytest.FixtureRequest, database: Database, admin_url: str) -> AsyncIterator[ShopClient]:
    """Four people, three products, and a card of one of them."""
    app = Starlette()
    mount(app, database, Settings.model_construct(executor=request.param))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://gateway") as http:
        shop = await new_shop(database, http, admin_url)
        for name, lang in (("ada", "fr"), ("ben", "en"), ("cyd", "fr"), ("dan", None)):
            await shop.contact(f"{name}@example.com", lang=lang)
        await shop.products(*GOODS)
        await shop.define("Card", {"contact_id": "NUMBER"}, relationships=[to("contact_id", "contacts")])
        yield shop


async def groups(shop: ShopClient, of: str, arguments: str, selection: str, **variables: Any) -> Any:
    kinds = {"h": "ContactHaving", "g": "[ContactGroupBy!]", "o": "[ContactAggregateOrderBy!]", "w": "ContactWhere"}
    declared = f"({', '.join(f'${name}: {kinds[name]}' for name in variables)})" if variables else ""
    query = f"query{declared} {{ custom {{ {of}Aggregate{arguments} {{ groups {{ {selection} }} hasMore }} }} }}"
    return (await shop.ask(query, **variables))["custom"][f"{of}Aggregate"]["groups"]


async def test_contacts_in_groups(store: ShopClient) -> None:
    found = await groups(
        store, "contacts", "(groupBy: $g, having: $h, orderBy: $o, where: $w)",
        "keys { lang } count mails: count(of: email, distinct: true) min { email } max { email }",
        g=[{"lang": "VALUE"}], h={"min": {"email": {"startsWith": "A"}}}, o=[{"count": "DESC"}],
        w={"lang": {"isNull": False}},
    )  # fmt: skip
    assert found == [{"keys": {"lang": "fr"}, "count": 2, "mails": 2, "min": {"email": "ada@example.com"},
                      "max": {"email": "cyd@example.com"}}]  # fmt: skip
    found = await groups(store, "contacts", "(groupBy: $g, orderBy: $o)", "keys { lang } count", g=[{"lang": "VALUE"}],
                         o=[{"count": "DESC"}, {"key": {"lang": "ASC_NULLS_FIRST"}}])  # fmt: skip
    assert [(each["keys"]["lang"], each["count"]) for each in found] == [("fr", 2), (None, 1), ("en", 1)]
    [found] = await groups(store, "contacts", "(groupBy: [{createdAt: YEAR}])", "keys { createdAt } count")
    assert found["keys"]["createdAt"].endswith("-01-01")
    assert found["count"] == 4


async def test_products_with_their_prices(store: ShopClient) -> None:
    found = await groups(
        store, "products", "(groupBy: [{currency: VALUE}], orderBy: [{sum: {price: DESC}}])",
        "keys { currency } sum { price priceDiscount } avg { price } max { idProduct price }",
    )  # fmt: skip
    assert found == [
        {"keys": {"currency": "EUR"}, "sum": {"price": "19.90", "priceDiscount": "5.00"}, "avg": {"price": "9.95"},
         "max": {"idProduct": "b", "price": "10.00"}},
        {"keys": {"currency": "USD"}, "sum": {"price": "0.10", "priceDiscount": None}, "avg": {"price": "0.10"},
         "max": {"idProduct": "c", "price": "0.10"}},
    ]  # fmt: skip
    chosen = '(where: {isActive: {eq: true}}, groupBy: [{idProduct: VALUE}], having: {sum: {price: {gt: "9.95"}}})'
    assert await groups(store, "products", chosen, "keys { idProduct }") == [{"keys": {"idProduct": "b"}}]


async def test_what_is_told_is_what_the_general_form_tells(store: ShopClient) -> None:
    asked = """{ general: productsAggregate { groups { count sum(field: "price") max(field: "name") } }
        custom { productsAggregate { groups { count sum { price } max { name } } } } }"""
    found = await store.ask(asked)
    [general], [typed] = found["general"]["groups"], found["custom"]["productsAggregate"]["groups"]
    assert (typed["count"], typed["sum"]["price"], typed["max"]["name"]) == (3, "20.00", "Cat")
    assert (general["count"], general["sum"], general["max"]) == (3, "20", "Cat")


async def test_one_statement_whatever_is_selected(store: ShopClient) -> None:
    await store.ask("{ __typename }")
    with store.statements() as statements:
        await groups(store, "contacts", "(groupBy: [{lang: VALUE}])", "keys { lang } count max { email lastName }")
    assert [each for each in statements if "aggregated" in each] == ["contacts.aggregated"]


async def test_what_is_wrong_is_told_as_it_was_sent(store: ShopClient) -> None:
    for arguments, code, at in (
        ("(having: {min: {email: {like: \"\\\\\"}}})", "INVALID_VALUE", "having.min.email.like"),
        ("(where: {lastName: {like: \"\\\\\"}})", "INVALID_VALUE", "where.lastName.like"),
        (f"(groupBy: [{'{lang: VALUE} ' * 5}])", "LIMIT_EXCEEDED", "groupBy"),
        ("(first: 1001)", "LIMIT_EXCEEDED", None),
    ):  # fmt: skip
        answer = await store.answer(f"{{ custom {{ contactsAggregate{arguments} {{ groups {{ count }} }} }} }}")
        found = answer["errors"][0]["extensions"]
        assert (found["code"], found.get("at")) == (code, at), arguments


async def test_contacts_have_nothing_to_sum_up(store: ShopClient) -> None:
    found = await store.ask("""{ a: __type(name: "ContactAggregate") { fields { name } }
        b: __type(name: "ProductHaving") { inputFields { name } } }""")
    assert [each["name"] for each in found["a"]["fields"]] == ["keys", "count", "min", "max"]
    assert {"sum", "avg"} <= {each["name"] for each in found["b"]["inputFields"]}


async def test_contacts_see_nothing_of_it(store: ShopClient) -> None:
    await store.run("extendCustomDataDefinition", "userErrors { code }", definition="card", contactAccess="READ")
    [contact] = (await store.ask("{ contacts(first: 1) { nodes { idContact } } }"))["contacts"]["nodes"]
    ada = await as_contact(store, int(contact["idContact"]))
    for kind in ("contacts", "products"):
        answer = await ada.answer(f"{{ custom {{ {kind}Aggregate {{ groups {{ count }} }} }} }}")
        assert f"Cannot query field '{kind}Aggregate'" in answer["errors"][0]["message"]
