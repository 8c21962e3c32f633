"""A thousand who follow a shop's changes in one gateway: `python -m tests.benchmarks.subscribers [NUMBER]`.

Each has a WebSocket of its own. Records are saved one after the other; told are the time from sending a save to the
last subscriber's receiving it, and the gateway's memory with and without them.
"""

import asyncio
import json
import sys
from statistics import median
from time import perf_counter
from typing import Any

import uvloop
from websockets.asyncio.client import ClientConnection, connect

from app.demo.content import DEFINITIONS
from app.domain.shops import new_key
from app.operations.create_definition import create_definition
from app.operations.transaction import Call
from app.store.administration import administering
from app.store.database import Database
from app.store.keys import create_key
from app.store.migrate import migrate
from app.store.shops import create_shop
from tests.benchmarks.grid import gateway, server
from tests.benchmarks.serving import Server, python, started

SAVES = 30
_FOLLOW = "subscription { customDataChanged { sequence kind after } }"
_SAVE = "mutation($input: SaveRecordsInput!) { saveCustomDataRecords(input: $input) { created } }"


async def main(url: str, number: int) -> None:
    await migrate(url)
    shop, key = await _shop(url)
    environment = {"DATABASE_URL": gateway(url), "SHOP_ID": str(shop)}
    with started(
        "followed", python("app.server.app:create"), environment, "/readyz", headers={"spm-api-key": key}
    ) as asked:
        _save(asked, 0)
        before = asked.memory()
        sockets = [await _followed(asked.port, key) for _ in range(number)]
        await asyncio.sleep(1)
        with_them = asked.memory()
        first, last = [], []
        for n in range(1, SAVES + 1):
            began = perf_counter()
            save = asyncio.create_task(asyncio.to_thread(_save, asked, n))
            arrived = await asyncio.gather(*map(_next, sockets))
            await save
            first.append(min(arrived) - began)
            last.append(max(arrived) - began)
        print(f"{number} subscribers, {SAVES} saves of one record each: told after {median(first) * 1000:.0f} ms "
              f"(the first one), {median(last) * 1000:.0f} ms (the last one), from the save's sending")  # fmt: skip
        print(f"memory: {before:.0f} MB without them, {with_them:.0f} MB with them, {asked.memory():.0f} MB at the end")
        for socket in sockets:
            await socket.close()


async def _shop(url: str) -> tuple[int, str]:
    async with administering(url) as connection:
        shop = (await create_shop(connection, "subscribers benchmark")).id
    database = await Database.connect(gateway(url), size=1)
    async with database.writing(shop) as session:
        text, digest, prefix = new_key(shop)
        await create_key(session, "benchmark", digest, prefix)
    answer = await create_definition(database, Call(shop, 0, "benchmark"), DEFINITIONS[0])
    assert not answer.problems, answer
    await database.close()
    return shop, text


def _save(asked: Server, n: int) -> None:
    variables = {"input": {"definition": DEFINITIONS[0].key or "veterinarian", "records": [{"nom": f"Dr {n}"}]}}
    asked.ask(json.dumps({"query": _SAVE, "variables": variables}).encode())


async def _followed(port: int, key: str) -> ClientConnection:
    socket = await connect(f"ws://127.0.0.1:{port}/graphql", subprotocols=["graphql-transport-ws"])  # type: ignore[list-item]
    await socket.send(json.dumps({"type": "connection_init", "payload": {"spm-api-key": key}}))
    assert json.loads(await socket.recv())["type"] == "connection_ack"
    await socket.send(json.dumps({"type": "subscribe", "id": "1", "payload": {"query": _FOLLOW}}))
    return socket


async def _next(socket: ClientConnection) -> float:
    message: Any = json.loads(await socket.recv())
    assert message["type"] == "next", message
    return perf_counter()


if __name__ == "__main__":
    with server() as url:
        uvloop.run(main(url, int(sys.argv[1]) if len(sys.argv) > 1 else 1_000))
