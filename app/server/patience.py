"""How long is waited: for a request's body, and for a client that has gone."""

import asyncio
from collections.abc import Awaitable
from contextlib import suppress
from typing import TypeVar

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.types import Message, Receive

from app.server.refusals import Refused

T = TypeVar("T")

_READ_ON_SECONDS = 2.0
_READ_ON_BYTES = 32 * 1024 * 1024


async def in_time(reading: Awaitable[T], seconds: float) -> T:
    """The body of a request. Raises Refused with REQUEST_TIMEOUT if it does not arrive in time."""
    try:
        async with asyncio.timeout(seconds):
            return await reading
    except TimeoutError:
        message = f"The body did not arrive within {seconds:g} seconds. Send it at once, or in smaller requests."
        raise Refused("REQUEST_TIMEOUT", message, {"connection": "close"}) from None


async def run_unless_gone(receive: Receive, operation: Awaitable[T]) -> T:
    """The operation's answer, if the client waits for it: else the operation is cancelled where it stands, and with it
    the statement that runs in the database. Raises ClientDisconnect."""
    task = asyncio.current_task()
    assert task is not None
    leaving = _Leaving(task)
    watcher = asyncio.create_task(leaving.watch(receive))
    try:
        return await operation
    except asyncio.CancelledError:
        if leaving.gone and task.uncancel() == 0:
            raise ClientDisconnect from None
        raise
    finally:
        watcher.cancel()


class _Leaving:
    def __init__(self, task: asyncio.Task[object]) -> None:
        self._task = task
        self.gone = False

    async def watch(self, receive: Receive) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        self.gone = True
        self._task.cancel()


class Incoming:
    """A request's `receive`, which knows whether the body has come to its end."""

    def __init__(self, headers: Headers, receive: Receive) -> None:
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
