"""Attacks on a gateway, and what must come back. Each gives the statuses (or WebSocket close codes) that it saw."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import suppress

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from tests.limits.edge import PATIENCE
from tests.limits.gateway import Served
from tests.limits.test_cost import chained
from tests.limits.test_limits import WIDE, nested
from tests.processes import PATIENCE as LONG

Attack = Callable[[Served], Awaitable[set[int]]]
_AT_ONCE = 8
_NOTHING = 0  # the connection was closed without an answer


def _documents(*documents: str) -> Attack:
    """Each document, several times at once; half as JSON of GraphQL over HTTP."""

    async def attack(gateway: Served) -> set[int]:
        accept = {"accept": "application/graphql-response+json"}
        answers = await asyncio.gather(
            *(gateway.shop.post(document, headers=accept) for document in documents for _ in range(_AT_ONCE))
        )
        return {answer.status_code for answer in answers}

    return attack


def _body(content: bytes, **headers: str) -> Attack:
    async def attack(gateway: Served) -> set[int]:
        sent = {"spm-api-key": gateway.shop.key, "content-type": "application/json"}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        posts = (gateway.shop.http.post("/graphql", content=content, headers=sent) for _ in range(_AT_ONCE))
        return {answer.status_code for answer in await asyncio.gather(*posts)}

    return attack


def _bytes(head: str, piece: bytes = b"", times: int = 0, *, go: bool = False) -> Attack:
    """A connection that sends the head (with the key in it) and then the piece so many times; and goes, or listens."""

    async def one(gateway: Served) -> int:
        reader, writer = await asyncio.open_connection(*gateway.address)
        try:
            writer.write(head.replace("KEY", gateway.shop.key).encode())
            for _ in range(times):
                writer.write(piece)
                await writer.drain()
            answer = b"" if go else await asyncio.wait_for(reader.readline(), LONG)
            return int(answer.split()[1]) if answer else _NOTHING
        except ConnectionError:
            return _NOTHING
        finally:
            writer.transport.abort()

    async def attack(gateway: Served) -> set[int]:
        return set(await asyncio.gather(*(one(gateway) for _ in range(_AT_ONCE))))

    return attack


def _socket(behave: Callable[[ClientConnection, Served], Awaitable[None]], sockets: int = _AT_ONCE) -> Attack:
    """Sockets that behave so, and the codes they are closed with; 1000 is our own close."""

    async def one(gateway: Served) -> int:
        url = gateway.url.replace("http", "ws") + "/graphql"
        protocol = Subprotocol("graphql-transport-ws")
        async with connect(url, subprotocols=[protocol], proxy=None, max_queue=None) as socket:
            with suppress(ConnectionClosed):
                await behave(socket, gateway)
        return socket.close_code or 1006

    async def attack(gateway: Served) -> set[int]:
        return set(await asyncio.gather(*(one(gateway) for _ in range(sockets))))

    return attack


async def _until_closed(socket: ClientConnection) -> None:
    async with asyncio.timeout(PATIENCE):
        while True:
            await socket.recv()


async def _let_in(socket: ClientConnection, gateway: Served) -> None:
    await socket.send(json.dumps({"type": "connection_init", "payload": {"spm-api-key": gateway.shop.key}}))
    await socket.recv()


def _subscribe(query: str, id_: object) -> str:
    return json.dumps({"id": str(id_), "type": "subscribe", "payload": {"query": query}})


async def _never_init(socket: ClientConnection, gateway: Served) -> None:
    del gateway
    await _until_closed(socket)


async def _rubbish(socket: ClientConnection, gateway: Served) -> None:
    await _let_in(socket, gateway)
    await socket.send("[" * 100_000)
    await _until_closed(socket)


async def _huge_message(socket: ClientConnection, gateway: Served) -> None:
    await _let_in(socket, gateway)
    await socket.send("x" * 3 * 1024 * 1024)
    await _until_closed(socket)


async def _many_operations(socket: ClientConnection, gateway: Served) -> None:
    await _let_in(socket, gateway)
    for number in range(300):
        await socket.send(_subscribe("{ contacts(first: 100) { nodes { email } } }", number))
    refused = complete = 0
    async with asyncio.timeout(PATIENCE):
        while refused + complete < 300:
            kind = json.loads(await socket.recv())["type"]
            refused += kind == "error"
            complete += kind == "complete"


async def _subscribe_and_go(socket: ClientConnection, gateway: Served) -> None:
    await _let_in(socket, gateway)
    for number in range(20):
        await socket.send(_subscribe("subscription { ping(times: 600) }", number))
    await socket.recv()
    socket.transport.abort()


async def _deep_operations(socket: ClientConnection, gateway: Served) -> None:
    await _let_in(socket, gateway)
    for number, document in enumerate([nested(14), chained(30), WIDE]):
        await socket.send(_subscribe(document, number))
        assert json.loads(await socket.recv())["type"] == "error"


_POST = "POST /graphql HTTP/1.1\r\nhost: x\r\nspm-api-key: KEY\r\ncontent-type: application/json\r\n"
_SHOP = json.dumps({"query": "{ shop { name } }"}).encode()
_MEBIBYTE = 1024 * 1024

ATTACKS: dict[str, tuple[Attack, set[int]]] = {
    "depth: 150 and 199 fields": (_documents("{" + "shop{" * 149 + "name" + "}" * 150, nested(190)), {400}),
    "depth: 20,000 levels": (_documents("{a" * 20_000), {400}),
    "depth: lists, objects, types": (
        _documents("{node(id:" + "[" * 190 + "]" * 190 + "){id}}", "query($a:" + "[" * 190 + "I" + "]" * 190 + "){a}"),
        {400},
    ),
    "depth: introspection": (
        _documents("{__schema{types{" + "fields{type{" * 60 + "name" + "}}" * 60 + "}}}"), {400},
    ),
    "width: 4,900 fields of one name": (_documents("{shop{" + "name " * 4_900 + "}}"), {400}),
    "width: 4,900 unknown fields": (_documents("{shop{" + "nome " * 4_900 + "}}"), {400}),
    "width: 1,200 root fields": (_documents("{" + "shop{name} " * 1_200 + "}"), {400}),
    "width: pages in pages": (_documents(WIDE), {400}),
    "width: the dearest that is allowed": (
        _documents("{contacts(first:60){nodes{products(first:50){nodes{name payable}}}}}"), {200},
    ),
    "aliases: 1,000 pages": (
        _documents("{" + " ".join(f"a{n}:contacts(first:100){{nodes{{id}}}}" for n in range(600)) + "}"), {400},
    ),
    "fragments: a chain that doubles 40 times": (_documents(chained(40)), {400}),
    "fragments: a circle": (_documents("{...A} fragment A on Query{...B} fragment B on Query{...A}"), {400}),
    "fragments: 300 side by side": (
        _documents("{shop{" + " ".join(f"...F{n}" for n in range(300)) + "}}"
                   + " ".join(f"fragment F{n} on Shop{{name id idShop timeZone}}" for n in range(300))), {400},
    ),
    "directives: 1,000": (_documents("{shop{" + "name @include(if:true) " * 600 + "}}"), {400}),
    "directives: 500 on one field": (_documents("{shop{name" + " @skip(if:false)" * 500 + "}}"), {400}),
    "tokens: 100,000 in a comment and a name": (_documents("{" + "n" * 90_000 + "}", "#" + " x" * 40_000), {400}),
    "body: 2 MiB and more": (_body(b" " * (2 * _MEBIBYTE + 1)), {413}),
    "body: declared as 10 GB": (_bytes(_POST + f"content-length: {10**10}\r\n\r\n"), {413}),
    "body: chunks without end": (
        _bytes(_POST + "transfer-encoding: chunked\r\n\r\n", b"10000\r\n" + b" " * 65_536 + b"\r\n", 100),
        {413, _NOTHING},
    ),
    "body: never arrives": (_bytes(_POST + "content-length: 100\r\n\r\n"), {408}),
    "body: left in the middle": (_bytes(_POST + "content-length: 100\r\n\r\n", b"{", 1, go=True), {_NOTHING}),
    "body: a million brackets": (_body(b"[" * _MEBIBYTE), {400}),
    "body: a million digits": (
        _body(b'{"query": "{shop{name}}", "variables": {"a": ' + b"9" * _MEBIBYTE + b"}}"), {200},
    ),
    "body: not UTF-8": (_body(b'{"query": "\xff"}'), {400}),
    "body: compressed": (_body(_SHOP, content_encoding="gzip"), {415}),
    "body: a deep variable": (
        _body(b'{"query": "query($k: JSON!) {customDataRecord(by: {definition: \\"veterinarian\\", key: $k}) {id}}",'
              b' "variables": {"k": ' + b'{"a":' * 500 + b"1" + b"}" * 500 + b"}}"), {200},
    ),
    "headers: one of 1 MB": (_bytes("GET /graphql HTTP/1.1\r\nx: ", b"x" * 65_536, 16), {431, _NOTHING}),
    "headers: 100,000": (_bytes("GET /graphql HTTP/1.1\r\n", b"x: y\r\n" * 1_000, 100), {431, _NOTHING}),
    "headers: an address of 1 MB": (_bytes("GET /graphql?query=", b"x" * 65_536, 16), {431, 414, _NOTHING}),
    "headers: no HTTP at all": (_bytes("\x16\x03\x01 nonsense\r\n\r\n"), {400}),
    "WebSocket: a hundred that never introduce themselves": (_socket(_never_init, 100), {4408}),
    "WebSocket: rubbish": (_socket(_rubbish), {4400}),
    "WebSocket: a message of 3 MiB": (_socket(_huge_message), {1009}),
    "WebSocket: 300 operations on each": (_socket(_many_operations), {1000}),
    "WebSocket: too deep, wide and dear": (_socket(_deep_operations), {1000}),
    "WebSocket: 20 subscriptions, then gone": (_socket(_subscribe_and_go, 20), {1006}),
}  # fmt: skip

# five seconds each time; as long as a body is waited for
SLOW = {"WebSocket: a hundred that never introduce themselves", "body: never arrives"}
