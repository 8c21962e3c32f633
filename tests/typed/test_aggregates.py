"""What a shop's own records amount to, by their types: the groups and figures of the general form."""

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


@pytest.fixture(scope="module", params=[BREADTH_FIRST, GRAPHQL_CORE])
async def clinic(request: pytest.FixtureRequest, database: Database, admin_url: str) -> AsyncIterator[ShopClient]:
    """Two people with visits to a vet and to none."""
    app = Starlette()
    mount(app, database, Settings.model_construct(executor=request.param))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://gateway") as http:
        shop = await new_shop(database, http, admin_url)
        ada, ben = [await shop.contact(f"{name}@example.com", lang=name[:1]) for name in ("ada", "ben")]
        await shop.products({"idProduct": "a", "name": "Apple", "price": "9.90"},
                            {"idProduct": "b", "name": "Bowl", "price": 10})  # fmt: skip
        await shop.define("Vet", {"nom": "STRING", "true": "STRING"}, uniqueKeys=["nom"])
        martin, _ = [await shop.save_one("vet", {"nom": nom}) for nom in ("Martin", "Durand")]
        await shop.define(
            "Visit",
            {"contact_id": "NUMBER", "vet_id": "NUMBER", "product_id": "STRING",
             "mood": {"type": "STRING", "options": ["calm", "wild"]}, "weight": "NUMBER", "fee": "DECIMAL",
             "paid": "BOOLEAN", "day": "DATE", "at": "DATETIME", "tags": "LIST"},
            relationships=[to("contact_id", "contacts"), to("vet_id", "vet"), to("product_id", "products")],
        )  # fmt: skip
        await shop.save(
            "visit",
            {"contact_id": ada, "vet_id": martin, "product_id": "a", "mood": "calm", "weight": 0.1, "fee": "1.50",
             "paid": True, "day": "2026-01-31", "at": "2026-01-31T10:00:00Z", "tags": ["x"]},
            {"contact_id": ada, "vet_id": martin, "product_id": "b", "mood": "calm", "weight": 0.2, "fee": "2",
             "paid": False, "day": "2026-02-01", "at": "2026-02-01T10:00:00Z"},
            {"contact_id": ben, "mood": "wild", "weight": 5, "day": "2026-02-28", "at": "2026-02-28T23:30:00Z"},
            {},
        )  # fmt: skip
        yield shop


async def groups(shop: ShopClient, arguments: str, selection: str, **variables: Any) -> Any:
    kinds = {"h": "VisitHaving", "g": "[VisitGroupBy!]", "f": "VisitAggregateField"}
    declared = f"({', '.join(f'${name}: {kinds[name]}' for name in variables)})" if variables else ""
    query = f"query{declared} {{ custom {{ visitAggregate{arguments} {{ groups {{ {selection} }} hasMore }} }} }}"
    return (await shop.ask(query, **variables))["custom"]["visitAggregate"]["groups"]


async def test_figures_of_every_type(clinic: ShopClient) -> None:
    [found] = await groups(clinic, "", """count values: count(of: fee) moods: count(of: mood, distinct: true)
        sum { weight fee product { price } } avg { weight fee } min { mood weight fee day at contact { email } version }
        max { contactId vet { nom } createdAt product { idProduct price } }""")  # fmt: skip
    assert found["sum"] == {"weight": 5.3, "fee": "3.50", "product": {"price": "19.90"}}
    assert found["avg"] == {"weight": pytest.approx(5.3 / 3), "fee": "1.75"}
    assert found["min"] == {
        "mood": "calm", "weight": 0.1, "fee": "1.50", "day": "2026-01-31", "at": "2026-01-31T10:00:00Z",
        "contact": {"email": "ada@example.com"}, "version": 1,
    }  # fmt: skip
    assert found["max"].pop("createdAt").endswith("Z")
    assert found["max"].pop("contactId").isdigit()
    assert found["max"] == {"vet": {"nom": "Martin"}, "product": {"idProduct": "b", "price": "10.00"}}
    assert (found["count"], found["values"], found["moods"]) == (4, 2, 2)


async def test_groups_by_values_units_and_along_relations(clinic: ShopClient) -> None:
    found = await groups(clinic, "(groupBy: [{mood: VALUE}, {day: MONTH}])", "keys { mood day } count")
    assert found == [
        {"keys": {"mood": "calm", "day": "2026-01-01"}, "count": 1},
        {"keys": {"mood": "calm", "day": "2026-02-01"}, "count": 1},
        {"keys": {"mood": "wild", "day": "2026-02-01"}, "count": 1},
        {"keys": {"mood": None, "day": None}, "count": 1},
    ]
    found = await groups(clinic, "(groupBy: [{contact: {lang: VALUE}}, {vet: {nom: VALUE}}])",
                         "keys { contact { lang } vet { nom } } count")  # fmt: skip
    assert [(each["keys"]["contact"]["lang"], each["keys"]["vet"]["nom"], each["count"]) for each in found] == [
        ("a", "Martin", 2), ("b", None, 1), (None, None, 1),
    ]  # fmt: skip
    found = await groups(clinic, "(groupBy: [{at: YEAR}, {at: MONTH}], first: 1)",
                         "keys { year: at(unit: YEAR) month: at(unit: MONTH) }")  # fmt: skip
    assert found == [{"keys": {"year": "2026-01-01", "month": "2026-01-01"}}]
    found = await groups(clinic, "(groupBy: [{paid: VALUE}, {product: {price: VALUE}}], first: 1)",
                         "keys { paid product { price } }")  # fmt: skip
    assert found == [{"keys": {"paid": False, "product": {"price": "10.00"}}}]


async def test_groups_in_an_order(clinic: ShopClient) -> None:
    for order, moods in (
        ("{sum: {weight: DESC}}", ["wild", "calm", None]), ("{count: DESC}", ["calm", "wild", None]),
        ("{key: {mood: ASC_NULLS_FIRST}}", [None, "calm", "wild"]),
        ("{max: {product: {price: DESC}}}", ["calm", "wild", None]), ("{min: {day: ASC}}", ["calm", "wild", None]),
        ("{avg: {weight: DESC_NULLS_FIRST}}", [None, "wild", "calm"]),
    ):  # fmt: skip
        found = await groups(clinic, f"(groupBy: [{{mood: VALUE}}], orderBy: [{order}])", "keys { mood }")
        assert [each["keys"]["mood"] for each in found] == moods, order


async def test_groups_chosen_by_their_figures(clinic: ShopClient) -> None:
    for having, moods in (
        ({"count": {"gte": 2}}, ["calm"]), ({"count": {"of": "fee", "eq": 0}}, ["wild", None]),
        ({"count": {"of": "day", "distinct": True, "between": [1, 2]}}, ["calm", "wild"]),
        ({"sum": {"weight": {"eq": 0.3}}}, ["calm"]), ({"sum": {"product": {"price": {"gt": "19.89"}}}}, ["calm"]),
        ({"not": {"sum": {"weight": {"gt": 1}}}}, ["calm", None]), ({"avg": {"fee": {"in": ["1.75"]}}}, ["calm"]),
        ({"max": {"day": {"after": {"day": "2026-02-10"}}}}, ["wild"]),
        ({"min": {"fee": {"isNull": True}}}, ["wild", None]),
        ({"or": [{"min": {"contact": {"email": {"startsWith": "ada"}}}}, {"count": {"eq": 0}}]}, ["calm"]),
        ({"and": [], "max": {"weight": {"ne": 5}}}, ["calm", None]), ({"or": []}, []), ({}, ["calm", "wild", None]),
        ({"max": {"at": {"within": {"this": "DAY"}}}}, []),
    ):  # fmt: skip
        found = await groups(clinic, "(groupBy: $g, having: $h)", "keys { mood }", h=having, g=[{"mood": "VALUE"}])
        assert [each["keys"]["mood"] for each in found] == moods, having
    assert await groups(clinic, "(having: {count: {gt: 4}})", "count") == []


async def test_behind_each_parent(clinic: ShopClient) -> None:
    found = await clinic.ask("""{ contacts { nodes { custom { visitAggregate(groupBy: [{mood: VALUE}]) {
        groups { keys { mood } count sum { fee } } } } } }
        products { nodes { custom { visitAggregate { groups { max { weight } } } } } }
        custom { vet { nodes { nom visitAggregate(where: {weight: {gt: 0.15}}) { groups { count } } } } } }""")
    assert [each["custom"]["visitAggregate"]["groups"] for each in found["contacts"]["nodes"]] == [
        [{"keys": {"mood": "calm"}, "count": 2, "sum": {"fee": "3.50"}}],
        [{"keys": {"mood": "wild"}, "count": 1, "sum": {"fee": None}}],
    ]
    assert [each["custom"]["visitAggregate"]["groups"] for each in found["products"]["nodes"]] == [
        [{"max": {"weight": 0.1}}], [{"max": {"weight": 0.2}}],
    ]  # fmt: skip
    assert [each["visitAggregate"]["groups"] for each in found["custom"]["vet"]["nodes"]] == [
        [{"count": 1}], [{"count": 0}],
    ]  # fmt: skip


async def test_one_statement_for_all_figures_and_parents(clinic: ShopClient) -> None:
    await clinic.ask("{ __typename }")
    seen = []
    for first in (1, 2):
        with clinic.statements() as statements:
            await clinic.ask(f"""{{ contacts(first: {first}) {{ nodes {{ custom {{
                visitAggregate(having: {{count: {{gte: 0}}}}) {{
                groups {{ ...F ... on VisitAggregate {{ max {{ day }} }} }} }} }} }} }} }}
                fragment F on VisitAggregate {{ sum {{ fee __typename }} avg {{ ...N }} count(of: day) }}
                fragment N on VisitAggregateNumbers {{ fee product {{ price }} }}""")
        seen.append(statements)
    assert seen[0] == seen[1]
    assert [each for each in seen[0] if "aggregated" in each] == ["records.aggregated_ref1"]


async def test_figures_by_variables_and_under_directives(clinic: ShopClient) -> None:
    [found] = await groups(clinic, "", "count(of: $f) sum @skip(if: true) { fee }", f="fee")
    assert found == {"count": 2}


async def test_what_is_wrong_is_told_as_it_was_sent(clinic: ShopClient) -> None:
    for arguments, selection, code, at in (
        ('(where: {contact: {email: {like: "\\\\"}}})', "count", "INVALID_VALUE", "where.contact.email.like"),
        ("(having: {sum: {product: {price: {between: [1]}}}})", "count", "INVALID_VALUE",
         "having.sum.product.price.between"),
        ("(having: {count: {}})", "count", "INVALID_CONDITION", "having.count"),
        ("(orderBy: [{sum: {mood: ASC}}])", "count", "INVALID_AGGREGATE", "orderBy.0"),
        (f"(groupBy: [{'{day: DAY} ' * 5}])", "count", "LIMIT_EXCEEDED", "groupBy"),
        ("(first: 1001)", "count", "LIMIT_EXCEEDED", None),
        ("(groupBy: [{mood: VALUE}])", "keys { day }", "UNKNOWN_FIELD", None),
        ("", "count(of: tags, distinct: true)", "INVALID_AGGREGATE", None),
    ):  # fmt: skip
        answer = await clinic.answer(f"{{ custom {{ visitAggregate{arguments} {{ groups {{ {selection} }} }} }} }}")
        found = answer["errors"][0]["extensions"]
        assert (found["code"], found.get("at")) == (code, at), arguments


async def test_only_what_means_something_is_there(clinic: ShopClient) -> None:
    query = (
        '{ a: __type(name: "VetAggregate") { fields { name } } b: __type(name: "VetHaving") { inputFields { name } } }'
    )
    found = await clinic.ask(query)
    assert [each["name"] for each in found["a"]["fields"]] == ["keys", "count", "min", "max"]
    assert [each["name"] for each in found["b"]["inputFields"]] == ["and", "or", "not", "count", "min", "max"]


async def test_the_cost_is_that_of_the_general_form(clinic: ShopClient) -> None:
    typed = await clinic.answer("{ custom { visitAggregate(first: 10) { groups { count sum { fee } } } } }")
    general = await clinic.answer(
        '{ customDataAggregate(definition: "visit", first: 10) { groups { count sum(field: "fee") } } }'
    )
    costs = [each["extensions"]["cost"]["requested"] for each in (typed, general)]
    assert 0 <= costs[0] - costs[1] <= 2


async def test_contacts_see_nothing_of_it(clinic: ShopClient) -> None:
    await clinic.run("extendCustomDataDefinition", "userErrors { code }", definition="visit", contactAccess="READ")
    [contact, _] = (await clinic.ask("{ contacts { nodes { idContact } } }"))["contacts"]["nodes"]
    ada = await as_contact(clinic, int(contact["idContact"]))
    for query in ("{ custom { visitAggregate { groups { count } } } }",
                  "{ me { custom { visitAggregate { groups { count } } } } }"):  # fmt: skip
        answer = await ada.answer(query)
        assert "Cannot query field 'visitAggregate'" in answer["errors"][0]["message"]
