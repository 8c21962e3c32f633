"""Changes of a shop's own records as they happen, by their types: over WebSocket and as server-sent events."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from starlette.applications import Starlette

from app.server import sockets
from app.server.app import mount
from app.store.database import Database
from tests.api.test_change_subscriptions import followed
from tests.server.test_event_streams import posted
from tests.shops import ShopClient, to
from tests.sockets import Socket, connected
from tests.storefront import as_contact

CHANGED = """subscription($where: LoyaltyWhere, $on: [ChangeKind!], $after: ID) {
    loyaltyChanged(where: $where, on: $on, after: $after) { sequence kind idRecord version changedFields
    before { tier points contactId } after { tier points since contact { email } }
    record { idRecord points } operation } }"""


@pytest.fixture(scope="session")
async def app(database: Database) -> Starlette:
    application = Starlette()
    mount(application, database)
    return application


@pytest.fixture
async def club(shop: ShopClient) -> ShopClient:
    await shop.contact("ada@example.com")
    await shop.define(
        "Loyalty",
        {"contact_id": "NUMBER", "points": "DECIMAL", "since": "DATE",
         "tier": {"type": "STRING", "options": ["gold", "silver"]}},
        uniqueKeys=["contact_id"], relationships=[to("contact_id", "contacts")],
    )  # fmt: skip
    return shop


@asynccontextmanager
async def subscribed(app: Starlette, shop: ShopClient, **asked: Any) -> AsyncIterator[Socket]:
    async with connected(app) as socket:
        assert await socket.init({"spm-api-key": shop.key}) == {"type": "connection_ack"}
        await socket.subscribe(CHANGED, variables=asked)
        await followed(shop.database, shop)
        yield socket


async def events(socket: Socket, number: int) -> list[dict[str, Any]]:
    found = []
    for _ in range(number):
        message = await socket.receive()
        assert message["type"] == "next", message
        found.append(message["payload"]["data"]["loyaltyChanged"])
    return found


async def save(shop: ShopClient, **values: Any) -> None:
    await shop.save("loyalty", {"contact_id": {"by": "email", "value": "ada@example.com"}, **values})


async def test_each_change_with_values_before_and_after(app: Starlette, club: ShopClient) -> None:
    await club.define("Visit", {"n": "NUMBER"})
    async with subscribed(app, club) as socket:
        await save(club, tier="gold", points="1.5", since="2026-01-31")
        await club.save("visit", {"n": 1})
        await save(club, points="2")
        created, updated = await events(socket, 2)
        id_ = created["idRecord"]
        await club.run("deleteCustomDataRecord", "deleted", id=id_)
        [deleted] = await events(socket, 1)
    assert (created["kind"], created["before"], created["version"], created["operation"]) == (
        "CREATED", None, 1, "saveCustomDataRecords",
    )  # fmt: skip
    assert created["after"] == {
        "tier": "gold", "points": "1.50", "since": "2026-01-31", "contact": {"email": "ada@example.com"},
    }  # fmt: skip
    assert {*created["changedFields"]} == {"contactId", "tier", "points", "since"}
    assert updated["before"]["points"] == "1.50"
    assert updated["after"]["points"] == "2.00"
    assert updated["changedFields"] == ["points"]
    assert updated["record"] == {"idRecord": id_, "points": "2.00"}
    assert (deleted["kind"], deleted["after"], deleted["record"]) == ("DELETED", None, None)
    assert deleted["before"]["tier"] == "gold"


async def test_only_what_fulfils_the_condition(app: Starlette, club: ShopClient) -> None:
    where = {"points": {"gte": "2"}, "contact": {"email": {"startsWith": "ada"}}, "tier": {"eq": "gold"}}
    async with subscribed(app, club, where=where, on=["UPDATED", "DELETED"]) as socket:
        await save(club, tier="gold", points="3")
        await save(club, points="1")
        await save(club, points="4")
        [seen] = await events(socket, 1)
    assert seen["after"]["points"] == "4.00"


async def test_it_goes_on_behind_what_was_seen(app: Starlette, club: ShopClient) -> None:
    async with subscribed(app, club) as socket:
        await save(club, points="1")
        [first] = await events(socket, 1)
    await save(club, points="2")
    page = await club.ask('{ customDataChanges(definition: "loyalty", first: 1) { pageInfo { endCursor } } }')
    cursor = page["customDataChanges"]["pageInfo"]["endCursor"]
    log = """query($after: String) { customDataChanges(definition: "loyalty", after: $after) { nodes { sequence } } }"""
    found = (await club.ask(log, after=first["sequence"]))["customDataChanges"]["nodes"]
    for after in (first["sequence"], found[0]["sequence"]):
        behind = (await club.ask(log, after=after))["customDataChanges"]["nodes"]
        assert [each["sequence"] for each in behind] == [
            each["sequence"] for each in found if int(each["sequence"]) > int(after)
        ]
    async with subscribed(app, club, after=cursor) as socket:
        first, second = await events(socket, 2)
        assert (first["after"]["points"], second["after"]["points"]) == ("1.00", "2.00")


async def test_as_server_sent_events(app: Starlette, club: ShopClient) -> None:
    query = "subscription($w: LoyaltyWhere) { loyaltyChanged(where: $w, after: 0) { after { points } } }"
    await save(club, points="1")
    async with posted(app, club.key, query, w={"points": {"gt": 0}}) as stream:
        assert (await stream.start())[0] == 200
        assert await stream.event() == ("next", {"data": {"loyaltyChanged": {"after": {"points": "1.00"}}}})
        await save(club, points="2")
        assert await stream.event() == ("next", {"data": {"loyaltyChanged": {"after": {"points": "2.00"}}}})


async def test_what_cannot_be_followed(app: Starlette, club: ShopClient) -> None:
    for asked, code, at in (
        ({"after": "x"}, "BAD_USER_INPUT", None),
        ({"where": {"contact": {"email": {"like": "\\"}}}}, "INVALID_VALUE", "where.contact.email.like"),
    ):
        async with connected(app) as socket:
            await socket.init({"spm-api-key": club.key})
            [error] = await socket.run(CHANGED, variables=asked)
            found = error["payload"][0]["extensions"]
            assert (found["code"], found.get("at")) == (code, at)
    async with connected(app) as socket:
        await socket.init({"spm-api-key": club.key})
        [error] = await socket.run("subscription { nothingChanged { sequence } }")
        assert "nothingChanged" in error["payload"][0]["message"]


async def test_a_definition_that_changes_meanwhile(app: Starlette, club: ShopClient) -> None:
    """An option that the subscriber's schema does not know is an error at that field."""
    async with subscribed(app, club) as socket:
        await club.run("extendCustomDataDefinition", "userErrors { code }", definition="loyalty",
                       options=[{"field": "tier", "options": ["bronze"]}])  # fmt: skip
        await save(club, tier="bronze", points="1")
        message = await socket.receive()
    assert message["payload"]["data"]["loyaltyChanged"]["after"]["tier"] is None
    assert message["payload"]["errors"][0]["extensions"]["code"] == "SCHEMA_CHANGED"
    assert message["payload"]["data"]["loyaltyChanged"]["after"]["points"] == "1.00"


async def test_who_takes_nothing_is_cut_off(app: Starlette, club: ShopClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sockets, "SLOWEST_SECONDS", 0.05)
    async with subscribed(app, club) as socket:
        monkeypatch.setattr(socket, "taking", asyncio.Event())
        await save(club, points="1")
        for _ in range(500):
            if club.id not in club.database.feeds._feeds:
                break
            await asyncio.sleep(0.01)
        assert club.id not in club.database.feeds._feeds


async def test_contacts_and_other_shops_see_nothing_of_it(
    app: Starlette, club: ShopClient, other_shop: ShopClient
) -> None:
    await club.run("extendCustomDataDefinition", "userErrors { code }", definition="loyalty", contactAccess="READ")
    [contact] = (await club.ask("{ contacts { nodes { idContact } } }"))["contacts"]["nodes"]
    for stranger in (await as_contact(club, int(contact["idContact"])), other_shop):
        async with connected(app) as socket:
            await socket.init({"spm-api-key": stranger.key})
            [error] = await socket.run("subscription { loyaltyChanged { sequence } }")
            assert "loyaltyChanged" in error["payload"][0]["message"]


async def test_a_sequence_that_the_log_has_not_reached_is_told(app: Starlette, club: ShopClient) -> None:
    async with connected(app) as socket:
        await socket.init({"spm-api-key": club.key})
        [error] = await socket.run(CHANGED, variables={"after": "999999"})
    assert error["payload"][0]["extensions"]["code"] == "CHANGES_NOT_REACHED"


async def test_it_ends_with_its_definition(app: Starlette, club: ShopClient) -> None:
    """What was saved before is told as it was."""
    async with subscribed(app, club, on=["CREATED", "DEFINITION_DELETED"]) as socket:
        await save(club, tier="gold", points="1.5")
        await club.run("deleteCustomDataDefinition", "userErrors { code }", definition="loyalty", force=True)
        created, gone = await events(socket, 2)
        assert (await socket.receive())["type"] == "complete"
    assert created["after"]["tier"] == "gold"
    assert (gone["kind"], gone["before"], gone["after"], gone["record"]) == ("DEFINITION_DELETED", None, None, None)
