"""Between the choice of a schema and the snapshot a definition may change: an error that says so, or null; no crash."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from app.graphql.schema import BREADTH_FIRST, GRAPHQL_CORE, Schema
from app.server.app import mount
from app.server.settings import Settings
from app.server.shop_schemas import ShopSchemas
from app.store.database import Database
from tests.shops import ShopClient, new_shop, to


@pytest.fixture(params=[BREADTH_FIRST, GRAPHQL_CORE])
async def shop(
    request: pytest.FixtureRequest, database: Database, admin_url: str, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[ShopClient]:
    """A shop whose first schema with these definitions is used for ever."""
    app = Starlette()
    mount(app, database, Settings.model_construct(executor=request.param))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://gateway") as http:
        shop = await new_shop(database, http, admin_url)
        await shop.contact("ada@example.com")
        await shop.define("Vet", {"nom": "STRING"}, uniqueKeys=["nom"])
        await shop.define(
            "Card", {"contact_id": "NUMBER", "vet_id": "NUMBER", "tier": {"type": "STRING", "options": ["gold"]},
                     "points": "NUMBER", "tags": "LIST", "day": "DATE"},
            relationships=[to("contact_id", "contacts"), to("vet_id", "vet")], uniqueKeys=["contact_id"],
        )  # fmt: skip
        await shop.save_one("vet", {"nom": "Martin"})
        await shop.save_one("card", {"contact_id": {"by": "email", "value": "ada@example.com"}, "tier": "gold",
                                     "vet_id": {"by": "nom", "value": "Martin"}, "points": 1})  # fmt: skip
        kept: list[Schema] = []
        of = ShopSchemas.of

        async def first(schemas: ShopSchemas, admitted: Any) -> Schema:
            kept.append(await of(schemas, admitted))
            return kept[0]

        monkeypatch.setattr(ShopSchemas, "of", first)
        monkeypatch.setattr(ShopSchemas, "known", lambda _schemas, _admitted: None)
        await shop.ask("{ __typename }")
        yield shop


QUERY = """{ custom { card { nodes { tier points tags day contactId contact { email } vet { nom } } } } }"""


async def gone(shop: ShopClient, key: str) -> None:
    await shop.run("deleteCustomDataDefinition", "userErrors { message }", definition=key, force=True)


async def codes(shop: ShopClient, query: str, **variables: Any) -> list[str]:
    response = await shop.post(query, variables)
    assert response.status_code == 200
    return [error["extensions"]["code"] for error in response.json().get("errors", [])]


async def test_a_definition_that_has_gone(shop: ShopClient) -> None:
    await gone(shop, "card")
    everywhere = """{ custom { card { nodes { id } } } contacts { nodes { custom { card { nodes { id } } } } }
        byKey: custom { cardByKey(contactId: 1) { id } } other: custom { vet { nodes { card { nodes { id } } } } } }"""
    assert await codes(shop, everywhere) == ["DEFINITION_NOT_FOUND"] * 4
    where = """query($w: ContactWhere) { contacts(where: $w) { nodes { id } } }"""
    assert await codes(shop, where, w={"custom": {"card": {"none": {}}}}) == ["DEFINITION_NOT_FOUND"]
    saved = await shop.ask("mutation { custom { saveCard(records: [{points: 1}]) { userErrors { code path } } } }")
    assert saved["custom"]["saveCard"]["userErrors"] == [{"code": "DEFINITION_NOT_FOUND", "path": None}]


async def test_what_a_relation_points_to_has_gone(shop: ShopClient) -> None:
    await gone(shop, "vet")
    [node] = (await shop.ask(QUERY))["custom"]["card"]["nodes"]
    assert (node["vet"], node["contact"]) == (None, {"email": "ada@example.com"})
    assert await codes(shop, "{ custom { card(where: {vet: {}}) { nodes { id } } } }") == ["DEFINITION_NOT_FOUND"]


async def test_another_definition_of_the_same_key(shop: ShopClient) -> None:
    """Other fields of the same names: what the type cannot show is an error of that field."""
    await gone(shop, "card")
    await shop.define("Card", {"contact_id": "STRING", "tier": "STRING", "points": "STRING", "tags": "STRING",
                               "day": "JSON"})  # fmt: skip
    await shop.save_one("card", {"tier": "lead", "points": "many", "tags": "x", "day": {"a": 1}, "contact_id": "c"})
    answer = await shop.answer(QUERY)
    [node] = answer["data"]["custom"]["card"]["nodes"]
    assert node == {"tier": None, "points": None, "tags": None, "day": None, "contactId": "c", "contact": None,
                    "vet": None}  # fmt: skip
    told = sorted((error["path"][-1], error["extensions"]["code"]) for error in answer["errors"])
    assert told == [("contact", "UNKNOWN_FIELD"), ("day", "SCHEMA_CHANGED"), ("points", "SCHEMA_CHANGED"),
                    ("tags", "SCHEMA_CHANGED"), ("tier", "SCHEMA_CHANGED"), ("vet", "UNKNOWN_FIELD")]  # fmt: skip
    condition = "{ custom { card(where: {points: {gt: 1}}) { nodes { id } } } }"
    assert await codes(shop, condition) == ["INVALID_VALUE"]
    assert await codes(shop, "{ custom { card(orderBy: [{vet: {nom: ASC}}]) { nodes { id } } } }") == [
        "INVALID_RELATIONSHIP"
    ]
    assert await codes(shop, "{ custom { cardByKey(contactId: 1) { id } } }") != ["INTERNAL"]


async def test_a_new_option(shop: ShopClient) -> None:
    sent = {"definition": "card", "options": [{"field": "tier", "options": ["silver"]}]}
    await shop.run("extendCustomDataDefinition", "userErrors { message }", **sent)
    await shop.save_one("card", {"contact_id": {"by": "email", "value": "ada@example.com"}, "tier": "silver"})
    answer = await shop.answer("{ custom { card { nodes { tier points } } } }")
    assert answer["data"]["custom"]["card"]["nodes"] == [{"tier": None, "points": 1}]
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["SCHEMA_CHANGED"]
