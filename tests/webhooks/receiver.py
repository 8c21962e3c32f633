"""An endpoint on this machine that keeps what it is sent, and answers as it is told."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Received:
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def told(self) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(self.body)
        return told

    @property
    def event(self) -> str:
        return self.headers["custom-data-event"]

    @property
    def sequence(self) -> int:
        return int(self.told["change"]["sequence"])


Answer = Callable[[Received], Awaitable[int]]


async def taken(_: Received) -> int:
    return 200


@dataclass
class Receiver:
    """What came, in order of arrival, and the status that it is answered with."""

    answer: Answer = taken
    received: list[Received] = field(default_factory=list)
    port: int = 0
    _came: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hooks"

    async def until(self, count: int, seconds: float = 30) -> list[Received]:
        """Waits for so many; a test that never sees them fails."""
        async with asyncio.timeout(seconds):
            while len(self.received) < count:
                self._came.clear()
                await self._came.wait()
        return self.received

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                first, *lines = head.decode().strip().split("\r\n")
                headers = dict(line.lower().split(": ", 1) if ": " in line else (line, "") for line in lines)
                body = await reader.readexactly(int(headers.get("content-length", 0)))
                received = Received(first.split(" ")[1], headers, body)
                self.received.append(received)
                self._came.set()
                status = await self.answer(received)
                location = "location: http://127.0.0.1:1/\r\n" if 300 <= status < 400 else ""
                writer.write(f"HTTP/1.1 {status} So\r\n{location}content-length: 2\r\n\r\nok".encode())
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def receiving(answer: Answer = taken) -> AsyncIterator[Receiver]:
    receiver = Receiver(answer)
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0)
    receiver.port = server.sockets[0].getsockname()[1]
    try:
        yield receiver
    finally:
        server.close()
