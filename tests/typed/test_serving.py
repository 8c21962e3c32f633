"""Which schema a request is asked in: the shop's own, current, shared where equal, and no more than its viewer may
know of."""

import asyncio
import gc
import re
from dataclasses import replace
from typing import Any
from weakref import ref

import httpx
import pytest
from graphql import build_client_schema, build_schema, get_introspection_query, lexicographic_sort_schema, print_schema
from starlette.applications import Starlette

from app.domain.access import Scope, Viewer
from app.domain.shops import new_key
from app.graphql.documents import Documents
from app.graphql.schema import BREADTH_FIRST, Schema, schema_for
from app.server import shop_schemas
from app.server.app import mount
from app.server.auth import Admitted
from app.store.database import Database
from app.store.keys import create_key
from app.store.shops import find_shop
from tests.processes import run
from tests.shops import ShopClient, new_shop, new_vet_shop, to
from tests.storefront import new_storefront

VERSION = "{ shop { schemaVersion } }"
FIELDS = '{ __type(name: "ShopCustom") { fields { name } } }'


async def version(shop: ShopClient) -> str:
    """As the answer and its header tell it."""
    response = await shop.post(VERSION)
    told: str = response.json()["data"]["shop"]["schemaVersion"]
    assert response.headers["x-schema-version"] == told
    return told


async def test_a_change_is_there_with_the_next_request(shop: ShopClient) -> None:
    seen = [await version(shop)]
    await shop.define("Loyalty", {"points": "NUMBER"})
    seen.append(await version(shop))
    await shop.save("loyalty", {"points": 1})
    assert await version(shop) == seen[-1]
    query = "{ custom { loyalty { nodes { points } } } }"
    assert await shop.ask(query) == {"custom": {"loyalty": {"nodes": [{"points": 1}]}}}
    tier = [{"name": "tier", "type": "STRING"}]
    await shop.run("extendCustomDataDefinition", "userErrors { message }", definition="loyalty", fields=tier)
    found = await shop.ask("{ custom { loyalty { nodes { tier } } } }")
    assert found == {"custom": {"loyalty": {"nodes": [{"tier": None}]}}}
    seen.append(await version(shop))
    await shop.run("deactivateCustomDataDefinition", "userErrors { message }", definition="loyalty")
    assert (await shop.ask(query))["custom"]["loyalty"]["nodes"] == [{"points": 1}]
    await shop.run("deleteCustomDataDefinition", "userErrors { message }", definition="loyalty")
    [(code, message)] = await shop.errors(query)
    assert code == "GRAPHQL_VALIDATION_FAILED"
    assert "custom" in message
    assert await version(shop) == seen[0]
    assert len({*seen}) == 3


async def test_another_process_knows_within_a_second(shop: ShopClient, gateway_url: str) -> None:
    """A second gateway over a pool of its own is told nothing."""
    other = await Database.connect(gateway_url, size=2)
    app = Starlette()
    mount(app, other)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://other") as http:
        there = replace(shop, http=http)
        before = await version(there)
        await shop.define("Loyalty", {"points": "NUMBER"})
        await asyncio.sleep(1.05)
        assert await version(there) == await version(shop) != before
        assert (await there.ask("{ custom { loyalty { nodes { points } } } }"))["custom"]["loyalty"] == {"nodes": []}
    await other.close()


async def test_shops_with_equal_definitions_share_a_schema(
    shop: ShopClient, other_shop: ShopClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[int] = []
    of_shop = Schema.of_shop

    def counted(self: Schema, definitions: Any, *, contact: bool) -> Schema:
        made.append(len(definitions))
        return of_shop(self, definitions, contact=contact)

    monkeypatch.setattr(Schema, "of_shop", counted)
    for each in (shop, other_shop):
        await each.contact("first@example.com")  # so that ids differ
        await each.define("Shared thing", {"contact_id": "NUMBER", "other_id": "NUMBER"},
                          relationships=[to("contact_id", "contacts"), to("other_id", "shared_thing")])  # fmt: skip
    assert await version(shop) == await version(other_shop)
    assert made == [1]
    await shop.save("shared_thing", {})
    counts = [(await each.ask("{ custom { sharedThing { totalCount { count } } } }")) for each in (shop, other_shop)]
    assert [each["custom"]["sharedThing"]["totalCount"]["count"] for each in counts] == [1, 0]


async def test_two_shops_with_different_schemas_take_turns(shop: ShopClient, other_shop: ShopClient) -> None:
    await shop.define("Loyalty", {"points": "NUMBER", "contact_id": "NUMBER"},
                      relationships=[to("contact_id", "contacts")])  # fmt: skip
    await other_shop.define("Loyalty", {"points": "STRING", "product_id": "STRING"},
                            relationships=[to("product_id", "products")])  # fmt: skip
    await shop.save("loyalty", {"points": 1})
    await other_shop.save("loyalty", {"points": "many"})
    query = "{ custom { loyalty { nodes { points } } } }"
    for _ in range(3):
        answers = await asyncio.gather(*(each.ask(query) for each in (shop, other_shop)))
        assert [each["custom"]["loyalty"]["nodes"][0]["points"] for each in answers] == [1, "many"]
        types = [
            (await each.ask('{ __type(name: "Contact") { fields { name } } }'))["__type"]["fields"]
            for each in (shop, other_shop)
        ]
        assert [{"name": "custom"} in fields for fields in types] == [True, False]


async def test_introspection_and_the_command_line_tell_the_same(
    shop: ShopClient, admin_url: str, gateway_url: str
) -> None:
    await new_vet_shop(shop)
    given = {"DATABASE_URL": gateway_url, "DATABASE_ADMIN_URL": admin_url}
    printed = run("schema", "--shop", str(shop.id), **given).stdout
    asked = await shop.ask(get_introspection_query(specified_by_url=True, one_of=True))
    one, other = (lexicographic_sort_schema(each) for each in (build_client_schema(asked), build_schema(printed)))
    assert print_schema(one) == print_schema(other)
    assert re.search(r"^type VetPricing ", printed, re.MULTILINE)
    assert run("schema", "--shop", str(shop.id), "--version", **given).stdout.strip() == await version(shop)


async def test_a_schema_is_told_beside_the_loop(shop: ShopClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is asked together with anything else stays where that is."""
    asked: list[object] = []
    unwatched = asyncio.to_thread

    async def watched(work: Any) -> Any:
        asked.append(work)
        return await unwatched(work)

    monkeypatch.setattr(asyncio, "to_thread", watched)
    told = await shop.ask(get_introspection_query())
    assert (len(told["__schema"]["types"]) > 100, len(asked)) == (True, 1)
    await shop.ask("{ __typename shop { id } __schema { description } }")
    assert len(asked) == 1


async def test_a_contact_is_told_of_what_contacts_may_read(
    database: Database, http: httpx.AsyncClient, admin_url: str
) -> None:
    front = await new_storefront(await new_vet_shop(await new_shop(database, http, admin_url)))
    document = get_introspection_query(input_value_deprecation=True)
    everything = (await front.shop.post(document)).text
    told = (await front.me.post(document)).text
    for name in ("VetPricing", "VetAssignment", "Veterinarian", "Secret"):
        assert f'"{name}"' in everything
        assert f'"{name}"' not in told
    fields = {each["name"] for each in (await front.me.ask(FIELDS))["__type"]["fields"]}
    assert fields == {"assignment", "assignmentById", "gift", "giftById"}
    found = await front.me.ask("{ custom { assignment { nodes { manager { name team { name } } } } } "
                               "me { custom { assignment { nodes { contactId } } } } }")  # fmt: skip
    [own] = found["custom"]["assignment"]["nodes"]
    assert own["manager"]["name"]
    assert found["me"]["custom"]["assignment"]["nodes"] == [{"contactId": str(front.dubois)}]


async def test_a_contact_gets_no_more_in_typed_form(
    database: Database, http: httpx.AsyncClient, admin_url: str
) -> None:
    front = await new_storefront(await new_vet_shop(await new_shop(database, http, admin_url)))
    query = "query($id: ID!) { custom { assignmentById(idRecord: $id) { id } } }"
    assert (await front.me.ask(query, id=str(front.others)))["custom"]["assignmentById"] is None
    assert (await front.me.ask(query, id=str(front.own)))["custom"]["assignmentById"] is not None
    for refused in ("assignment(where: {}) { nodes { id } }", "manager { nodes { id } }", "vetPricing { nodes { id } }",
                    "assignmentByKey(contactId: 1) { id }"):  # fmt: skip
        assert [code for code, _ in await front.me.errors(f"{{ custom {{ {refused} }} }}")] == [
            "GRAPHQL_VALIDATION_FAILED"
        ]
    assert [code for code, _ in await front.me.errors("{ contacts(where: {}) { nodes { id } } }")] == ["FORBIDDEN"]


async def test_a_key_without_read_is_refused(database: Database, shop: ShopClient) -> None:
    await shop.define("Loyalty", {"points": "NUMBER"})
    text, digest, prefix = new_key(shop.id)
    async with database.writing(shop.id) as session:
        await create_key(session, "writes", digest, prefix, [Scope.WRITE_RECORDS])
    errors = await replace(shop, key=text).errors("{ custom { loyalty { nodes { points } } } }")
    assert [code for code, _ in errors] == ["FORBIDDEN"]


async def test_who_waits_too_long_is_told_to_ask_again(
    shop: ShopClient, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shop_schemas, "_PATIENCE", 0.0)
    app = Starlette()
    mount(app, database)
    await shop.define("Slow", {"points": "NUMBER"})
    query = "{ custom { slow { nodes { points } } } }"
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://slow") as http:
        slow = replace(shop, http=http)
        response = await slow.post(query)
        assert (response.status_code, response.headers["retry-after"]) == (429, "1")
        assert response.json()["errors"][0]["extensions"]["code"] == "SHOP_BUSY"
        monkeypatch.setattr(shop_schemas, "_PATIENCE", 30.0)
        assert (await slow.ask(query))["custom"]["slow"] == {"nodes": []}


async def test_old_schemas_are_forgotten_with_their_documents(
    shop: ShopClient, other_shop: ShopClient, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shop_schemas, "_ROOM", 12)
    core = Schema(BREADTH_FIRST)
    schemas = shop_schemas.ShopSchemas(core, database)
    viewers = []
    for each, key in ((shop, "one"), (other_shop, "two")):
        await each.define(key, {"points": "NUMBER"})
        viewers.append(await admitted(each))
    first = await schemas.of(viewers[0])
    assert schemas.known(viewers[0]) is first
    second = await schemas.of(viewers[1])
    assert schemas.known(viewers[0]) is None
    assert schemas.known(viewers[1]) is second
    assert first is not second


async def test_a_schema_that_nobody_uses_is_free_without_looking_for_garbage(
    shop: ShopClient, other_shop: ShopClient, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shop_schemas, "_ROOM", 12)
    schemas = shop_schemas.ShopSchemas(Schema(BREADTH_FIRST), database)
    gone = []
    gc.disable()
    try:
        for each, key in ((shop, "one"), (other_shop, "two")):
            await each.define(key, {"points": "NUMBER", "contact_id": "NUMBER"},
                              relationships=[to("contact_id", "contacts")])  # fmt: skip
            made = await schemas.of(await admitted(each))
            gone += [ref(made), ref(made._schema), ref(made._schema.type_map[key.title()])]
            gone.append(ref(made._schema.type_map[f"{key.title()}Where"]))
            del made
        await schemas._in_thread(lambda: None)  # the thread has taken the first apart
        assert [each() is None for each in gone] == [True] * 4 + [False] * 4
        assert await schemas.of(await admitted(other_shop)) is not None
    finally:
        gc.enable()


async def admitted(shop: ShopClient) -> Admitted:
    async with shop.database.reading(shop.id) as session:
        found = await find_shop(session)
    assert found is not None
    return Admitted(Viewer(frozenset()), found)


async def test_a_shop_whose_schema_cannot_be_made_has_the_core_schema(
    shop: ShopClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_args: Any, **_more: Any) -> Schema:
        raise TypeError("a mistake of ours")

    monkeypatch.setattr(Schema, "of_shop", broken)
    await shop.define("Unlucky", {"points": "NUMBER"})
    await shop.save("unlucky", {"points": 1})
    found = await shop.ask('{ customDataRecords(definition: "unlucky") { nodes { data } } }')
    assert found["customDataRecords"]["nodes"] == [{"data": {"points": 1}}]
    assert "a mistake of ours" in caplog.text


def test_documents_of_all_schemas_are_bounded_together() -> None:
    core = Documents(characters=100)
    shops = [Documents(core) for _ in range(3)]
    document: Any = object()
    for number, each in enumerate([core, *shops]):
        each.keep("x" * 40, document)
        assert each.find("x" * 40) is document
        assert sum(other.find("x" * 40) is not None for other in [core, *shops]) == min(number + 1, 2)
    shops[2].forget()
    assert shops[2].find("x" * 40) is None


def test_the_core_is_untouched() -> None:
    assert "custom" not in schema_for(BREADTH_FIRST)._schema.query_type.fields  # type: ignore[union-attr]
