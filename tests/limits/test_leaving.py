"""Clients that go, or dawdle, over real connections to a real worker."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest

from tests.limits.edge import NEVER_MS, PATIENCE, locked
from tests.limits.gateway import Served, served

IDLE_TASKS = 4  # the server's, the application's lifespan, and those that hear of changes and forget old ones

READ = "{ contacts { nodes { customDataDefinitions { key } } } }"
PRICES = '{ contact(by: {email: "dubois@example.com"}) { products { nodes { payable } } } }'
WRITE = (
    'mutation { saveCustomDataRecords(input: {definition: "veterinarian", records: [{nom: "Dr New"}]}) { created } }'
)


@pytest.fixture(scope="module")
async def gateway(admin_url: str) -> AsyncIterator[Served]:
    settings = {"CUSTOM_DATA_BODY_TIMEOUT_MS": 400, "CUSTOM_DATA_REQUEST_TIMEOUT_MS": NEVER_MS,
                "CUSTOM_DATA_POOL_SIZE": 4, "CUSTOM_DATA_STATEMENT_TIMEOUT_MS": NEVER_MS}  # fmt: skip
    async with served(admin_url, **settings) as running:
        yield running


def request(gateway: Served, document: str, short_of: int = 0) -> bytes:
    """A POST, all of it or without its last bytes."""
    body = json.dumps({"query": document}).encode()
    head = (
        f"POST /graphql HTTP/1.1\r\nhost: gateway\r\nspm-api-key: {gateway.shop.key}\r\n"
        f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body[: len(body) - short_of]


async def quiet(gateway: Served) -> None:
    """Returns when the worker does nothing: no busy connection, and the tasks of one that waits for work."""
    deadline = time.monotonic() + PATIENCE
    while (weight := await gateway.weight()).busy or weight.tasks > IDLE_TASKS:
        assert time.monotonic() < deadline, weight
        await asyncio.sleep(0.05)


WAITING = {
    "a statement of a resolver": ("contacts", READ),
    "a statement of a loader": ("records", READ),
    "a statement of prices": ("products", PRICES),
    "a write": ("definitions", WRITE),
}


@pytest.mark.parametrize("case", WAITING)
async def test_a_client_that_goes_has_its_statement_cancelled(case: str, gateway: Served) -> None:
    table, document = WAITING[case]
    async with locked(gateway.admin_url, f"lock table {table} in access exclusive mode") as lock:
        _, writer = await asyncio.open_connection(*gateway.address)
        writer.write(request(gateway, document))
        await lock.until_waited_for()
        writer.close()
        await lock.until_waited_for(False)
        await quiet(gateway)
    assert await gateway.shop.ask(READ)


async def test_many_clients_that_go_leave_nothing(gateway: Served) -> None:
    """Forty at once over four connections: waiting for the shop's turn, for a connection, for the lock."""
    async with locked(gateway.admin_url, "lock table contacts in access exclusive mode") as lock:
        opened = [await asyncio.open_connection(*gateway.address) for _ in range(40)]
        for _, writer in opened:
            writer.write(request(gateway, READ))
        await lock.until_waited_for()
        for _, writer in opened:
            writer.transport.abort()
        await lock.until_waited_for(False)
        await quiet(gateway)
    assert await gateway.shop.ask(READ)


async def test_a_body_that_does_not_arrive_is_408(gateway: Served) -> None:
    reader, writer = await asyncio.open_connection(*gateway.address)
    writer.write(request(gateway, READ, short_of=1))
    answer = await asyncio.wait_for(reader.read(), PATIENCE)
    writer.close()
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["errors"][0]["extensions"]["code"] == "REQUEST_TIMEOUT"


async def test_a_client_that_goes_while_it_sends_is_forgotten(gateway: Served) -> None:
    _, writer = await asyncio.open_connection(*gateway.address)
    writer.write(request(gateway, READ, short_of=1))
    await writer.drain()
    writer.transport.abort()
    await quiet(gateway)


async def test_a_head_without_end_is_431(gateway: Served) -> None:
    reader, writer = await asyncio.open_connection(*gateway.address)
    writer.write(b"GET /graphql HTTP/1.1\r\nx: ")
    answer = b""
    with suppress(ConnectionError):
        for _ in range(400):
            writer.write(b"x" * 1024)
            await writer.drain()
            await asyncio.sleep(0)
        answer = await asyncio.wait_for(reader.read(), PATIENCE)
    writer.close()
    assert answer.startswith(b"HTTP/1.1 431 ") or answer == b""
    await quiet(gateway)


async def test_what_is_no_http_is_told_in_json(gateway: Served) -> None:
    reader, writer = await asyncio.open_connection(*gateway.address)
    writer.write(b"nonsense\r\n\r\n")
    answer = await asyncio.wait_for(reader.read(), PATIENCE)
    writer.close()
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["errors"][0]["extensions"]["code"] == "BAD_REQUEST"
