"""A gateway that is told to stop finishes what is under way, tells WebSockets, and ends; one that cannot finish ends
all the same."""

import asyncio
import json
import signal

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from tests.limits.edge import locked
from tests.processes import PATIENCE, Gateway, serving
from tests.shops import ShopClient

SAVE = "mutation($input: SaveRecordsInput!) { saveCustomDataRecords(input: $input) { created } }"
SAVES = 6


async def saves(gateway: Gateway, shop: ShopClient) -> list[httpx.Response | BaseException]:
    """Several at once."""
    async with httpx.AsyncClient(base_url=gateway.url, timeout=PATIENCE) as http:
        bodies = [{"query": SAVE, "variables": {"input": {"definition": "thing", "records": [{"n": n}]}}}
                  for n in range(SAVES)]  # fmt: skip
        posts = (http.post("/graphql", json=body, headers={"spm-api-key": shop.key}) for body in bodies)
        return await asyncio.gather(*posts, return_exceptions=True)


async def close_code(gateway: Gateway, shop: ShopClient, ready: asyncio.Event) -> int:
    """Of a socket that has subscribed and been told something."""
    url = gateway.url.replace("http", "ws") + "/graphql"
    async with connect(
        url, subprotocols=[Subprotocol("graphql-transport-ws")], proxy=None, open_timeout=PATIENCE
    ) as socket:
        await socket.send(json.dumps({"type": "connection_init", "payload": {"spm-api-key": shop.key}}))
        subscription = {"query": "subscription { ping(times: 600) }"}
        assert json.loads(await socket.recv()) == {"type": "connection_ack"}
        await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": subscription}))
        try:
            while await socket.recv():
                ready.set()
        except ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd else 1006
    raise AssertionError("unreachable")


@pytest.mark.parametrize("attempt", range(3))
async def test_what_is_under_way_is_finished(attempt: int, shop: ShopClient, admin_url: str, gateway_url: str) -> None:
    del attempt
    await shop.define("Thing", {"n": "NUMBER"})
    running = serving("--workers", "2", DATABASE_URL=gateway_url, DATABASE_ADMIN_URL=admin_url)
    gateway = await asyncio.to_thread(running.__enter__)
    try:
        ready = asyncio.Event()
        socket = asyncio.create_task(close_code(gateway, shop, ready))
        ready_ = asyncio.create_task(ready.wait())
        await asyncio.wait([socket, ready_], timeout=PATIENCE, return_when=asyncio.FIRST_COMPLETED)
        assert ready.is_set(), await socket
        query = "select from definitions where shop_id = $1 for update"
        async with locked(admin_url, query, shop.id) as lock:
            saving = asyncio.create_task(saves(gateway, shop))
            await lock.until_waited_for()
            gateway.process.send_signal(signal.SIGTERM)
            assert await socket == 1001
        answers = await saving
        told = [each.json().get("data") for each in answers if isinstance(each, httpx.Response)]
        assert told == [{"saveCustomDataRecords": {"created": 1}}] * SAVES
        assert await asyncio.to_thread(gateway.process.wait, PATIENCE) == 0
    finally:
        await asyncio.to_thread(running.__exit__, None, None, None)


async def test_what_cannot_be_finished_does_not_hold_up_the_end(
    shop: ShopClient, admin_url: str, gateway_url: str
) -> None:
    await shop.define("Thing", {"n": "NUMBER"})
    settings = {"CUSTOM_DATA_STATEMENT_TIMEOUT_MS": 600_000, "CUSTOM_DATA_REQUEST_TIMEOUT_MS": 600_000}
    running = serving("--workers", "2", DATABASE_URL=gateway_url, DATABASE_ADMIN_URL=admin_url, **settings)
    gateway = await asyncio.to_thread(running.__enter__)
    try:
        query = "select from definitions where shop_id = $1 for update"
        async with locked(admin_url, query, shop.id) as lock:
            saving = asyncio.create_task(saves(gateway, shop))
            await lock.until_waited_for()
            gateway.process.send_signal(signal.SIGTERM)
            assert await asyncio.to_thread(gateway.process.wait, PATIENCE) == 0
            await lock.until_waited_for(False)
        await saving
    finally:
        await asyncio.to_thread(running.__exit__, None, None, None)
    found = await shop.ask('{ customDataRecords(definition: "thing") { nodes { idRecord } } }')
    assert found["customDataRecords"]["nodes"] == []
