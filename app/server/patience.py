"""How long is waited: for a request's body, and for a client that has gone."""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

from starlette.requests import ClientDisconnect
from starlette.types import Receive

from app.server.refusals import Refused

T = TypeVar("T")


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
