"""An answer that nobody takes is not held for ever; whoever takes it slowly gets all of it."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvicorn
from uvicorn.server import ServerState

from app.server import connections
from app.server.connections import TAKEN_BYTES, Connection
from tests.scale.conftest import until

LARGE = b"x" * 16 * 1024 * 1024  # more than the network's buffers take
PATIENCE = 20


async def answer(_scope: Any, _receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": LARGE})


@asynccontextmanager
async def asked() -> AsyncIterator[tuple[socket.socket, ServerState]]:
    """A client that has sent its request, and the server's connections."""
    config = uvicorn.Config(answer, http=Connection, lifespan="off", log_config=None)
    config.load()
    state = ServerState()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(config, state, {}), "127.0.0.1", 0)
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.setblocking(False)
        await loop.sock_connect(client, server.sockets[0].getsockname())
        await loop.sock_sendall(client, b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
        try:
            yield client, state
        finally:
            server.close()


async def _full(state: ServerState) -> Connection:
    """The server's connection, once the network takes no more."""
    size = -1
    async with asyncio.timeout(PATIENCE):
        while True:
            await asyncio.sleep(0.05)
            for connection in state.connections:
                assert isinstance(connection, Connection)
                before, size = size, connection._held()
                if before == size:
                    return connection


async def test_a_client_that_takes_nothing_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "TAKEN_SECONDS", 0.1)
    async with asked() as (_, state):
        came = False

        async def gone() -> bool:
            nonlocal came
            came |= bool(state.connections)
            return came and not state.connections

        await until(gone)


async def test_a_client_that_takes_its_time_gets_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """For as long as it takes something between two looks."""
    monkeypatch.setattr(connections, "TAKEN_SECONDS", 1_000)
    async with asked() as (client, state):
        connection = await _full(state)
        connection._expect_taking()
        for _ in range(3):
            got = 0
            while got < 4 * TAKEN_BYTES:
                got += len(await asyncio.get_running_loop().sock_recv(client, 65536))
            assert await _full(state) is connection
            connection._look_whether_taken()
            assert not connection.transport.is_closing()
        connection._look_whether_taken()
        assert connection.transport.is_closing()


async def test_whoever_has_taken_all_is_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "TAKEN_SECONDS", 1_000)
    async with asked() as (client, state), asyncio.timeout(PATIENCE):
        connection = await _full(state)
        assert connection._taking is not None
        got = b""
        while got[-5:] != b"0\r\n\r\n":
            got = got[-5:] + await asyncio.get_running_loop().sock_recv(client, 1 << 20)
        assert connection._taking is None
