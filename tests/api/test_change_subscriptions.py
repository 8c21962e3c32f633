"""Subscribers see each change once, in the order of commits, and go on where they stopped."""

import asyncio
import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from starlette.applications import Starlette

from app.domain.access import Scope
from app.domain.references import ContactReference
from app.domain.shops import new_key
from app.operations.mint_token import mint_token
from app.server import sockets
from app.server.app import mount
from app.store import wakes
from app.store.database import Database
from app.store.keys import create_key
from tests.shops import ShopClient
from tests.sockets import Socket, connected

CHANGED = """subscription($definition: String, $on: [ChangeKind!], $where: JSON, $after: ID) {
    customDataChanged(definition: $definition, on: $on, where: $where, after: $after) {
        sequence kind idRecord after record { data } } }"""


@pytest.fixture(scope="session")
async def app(database: Database) -> Starlette:
    application = Starlette()
    mount(application, database)
    return application


@asynccontextmanager
async def subscribed(app: Starlette, shop: ShopClient, **asked: Any) -> AsyncIterator[Socket]:
    """A socket on which changes come."""
    async with connected(app) as socket:
        assert await socket.init({"spm-api-key": shop.key}) == {"type": "connection_ack"}
        await socket.subscribe(CHANGED, variables=asked)
        await followed(shop.database, shop)
        yield socket


async def followed(database: Database, shop: ShopClient) -> None:
    """Waits until somebody follows the shop's changes."""
    for _ in range(500):
        if shop.id in database.feeds._feeds:
            return
        await asyncio.sleep(0.01)
    raise AssertionError("nobody follows")


async def events(socket: Socket, number: int) -> list[dict[str, Any]]:
    """The next ones."""
    found = []
    for _ in range(number):
        message = await socket.receive()
        assert message["type"] == "next", message
        found.append(message["payload"]["data"]["customDataChanged"])
    return found


async def test_each_change_comes_once_as_it_is_committed(app: Starlette, shop: ShopClient) -> None:
    key = await shop.define("Loyalty", {"code": "STRING", "points": "NUMBER"}, uniqueKeys=["code"])
    async with subscribed(app, shop) as socket:
        await shop.save(key, {"code": "a", "points": 1})
        await shop.save(key, {"code": "a", "points": 1})  # nothing
        await shop.save(key, {"code": "a", "points": 2}, {"code": "b"})
        seen = await events(socket, 3)
    assert [(each["kind"], each["after"]) for each in seen] == [
        ("CREATED", {"code": "a", "points": 1}),
        ("UPDATED", {"code": "a", "points": 2}),
        ("CREATED", {"code": "b"}),
    ]
    assert seen[1]["record"]["data"]["points"] == 2


async def test_what_is_not_asked_for_stays_away(app: Starlette, shop: ShopClient) -> None:
    one, two = [await shop.define(name, {"n": "NUMBER"}) for name in ("One", "Two")]
    async with subscribed(app, shop, definition=one, on=["CREATED"]) as socket:
        await shop.save(two, {"n": 1})
        await shop.save(one, {"n": 2}, events="SUPPRESS")
        await shop.save(one, {"n": 3}, events="SUMMARY")
        await shop.save(one, {"n": 4})
        [seen] = await events(socket, 1)
    assert seen["after"] == {"n": 4}


async def test_a_condition_speaks_of_the_record_after_the_change_or_before_its_end(
    app: Starlette, shop: ShopClient
) -> None:
    names = [{"sourceField": "contact_id", "targetSchemaType": "SYSTEM", "targetSchema": "contacts"}]
    fields = {"code": "STRING", "tier": "STRING", "points": "DECIMAL", "contact_id": "NUMBER", "since": "DATE"}
    key = await shop.define("Loyalty", fields, uniqueKeys=["code"], relationships=names)
    anna = await shop.contact("anna@example.com")
    where = {
        "tier": {"gt": "Silver"},
        "points": {"gte": "1.5"},
        "contact_id": {"is": {"email": {"startsWith": "anna"}}},
    }
    async with subscribed(app, shop, definition=key, where=where) as socket:
        await shop.save(
            key,
            {"code": "a", "tier": "gold", "points": "1.50", "contact_id": anna},
            {"code": "b", "tier": "gold", "points": "1.49", "contact_id": anna},
            {"code": "c", "tier": "Gold", "points": "2", "contact_id": anna},  # a capital G comes before S
            {"code": "d", "tier": "gold", "points": "2"},
        )
        await shop.save(key, {"code": "d", "contact_id": anna}, {"code": "a", "tier": None})
        ids = {each["data"]["code"]: each["idRecord"] for each in (await shop.ask(
            "query($d: String!) { customDataRecords(definition: $d) { nodes { idRecord data } } }", d=key
        ))["customDataRecords"]["nodes"]}  # fmt: skip
        for code in "ad":
            await shop.run("deleteCustomDataRecord", "deleted", id=ids[code])
        seen = await events(socket, 3)
    assert [(each["kind"], each["idRecord"]) for each in seen] == [
        ("CREATED", ids["a"]), ("UPDATED", ids["d"]), ("DELETED", ids["d"]),
    ]  # fmt: skip


async def test_it_goes_on_behind_what_was_seen(app: Starlette, shop: ShopClient) -> None:
    key = await shop.define("Visit", {"n": "NUMBER"})
    async with subscribed(app, shop) as socket:
        await shop.save(key, {"n": 1})
        [first] = await events(socket, 1)
    await shop.save(key, {"n": 2}, {"n": 3})
    async with subscribed(app, shop, after=first["sequence"]) as socket:
        assert [each["after"]["n"] for each in await events(socket, 2)] == [2, 3]
        await shop.save(key, {"n": 4})
        assert (await events(socket, 1))[0]["after"] == {"n": 4}


async def test_nothing_is_lost_or_doubled_under_many_writers(app: Starlette, shop: ShopClient) -> None:
    """Twelve writers commit in whatever order, half of them through another gateway; three read, one late, one anew
    in between."""
    key = await shop.define("Visit", {"writer": "NUMBER", "n": "NUMBER"})
    start = (await shop.ask("{ customDataChanges(last: 1) { nodes { sequence } } }"))["customDataChanges"]["nodes"]
    after = start[0]["sequence"]

    async def write(writer: int) -> None:
        for n in range(5):
            await shop.save(key, {"writer": writer, "n": n}, {"writer": writer, "n": n})

    async def read(number: int, after: str) -> list[str]:
        async with subscribed(app, shop, after=after) as socket:
            return [each["sequence"] for each in await events(socket, number)]

    async def broken() -> list[str]:
        first = await read(37, after)
        return first + await read(120 - 37, first[-1])

    async def late() -> list[str]:
        await asyncio.sleep(0.2)
        return await read(120, after)

    async with asyncio.timeout(60):
        whole, parts, later, *_ = await asyncio.gather(read(120, after), broken(), late(), *map(write, range(12)))
    assert [int(each) for each in whole] == [*range(int(after) + 1, int(after) + 121)]
    assert parts == whole
    assert later == whole


async def test_other_gateways_hear_of_it(
    app: Starlette, shop: ShopClient, gateway_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the notification, not by looking again after a second."""
    monkeypatch.setattr(wakes, "_LOOK_SECONDS", 600)
    key = await shop.define("Visit", {"n": "NUMBER"})
    other = await Database.connect(gateway_url, size=2)
    theirs = Starlette()
    mount(theirs, other)
    try:
        async with subscribed(app, shop), connected(theirs) as socket:
            assert await socket.init({"spm-api-key": shop.key}) == {"type": "connection_ack"}
            await socket.subscribe(CHANGED)
            await followed(other, shop)
            while not other.wakes.listens:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
            await shop.save(key, {"n": 1})
            [seen] = await events(socket, 1)
            assert seen["after"] == {"n": 1}
    finally:
        await other.close()


async def test_who_leaves_is_forgotten(app: Starlette, shop: ShopClient) -> None:
    async with subscribed(app, shop):
        assert shop.id in shop.database.feeds._feeds
    assert shop.id not in shop.database.feeds._feeds
    async with asyncio.timeout(10):  # its reader may be in the midst of a statement
        while shop.id in shop.database.wakes._waiting:  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def test_who_takes_nothing_is_cut_off(app: Starlette, shop: ShopClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sockets, "SLOWEST_SECONDS", 0.05)
    key = await shop.define("Visit", {"n": "NUMBER"})
    async with subscribed(app, shop) as socket:
        monkeypatch.setattr(socket, "taking", asyncio.Event())
        await shop.save(key, {"n": 1})
        for _ in range(500):
            if shop.id not in shop.database.feeds._feeds:
                break
            await asyncio.sleep(0.01)
        assert shop.id not in shop.database.feeds._feeds


async def test_what_the_log_has_forgotten_is_told(app: Starlette, shop: ShopClient) -> None:
    key = await shop.define("Visit", {"n": "NUMBER"})
    await shop.save(key, *({"n": n} for n in range(5)))
    async with shop.database.writing(shop.id) as session:
        await (await session._ready()).execute("delete from changes where shop_id = $1 and sequence < 4", shop.id)
    async with connected(app) as socket:
        await socket.init({"spm-api-key": shop.key})
        [error] = await socket.run(CHANGED, variables={"after": "1"})
        assert error["payload"][0]["extensions"]["code"] == "CHANGES_FORGOTTEN"
    async with subscribed(app, shop, after="3") as socket:
        assert [each["after"]["n"] for each in await events(socket, 3)] == [2, 3, 4]


async def test_a_log_that_has_not_come_so_far_is_told(app: Starlette, shop: ShopClient) -> None:
    """It may have been restored from a backup: what comes next would come under numbers that were seen already."""
    key = await shop.define("Visit", {"n": "NUMBER"})
    await shop.save(key, {"n": 1})
    async with connected(app) as socket:
        await socket.init({"spm-api-key": shop.key})
        [error] = await socket.run(CHANGED, variables={"after": "3"})
    [told] = error["payload"]
    assert told["extensions"] == {"code": "CHANGES_NOT_REACHED", "last": "2"}
    assert "without after, or behind 2" in told["message"]
    asked = "query($after: String) { customDataChanges(after: $after) { nodes { sequence } } }"
    assert await shop.errors(asked, after="3") == [("CHANGES_NOT_REACHED", told["message"])]
    assert (await shop.ask(asked, after="2"))["customDataChanges"] == {"nodes": []}
    async with subscribed(app, shop, after="2") as socket:
        await shop.save(key, {"n": 2})
        assert [each["sequence"] for each in await events(socket, 1)] == ["3"]


async def test_a_summary_comes_whatever_the_condition(app: Starlette, shop: ShopClient) -> None:
    key = await shop.define("Visit", {"n": "NUMBER"})
    async with subscribed(app, shop, definition=key, where={"n": {"gte": 2}}) as socket:
        await shop.save(key, {"n": 1})
        await shop.save(key, {"n": 1}, {"n": 2}, events="SUMMARY")
        await shop.save(key, {"n": 3})
        assert [each["kind"] for each in await events(socket, 2)] == ["SUMMARY", "CREATED"]


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"after": "x"}, "BAD_USER_INPUT"),
        ({"on": []}, "BAD_USER_INPUT"),
        ({"definition": "none"}, "DEFINITION_NOT_FOUND"),
        ({"where": {}}, "BAD_USER_INPUT"),
    ],
)
async def test_what_cannot_be_followed(asked: dict[str, Any], code: str, app: Starlette, shop: ShopClient) -> None:
    async with connected(app) as socket:
        await socket.init({"spm-api-key": shop.key})
        [error] = await socket.run(CHANGED, variables=asked)
        assert error["payload"][0]["extensions"]["code"] == code


async def test_only_keys_that_may_read_follow(app: Starlette, shop: ShopClient) -> None:
    contact = await shop.contact("anna@example.com")
    async with shop.database.writing(shop.id) as session:
        key, digest, prefix = new_key(shop.id)
        await create_key(session, "writes", digest, prefix, [Scope.WRITE_RECORDS])
    minted = await mint_token(shop.database, shop.id, ContactReference("id_contact", contact), 600)
    assert minted.minted is not None
    for sent in ({"spm-api-key": key}, {"authorization": f"Bearer {minted.minted.token}"}):
        async with connected(app) as socket:
            assert await socket.init(sent) == {"type": "connection_ack"}
            [error] = await socket.run(CHANGED)
            assert error["payload"][0]["extensions"]["code"] == "FORBIDDEN"


async def test_what_an_event_needed_is_free_when_it_was_told(
    app: Starlette, shop: ShopClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A subscription may last for weeks: nothing of each event may stay with it."""
    monkeypatch.setattr("app.store.feeds._RECENT", 50)  # kept for those who are a little behind
    key = await shop.define("Loyalty", {"n": "NUMBER"})
    async with subscribed(app, shop) as socket:
        left = []
        for _ in range(12):
            await shop.save(key, *[{"n": n} for n in range(50)])
            await events(socket, 50)
            gc.collect()
            left.append(len(gc.get_objects()))
    assert left[-1] - left[3] < 400, left  # less than one object of each of 400 events
