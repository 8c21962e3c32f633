"""A WebSocket to the gateway's application, without a network: frames in, frames and the close code out."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from starlette.types import ASGIApp, Message

PROTOCOL = "graphql-transport-ws"
_PATIENCE = 20  # seconds; a test that waits this long has failed


class Socket:
    """A client's end. `closed` is the server's close code and reason, once it has closed."""

    def __init__(self) -> None:
        self.accepted: str | None = None
        self.closed: tuple[int, str] | None = None
        self.taking = asyncio.Event()  # clear: the client takes nothing that is sent
        self.taking.set()
        self._inward: asyncio.Queue[Message] = asyncio.Queue()
        self._outward: asyncio.Queue[Message] = asyncio.Queue()

    async def send(self, frame: Any) -> None:
        """A frame: a dict or list as JSON, a text or bytes as they are."""
        if isinstance(frame, bytes):
            await self._inward.put({"type": "websocket.receive", "bytes": frame})
        else:
            text = frame if isinstance(frame, str) else json.dumps(frame)
            await self._inward.put({"type": "websocket.receive", "text": text})

    async def receive(self) -> Any:
        """The next message; None when the server closes instead."""
        message = await asyncio.wait_for(self._outward.get(), _PATIENCE)
        if message["type"] == "websocket.close":
            self.closed = (message["code"], message.get("reason") or "")
            return None
        return json.loads(message["text"])

    async def close_code(self) -> int:
        """The code of the close that must come next."""
        assert (received := await self.receive()) is None, received
        assert self.closed
        return self.closed[0]

    async def init(self, payload: Any = None) -> Any:
        """Sends connection_init and gives what comes back."""
        await self.send({"type": "connection_init", "payload": payload})
        return await self.receive()

    async def subscribe(self, query: str, id_: str = "1", **payload: Any) -> None:
        await self.send({"id": id_, "type": "subscribe", "payload": {"query": query, **payload}})

    async def run(self, query: str, id_: str = "1", **payload: Any) -> list[Any]:
        """All messages of one operation, its `complete` or `error` last."""
        await self.subscribe(query, id_, **payload)
        messages = []
        while not messages or messages[-1]["type"] == "next":
            messages.append(await self.receive())
            assert messages[-1], self.closed
        return messages

    async def _receive(self) -> Message:
        return await self._inward.get()

    async def _send(self, message: Message) -> None:
        await self.taking.wait()
        if message["type"] == "websocket.accept":
            self.accepted = message.get("subprotocol") or ""
        else:
            await self._outward.put(message)


@asynccontextmanager
async def connected(app: ASGIApp, *protocols: str, **headers: str) -> AsyncIterator[Socket]:
    """A socket to /graphql. Leaving it, the client has gone; a handler that raises fails the test."""
    socket = Socket()
    sent = {"host": "gateway", **headers}
    scope = {
        "type": "websocket", "path": "/graphql", "raw_path": b"/graphql", "root_path": "", "query_string": b"",
        "scheme": "ws", "subprotocols": list(protocols or (PROTOCOL,)),
        "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in sent.items()],
    }  # fmt: skip
    await socket._inward.put({"type": "websocket.connect"})
    handling = asyncio.create_task(app(scope, socket._receive, socket._send))  # type: ignore[arg-type]
    try:
        yield socket
    finally:
        await socket._inward.put({"type": "websocket.disconnect", "code": 1006})
        await asyncio.wait_for(handling, _PATIENCE)
