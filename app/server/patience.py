"""How long is waited: for a request's body, and for a client that has gone."""

import asyncio
from collections.abc import Awaitable, Mapping
from contextlib import suppress
from typing import TypeVar

from starlette.requests import ClientDisconnect
from starlette.types import Message, Receive

from app.server.deadlines import Deadlines, TimeLimit
from app.server.refusals import Refused

T = TypeVar("T")

_UNWATCHED_SECONDS = 0.05  # most operations are done by then, and nobody need look whether their client waits
_READ_ON_SECONDS = 2.0
_READ_ON_BYTES = 32 * 1024 * 1024


class Patience:
    """With clients that are slow to send, and with operations whose client is gone."""

    def __init__(self, body_seconds: float) -> None:
        self._bodies = Deadlines(body_seconds)
        self._unwatched = Deadlines(_UNWATCHED_SECONDS)

    def for_body(self) -> TimeLimit:
        """The block that reads a request. Raises Refused with REQUEST_TIMEOUT if it does not arrive in time."""
        return TimeLimit(self._bodies, _too_slow)

    async def run_unless_gone(self, receive: Receive, operation: Awaitable[T]) -> T:
        """The operation's answer, if the client waits for it: else the operation is cancelled where it stands, and with
        it the statement that runs in the database. Raises ClientDisconnect."""
        task = asyncio.current_task()
        assert task is not None
        leaving = _Leaving(task, receive)
        self._unwatched.add(leaving)
        try:
            return await operation
        except asyncio.CancelledError:
            if leaving.gone and task.uncancel() == 0:
                raise ClientDisconnect from None
            raise
        finally:
            self._unwatched.remove(leaving)
            leaving.end()


class _Leaving:
    """Watches the client of an operation once that has lasted a while. One who left before is seen then."""

    __slots__ = ("_receive", "_task", "_watcher", "gone")

    def __init__(self, task: asyncio.Task[object], receive: Receive) -> None:
        self._task = task
        self._receive = receive
        self._watcher: asyncio.Task[None] | None = None
        self.gone = False

    def due(self) -> None:
        self._watcher = asyncio.create_task(self._watch())

    def end(self) -> None:
        if self._watcher is not None:
            self._watcher.cancel()

    async def _watch(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self.gone = True
        self._task.cancel()


class Incoming:
    """A request's `receive`, which knows whether the body has come to its end."""

    def __init__(self, headers: Mapping[str, str], receive: Receive) -> None:
        self._receive = receive
        self._ended = not headers.get("content-length") and not headers.get("transfer-encoding")

    async def __call__(self) -> Message:
        message = await self._receive()
        self._ended |= message["type"] == "http.disconnect" or not message.get("more_body", False)
        return message

    async def read_on(self) -> None:
        """Reads what a refused client is still sending, up to 32 MiB or two seconds: a connection closed on unread data
        is reset, and the client never hears why it was refused."""
        size = 0
        with suppress(TimeoutError):
            async with asyncio.timeout(_READ_ON_SECONDS):
                while not self._ended and size < _READ_ON_BYTES:
                    size += len((await self()).get("body", b""))


def _too_slow(seconds: float) -> Refused:
    message = f"The body did not arrive within {seconds:g} seconds. Send it at once, or in smaller requests."
    return Refused("REQUEST_TIMEOUT", message, {"connection": "close"})
