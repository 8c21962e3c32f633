"""GraphQL over server-sent events: what comes is what the operation gives, until somebody ends it."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from starlette.applications import Starlette

from app.server import streams
from app.server.app import mount
from app.store.administration import administering
from app.store.database import Database
from tests.shops import ShopClient

TICKS = "subscription($times: Int!) { ping(times: $times) }"


@pytest.fixture(scope="session")
async def app(database: Database) -> Starlette:
    application = Starlette()
    mount(application, database)
    return application


class Stream:
    """A client that posts, and reads what comes."""

    def __init__(self) -> None:
        self.messages: asyncio.Queue[Any] = asyncio.Queue()
        self.taking = asyncio.Event()
        self.taking.set()
        self.gone = asyncio.Event()
        self.sent: list[dict[str, Any]] = []

    async def receive(self) -> Any:
        if self.sent:
            return self.sent.pop()
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Any) -> None:
        await self.taking.wait()
        await self.messages.put(message)

    async def start(self) -> tuple[int, str]:
        message = await asyncio.wait_for(self.messages.get(), 20)
        return message["status"], dict(message["headers"])[b"content-type"].decode()

    async def event(self) -> tuple[str, Any]:
        """The next event's name and data; comments are named ''."""
        text = (await asyncio.wait_for(self.messages.get(), 20))["body"].decode()
        if text.startswith(":"):
            return "", None
        name, data = (line.partition(": ")[2] for line in text.strip("\n").split("\n"))
        answer = json.loads(data) if data else None
        if answer is not None:
            answer.pop("extensions", None)  # the cost
        return name, answer


@asynccontextmanager
async def posted(app: Starlette, key: str, query: str, **variables: Any) -> AsyncIterator[Stream]:
    stream = Stream()
    body = json.dumps({"query": query, "variables": variables}).encode()
    stream.sent = [{"type": "http.request", "body": body, "more_body": False}]
    headers = {"spm-api-key": key, "content-type": "application/json", "accept": "text/event-stream"}
    scope = {
        "type": "http", "method": "POST", "path": "/graphql", "raw_path": b"/graphql", "query_string": b"",
        "root_path": "", "scheme": "http", "http_version": "1.1", "client": ("127.0.0.1", 1),
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }  # fmt: skip
    handling = asyncio.create_task(app(scope, stream.receive, stream.send))  # type: ignore[arg-type]
    try:
        yield stream
    finally:
        stream.gone.set()
        await asyncio.wait_for(handling, 20)


async def test_a_subscription_comes_as_events(app: Starlette, shop: ShopClient) -> None:
    async with posted(app, shop.key, TICKS, times=2) as stream:
        assert await stream.start() == (200, "text/event-stream; charset=utf-8")
        assert [await stream.event() for _ in range(3)] == [
            ("next", {"data": {"ping": 1}}), ("next", {"data": {"ping": 2}}), ("complete", None),
        ]  # fmt: skip


async def test_so_does_any_operation(app: Starlette, shop: ShopClient) -> None:
    async with posted(app, shop.key, "{ shop { idShop } }") as stream:
        await stream.start()
        _, answer = await stream.event()
        assert answer["data"] == {"shop": {"idShop": str(shop.id)}}
        assert await stream.event() == ("complete", None)


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("subscription { nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("subscription { ping(times: 0) }", "BAD_USER_INPUT"),
        ("query A { __typename } query B { __typename }", "OPERATION_RESOLUTION_FAILURE"),
    ],
)
async def test_what_is_wrong_is_an_event_too(query: str, code: str, app: Starlette, shop: ShopClient) -> None:
    async with posted(app, shop.key, query) as stream:
        await stream.start()
        _, answer = await stream.event()
        assert answer["errors"][0]["extensions"]["code"] == code
        assert await stream.event() == ("complete", None)


async def test_strangers_are_told_so_at_once(app: Starlette) -> None:
    async with posted(app, "cdg_1_nothing", TICKS, times=2) as stream:
        assert (await stream.start())[0] == 401


async def test_changes_come_and_who_leaves_is_forgotten(app: Starlette, shop: ShopClient) -> None:
    key = await shop.define("Visit", {"n": "NUMBER"})
    async with posted(app, shop.key, "subscription { customDataChanged(after: 0, on: [CREATED]) { after } }") as stream:
        await stream.start()
        await shop.save(key, {"n": 1})
        assert await stream.event() == ("next", {"data": {"customDataChanged": {"after": {"n": 1}}}})
    assert shop.id not in shop.database.feeds._feeds


async def test_silence_is_filled(app: Starlette, shop: ShopClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "_QUIET_SECONDS", 0.01)
    async with posted(app, shop.key, "subscription { customDataChanged { kind } }") as stream:
        await stream.start()
        assert [await stream.event() for _ in range(2)] == [("", None)] * 2


async def test_a_slow_reader_is_cut_off(app: Starlette, shop: ShopClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "_SLOWEST_SECONDS", 0.05)
    key = await shop.define("Visit", {"n": "NUMBER"})
    async with posted(app, shop.key, "subscription { customDataChanged(after: 0) { after } }") as stream:
        await stream.start()
        stream.taking.clear()
        await shop.save(key, {"n": 1})
        for _ in range(200):
            if shop.id not in shop.database.feeds._feeds and stream.messages.empty():
                break
            await asyncio.sleep(0.02)
        assert shop.id not in shop.database.feeds._feeds
        stream.taking.set()


async def test_it_ends_when_the_key_is_revoked(
    app: Starlette, shop: ShopClient, admin_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.server.auth._TRUST_SECONDS", 0.0)
    async with posted(app, shop.key, TICKS, times=600) as stream:
        await stream.start()
        assert await stream.event() == ("next", {"data": {"ping": 1}})
        async with administering(admin_url) as connection:
            await connection.execute("update api_keys set revoked_at = now() where shop_id = $1", shop.id)
        seen = [await stream.event()]
        while seen[-1][0] != "complete":
            seen.append(await stream.event())
        assert seen[-2][1]["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
