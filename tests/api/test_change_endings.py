"""A subscription to the changes of a definition ends with it."""

import asyncio
from typing import Any

import pytest
from starlette.applications import Starlette

from app.server.app import mount
from app.store.database import Database
from tests.api.test_change_subscriptions import events, subscribed
from tests.shops import ShopClient
from tests.sockets import Socket


@pytest.fixture(scope="session")
async def app(database: Database) -> Starlette:
    application = Starlette()
    mount(application, database)
    return application


async def deleted(shop: ShopClient, key: str) -> None:
    told = await shop.run("deleteCustomDataDefinition", "userErrors { code }", definition=key, force=True)
    assert told == {"userErrors": []}


async def ending(socket: Socket) -> tuple[str, str | None]:
    """The type of the last message, and the code of the error it tells."""
    message = await socket.receive()
    errors = message.get("payload") or [{"extensions": {"code": None}}]
    return message["type"], errors[0]["extensions"]["code"]


@pytest.mark.parametrize("where", [None, {"n": {"gte": 2}}])
async def test_who_asked_is_told_of_the_definitions_end_and_nothing_comes_after_it(
    where: dict[str, Any] | None, app: Starlette, shop: ShopClient
) -> None:
    key = await shop.define("Visit", {"n": "NUMBER"})
    asked = {"definition": key, "where": where, "on": ["CREATED", "DEFINITION_UPDATED", "DEFINITION_DELETED"]}
    async with subscribed(app, shop, **asked) as socket:
        await shop.save(key, {"n": 2})
        await shop.run("deactivateCustomDataDefinition", "userErrors { code }", definition=key)
        await deleted(shop, key)
        await shop.define("Visit", {"n": "NUMBER"})
        await shop.save(key, {"n": 3})
        kinds = [each["kind"] for each in await events(socket, 3)]
        assert await ending(socket) == ("complete", None)
    assert kinds == ["CREATED", "DEFINITION_UPDATED", "DEFINITION_DELETED"]
    assert shop.id not in shop.database.feeds._feeds


@pytest.mark.parametrize("where", [None, {"n": {"gte": 2}}])
async def test_who_did_not_ask_for_the_definitions_end_gets_an_error(
    where: dict[str, Any] | None, app: Starlette, shop: ShopClient
) -> None:
    key = await shop.define("Visit", {"n": "NUMBER"})
    start = (await shop.ask("{ customDataChanges(last: 1) { nodes { sequence } } }"))["customDataChanges"]["nodes"]
    async with subscribed(app, shop, definition=key, where=where, after=start[0]["sequence"]) as socket:
        await shop.save(key, {"n": 2})
        await deleted(shop, key)
        assert [each["after"] for each in await events(socket, 1)] == [{"n": 2}]
        assert await ending(socket) == ("error", "DEFINITION_NOT_FOUND")


async def test_what_was_read_before_the_deletion_and_judged_after_it_is_told(
    app: Starlette, shop: ShopClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = await shop.define("Visit", {"n": "NUMBER"})
    current, judging, go_on = shop.database.models.current, asyncio.Event(), asyncio.Event()
    async with subscribed(app, shop, definition=key, where={"n": {"gte": 2}}) as socket:

        async def late(session: Any) -> Any:
            judging.set()
            await go_on.wait()
            return await current(session)

        await shop.save(key, {"n": 1}, {"n": 2})
        monkeypatch.setattr(shop.database.models, "current", late)
        await asyncio.wait_for(judging.wait(), 30)
        monkeypatch.undo()
        await deleted(shop, key)
        go_on.set()
        assert [each["after"] for each in await events(socket, 1)] == [{"n": 2}]
        assert await ending(socket) == ("error", "DEFINITION_NOT_FOUND")
