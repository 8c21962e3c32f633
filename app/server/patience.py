"""How long is waited: for a request's body, and for a client that has gone."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from types import TracebackType
from typing import Self

from starlette.requests import ClientDisconnect
from starlette.types import Message, Receive

from app.server.deadlines import Deadlines
from app.server.refusals import Refused

_UNWATCHED_SECONDS = 0.05  # most operations are done by then, and nobody need look whether their client waits
_READ_ON_SECONDS = 2.0
_READ_ON_BYTES = 32 * 1024 * 1024


class Patience:
    """With clients that are slow to send, and with operations whose client is gone."""

    def __init__(self, body_seconds: float) -> None:
        self.body_seconds = body_seconds
        self.unwatched = Deadlines(_UNWATCHED_SECONDS)
        self.bodies = Deadlines(max(0.0, body_seconds - _UNWATCHED_SECONDS))  # of those that take longer than that

    def with_client(self, receive: Receive, *, sending: bool) -> "WithClient":
        """The block that answers a request, whose body is still to be read if the client is `sending`. Raises Refused
        with REQUEST_TIMEOUT if that does not arrive in time, and ClientDisconnect if the client has gone: then what is
        under way is cancelled where it stands, and with it the statement that runs in the database."""
        return WithClient(self, receive, sending=sending)


class WithClient:
    """Most requests are done before anybody need look for their client: then this is one entry among the deadlines."""

    __slots__ = ("_before", "_gone", "_late", "_patience", "_receive", "_sending", "_slow", "_task", "_watcher")

    def __init__(self, patience: Patience, receive: Receive, *, sending: bool) -> None:
        self._patience = patience
        self._receive = receive
        self._sending = sending
        self._slow = self._late = self._gone = False
        self._watcher: asyncio.Task[None] | None = None

    def __enter__(self) -> Self:
        task = asyncio.current_task()
        assert task is not None
        self._task = task
        self._before = task.cancelling()
        self._patience.unwatched.add(self)
        return self

    def received(self) -> None:
        """The body is there."""
        self._sending = False
        if self._slow:
            self._patience.bodies.remove(self)
            self._patience.unwatched.add(self)

    def due(self) -> None:
        if not self._sending:  # one who left before is seen now
            self._watcher = asyncio.create_task(self._watch())
        elif not self._slow:
            self._slow = True
            self._patience.bodies.add(self)
        else:
            self._late = True
            self._task.cancel()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._patience.unwatched.remove(self)
        if self._slow:
            self._patience.bodies.remove(self)
        if self._watcher is not None:
            self._watcher.cancel()
        ours = self._late or self._gone
        if ours and self._task.uncancel() <= self._before and kind is asyncio.CancelledError:
            raise (_too_slow(self._patience.body_seconds) if self._late else ClientDisconnect()) from error

    async def _watch(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self._gone = True
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
