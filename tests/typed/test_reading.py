"""A shop's own definitions as types: what they give is what the general fields give."""

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


@pytest.fixture(scope="module", params=[BREADTH_FIRST, GRAPHQL_CORE])
async def clinic(request: pytest.FixtureRequest, database: Database, admin_url: str) -> AsyncIterator[ShopClient]:
    """Vets with prices and visits; a definition with a field of every type."""
    app = Starlette()
    mount(app, database, Settings.model_construct(executor=request.param))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://gateway") as http:
        yield await _clinic(await new_shop(database, http, admin_url))


async def _clinic(shop: ShopClient) -> ShopClient:
    ada, ben = [await shop.contact(f"{name}@example.com", firstName=name.title()) for name in ("ada", "ben")]
    await shop.products({"idProduct": "a", "name": "Apple", "price": "9.90"}, {"idProduct": "b", "name": "Bowl",
                                                                               "price": 10})  # fmt: skip
    await shop.define("Vet", {"nom": "STRING", "town": "STRING"}, uniqueKeys=["nom"], description="A practice.")
    martin, durand = [await shop.save_one("vet", {"nom": nom, "town": "Lyon"}) for nom in ("Martin", "Durand")]
    await shop.define(
        "Visit",
        {"contact_id": "NUMBER", "vet_id": {"type": "NUMBER", "label": "Who treated"}, "former_vet_id": "NUMBER",
         "product_id": "STRING",
         "mood": {"type": "STRING", "options": ["calm", "wild"]},
         "size": {"type": "STRING", "options": ["S", "very big"]}, "text": "LONGTEXT", "weight": "NUMBER",
         "fee": "DECIMAL", "paid": "BOOLEAN", "day": "DATE", "at": "DATETIME", "place": "GEOLOCATION", "note": "JSON",
         "tags": "LIST", "fees": {"type": "LIST", "elementType": "DECIMAL"},
         "moods": {"type": "LIST", "options": ["calm", "wild"]}},
        relationships=[to("contact_id", "contacts"), to("vet_id", "vet"), to("former_vet_id", "vet"),
                       to("product_id", "products")],
    )  # fmt: skip
    await shop.save("visit", {
        "contact_id": ada, "vet_id": martin, "former_vet_id": durand, "product_id": "a", "mood": "calm",
        "size": "very big", "text": "long", "weight": 2.5, "fee": "1.5", "paid": True, "day": "2026-01-31",
        "at": "2026-01-31T10:00:00+02:00", "place": {"lat": 1, "lng": 2.5}, "note": {"a": [1, None]},
        "tags": ["x", "y"], "fees": ["1", "2.50"], "moods": ["wild", "calm"],
    }, {"contact_id": ben, "vet_id": martin, "weight": 3}, {})  # fmt: skip
    return shop


async def test_a_value_of_every_type(clinic: ShopClient) -> None:
    found = await clinic.ask("""{ custom { visit(first: 1) { nodes { contactId vetId formerVetId productId mood size
        text weight fee paid day at place { lat lng } note tags fees moods version idRecord id } } }
        customDataRecords(definition: "visit", first: 1) { nodes { data id idRecord } } }""")
    [node], [general] = found["custom"]["visit"]["nodes"], found["customDataRecords"]["nodes"]
    data = general["data"]
    assert (node.pop("id"), node.pop("idRecord"), node.pop("version")) == (general["id"], general["idRecord"], 1)
    ids = {"contactId": str(data["contact_id"]), "vetId": str(data["vet_id"]),
           "formerVetId": str(data["former_vet_id"]), "productId": "a"}  # fmt: skip
    same = {key: data[key] for key in
            ("mood", "size", "text", "weight", "paid", "day", "at", "place", "note", "tags", "moods")}  # fmt: skip
    assert node == ids | same | {"fee": "1.50", "fees": ["1.00", "2.50"]}


async def test_nothing_is_null(clinic: ShopClient) -> None:
    found = await clinic.ask("""{ custom { visit(last: 1) { nodes { contactId contact { email } vet { nom } mood size
        text weight fee paid day at place { lat } note tags fees moods product { name } pricing { payable } } } } }""")
    [node] = found["custom"]["visit"]["nodes"]
    assert {*node.values()} == {None}


async def test_relations_both_ways(clinic: ShopClient) -> None:
    found = await clinic.ask("""{ custom { visit(first: 2) { totalCount { count isExact } pageInfo { hasNextPage }
        edges { node { weight } } nodes { contact { firstName custom { visit { nodes { weight } } } }
        product { name custom { visit { nodes { weight } } } } formerVet { nom }
        vet { nom visit(last: 1) { totalCount { count } nodes { weight } } visitByFormerVet { nodes { weight } } }
        } } } }""")
    page = found["custom"]["visit"]
    assert page["totalCount"] == {"count": 3, "isExact": True}
    assert page["pageInfo"] == {"hasNextPage": True}
    assert [edge["node"]["weight"] for edge in page["edges"]] == [2.5, 3]
    first, second = page["nodes"]
    assert first["contact"] == {"firstName": "Ada", "custom": {"visit": {"nodes": [{"weight": 2.5}]}}}
    assert first["product"] == {"name": "Apple", "custom": {"visit": {"nodes": [{"weight": 2.5}]}}}
    assert first["formerVet"] == {"nom": "Durand"}
    assert first["vet"] == second["vet"] == {
        "nom": "Martin", "visit": {"totalCount": {"count": 2}, "nodes": [{"weight": 3}]},
        "visitByFormerVet": {"nodes": []},
    }  # fmt: skip
    assert second["product"] is None


async def test_one_record_by_id_and_by_key(clinic: ShopClient) -> None:
    found = await clinic.ask(
        '{ custom { vetByKey(nom: "Martin") { idRecord id town } none: vetByKey(nom: "X") { id } } }'
    )
    vet = found["custom"]["vetByKey"]
    assert (vet["town"], found["custom"]["none"]) == ("Lyon", None)
    query = "query($id: ID!) { custom { vetById(idRecord: $id) { nom } visitById(idRecord: $id) { id } } }"
    for id_ in (vet["id"], vet["idRecord"]):
        assert (await clinic.ask(query, id=id_))["custom"] == {"vetById": {"nom": "Martin"}, "visitById": None}
    assert (await clinic.ask(query, id="nothing"))["custom"] == {"vetById": None, "visitById": None}


FOUND: dict[str, tuple[Any, list[Any]]] = {
    "an enum": ({"mood": {"eq": "calm"}}, [2.5]),
    "not an enum's value, and nulls": ({"mood": {"ne": "calm"}}, [3, None]),
    "options that are no names": ({"size": {"in": ["very big"]}}, [2.5]),
    "a number": ({"weight": {"between": [2.5, 2.75]}}, [2.5]),
    "a decimal": ({"fee": {"eq": "1.50"}}, [2.5]),
    "a list of options": ({"moods": {"contains": "wild"}}, [2.5]),
    "a list of decimals": ({"fees": {"contains": "1.0"}}, [2.5]),
    "a raw id": ({"contactId": {"isNull": True}}, [None]),
    "a relation": ({"contact": {"firstName": {"eq": "Ben"}}}, [3]),
    "a relation and its raw id": ({"contact": {"firstName": {"eq": "Ben"}}, "contactId": {"gt": 0}}, [3]),
    "a relation that is there": ({"product": {}}, [2.5]),
    "two ways back to one definition": (
        {"vet": {"custom": {"visit": {"some": {}}, "visitByFormerVet": {"none": {}}}}}, [2.5, 3],
    ),
    "two ways back, and an and": (
        {"formerVet": {"custom": {"visit": {"none": {}}, "visitByFormerVet": {"some": {}}}, "and": [{}]}}, [2.5],
    ),
    "a count": ({"vet": {"custom": {"visit": {"count": {"where": {"paid": {"eq": True}}, "eq": 1}}}}}, [2.5, 3]),
    "or and not": ({"or": [{"paid": {"eq": True}}, {"not": {"weight": {"isNull": False}}}]}, [2.5, None]),
    "a day": ({"day": {"within": {"day": "2026-01-31"}}}, [2.5]),
    "a moment": ({"at": {"before": {"moment": "2026-01-31T08:00:01Z"}}}, [2.5]),
    "calendar words": (
        {"at": {"within": {"last": {"years": 90}}}, "createdAt": {"within": {"last": {"days": 1}}}}, [2.5],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", FOUND)
async def test_conditions(clinic: ShopClient, case: str) -> None:
    where, expected = FOUND[case]
    query = "query($w: VisitWhere) { custom { visit(where: $w) { nodes { weight } totalCount { count } } } }"
    page = (await clinic.ask(query, w=where))["custom"]["visit"]
    assert [node["weight"] for node in page["nodes"]] == expected
    assert page["totalCount"] == {"count": len(expected)}


async def test_inside_the_document(clinic: ShopClient) -> None:
    query = """query($town: String) { custom { visit(where: {mood: {in: [calm]}, weight: {lt: 2.6},
        vet: {town: {eq: $town}}}, orderBy: {contact: {firstName: DESC}}) { nodes { weight } } } }"""
    assert (await clinic.ask(query, town="Lyon"))["custom"]["visit"]["nodes"] == [{"weight": 2.5}]


ORDERS: list[tuple[Any, list[Any]]] = [
    ([{"weight": "DESC"}], [3, 2.5, None]), ([{"weight": "ASC_NULLS_FIRST"}], [None, 2.5, 3]),
    ([{"contact": {"firstName": "DESC"}}], [3, 2.5, None]),
    ([{"vet": {"town": "ASC"}}, {"day": "ASC"}], [2.5, 3, None]),
]  # fmt: skip


@pytest.mark.parametrize(("order", "expected"), ORDERS)
async def test_orders_and_their_pages(clinic: ShopClient, order: Any, expected: list[Any]) -> None:
    query = """query($o: [VisitOrderBy!], $after: String) { custom { visit(orderBy: $o, first: 2, after: $after) {
        nodes { weight } pageInfo { endCursor } } } }"""
    first = (await clinic.ask(query, o=order))["custom"]["visit"]
    rest = (await clinic.ask(query, o=order, after=first["pageInfo"]["endCursor"]))["custom"]["visit"]
    assert [node["weight"] for node in first["nodes"] + rest["nodes"]] == expected


WRONG: dict[str, tuple[Any, Any, str, str]] = {
    "nothing to compare with": ({"contact": {"email": {}}}, None, "INVALID_CONDITION", "where.contact.email"),
    "null for a filter": ({"weight": None}, None, "INVALID_CONDITION", "where.weight"),
    "null for a value": ({"mood": {"eq": None}}, None, "INVALID_VALUE", "where.mood.eq"),
    "beside a raw id": ({"contactId": {"gt": 0}, "contact": {"email": {"like": "\\"}}}, None, "INVALID_VALUE",
                        "where.contact.email.like"),
    "a raw id": ({"contactId": {"eq": "x"}, "contact": {}}, None, "INVALID_VALUE", "where.contactId.eq"),
    "one end": ({"and": [{}, {"weight": {"between": [1]}}]}, None, "INVALID_VALUE", "where.and.1.weight.between"),
    "no quantifier": ({"vet": {"custom": {"visit": {}}}}, None, "INVALID_CONDITION", "where.vet.custom.visit"),
    "a second way back": (
        {"vet": {"custom": {"visit": {"some": {}}, "visitByFormerVet": {"some": {"day": {"lt": "x"}}}}}}, None,
        "INVALID_VALUE", "where.vet.custom.visitByFormerVet.some.day.lt",
    ),
    "a second way back beside an and": (
        {"vet": {"and": [{}], "custom": {"visit": {"some": {}}, "visitByFormerVet": {"some": {"day": {"lt": "x"}}}}}},
        None, "INVALID_VALUE", "where.vet.custom.visitByFormerVet.some.day.lt",
    ),
    "a count of nothing": ({"vet": {"custom": {"visit": {"count": {"where": {}}}}}}, None, "INVALID_CONDITION",
                           "where.vet.custom.visit.count"),
    "no such day": ({"day": {"within": {"day": "2026-02-30"}}}, None, "INVALID_PERIOD", "where.day.within"),
    "too many orders": (None, [{"weight": "ASC"}] * 5, "LIMIT_EXCEEDED", "orderBy"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
async def test_errors_name_the_path_that_was_sent(clinic: ShopClient, case: str) -> None:
    where, order, code, path = WRONG[case]
    query = "query($w: VisitWhere, $o: [VisitOrderBy!]) { custom { visit(where: $w, orderBy: $o) { nodes { id } } } }"
    answer = await clinic.answer(query, w=where, o=order)
    assert answer["data"] == {"custom": {"visit": None}}
    [error] = answer["errors"]
    assert (error["extensions"]["code"], error["extensions"]["at"]) == (code, path)


async def test_what_a_page_follows_is_read_with_it(clinic: ShopClient) -> None:
    typed = """{ custom { visit(first: 2) { nodes { ...V contact { email } ... on Visit { p: product { name } } } } } }
        fragment V on Visit { vet { nom } }"""
    await clinic.ask(typed)
    with clinic.statements() as seen:
        await clinic.ask(typed)
    assert [name.partition("+")[0] for name in seen] == ["definitions.model_known", "records.page_forward"]
    assert seen[1].count("+") == 3


async def test_the_statements_are_those_of_the_general_form(clinic: ShopClient) -> None:
    pairs = {
        """{ custom { visit { totalCount { count } nodes { contact { custom { visit { nodes {
            vet { nom } } } } } } } } }""":
        """{ customDataRecords(definition: "visit") { totalCount { count } nodes { relation(field: "contact_id") {
            ... on Contact { customData(definition: "visit") { nodes { relation(field: "vet_id") {
            ... on CustomDataRecord { data } } } } } } } } }""",
        """{ custom { visit(where: {vet: {town: {eq: "Lyon"}}}) { nodes { weight } } } }""":
        """{ customDataRecords(definition: "visit", where: {vet_id: {is: {town: {eq: "Lyon"}}}}) {
            nodes { data } } }""",
        "{ custom { vet { nodes { visit { nodes { weight } } } } } }":
        """{ customDataRecords(definition: "vet") { nodes { relatedBy(definition: "visit") { nodes { data } } } } }""",
    }  # fmt: skip
    for typed, general in pairs.items():
        seen = []
        for query in (typed, general):
            await clinic.ask(query)
            with clinic.statements() as statements:
                await clinic.ask(query)
            seen.append(sorted(statements))
        assert seen[0] == seen[1]


async def test_segments_in_typed_conditions(clinic: ShopClient) -> None:
    create = "mutation($i: CreateSegmentInput!) { createSegment(input: $i) { userErrors { message } } }"
    name = {"name": "Heavy", "where": {"custom": {"visit": {"some": {"weight": {"gte": 3}}}}}}
    assert (await clinic.ask(create, i=name))["createSegment"]["userErrors"] == []
    query = """query($w: ContactWhere) { contacts(where: $w) { nodes { firstName } }
        segment(name: "heavy") { contacts(orderBy: [{firstName: DESC}]) { nodes { firstName } } }
        custom { visit(where: {contact: {segment: {in: ["Heavy"]}}}) { nodes { weight } } } }"""
    found = await clinic.ask(query, w={"segment": {"notIn": ["heavy"]}})
    assert found["contacts"]["nodes"] == [{"firstName": "Ada"}]
    assert found["segment"]["contacts"]["nodes"] == [{"firstName": "Ben"}]
    assert found["custom"]["visit"]["nodes"] == [{"weight": 3}]
    answer = await clinic.answer(query, w={"not": {"segment": {"in": ["nobody"]}}})
    assert answer["errors"][0]["extensions"]["at"] == "where.not.segment.in.0"
