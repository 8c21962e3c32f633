"""Tells waiting readers that a shop's change log may have grown: at once in this process, by NOTIFY in every other.

A notification only wakes; the log decides. Whoever waits looks again after a second anyway, so one that is lost (a
writer killed after its commit, a broken connection) costs a second, nothing else. Notifications are sent after the
commit, several shops' in one: sent inside it, they would make all writers of the database commit one after the other.
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import asyncpg

from app.store.failures import StoreFailure
from app.store.pool import Connection

Connect = Callable[[], Awaitable[Connection]]

_CHANNEL = "custom_data_changes"
_GATHERED_SECONDS = 0.01
_RETRY_SECONDS = 1.0
_LOOK_SECONDS = 1.0
_SILENCE_SECONDS = 15.0
_LOST = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, TimeoutError,
         StoreFailure)  # fmt: skip


async def wait(woken: asyncio.Event) -> None:
    """Comes back when the event is set, after a second at the latest."""
    with suppress(TimeoutError):
        async with asyncio.timeout(_LOOK_SECONDS):
            await woken.wait()


class Wakes:
    """For all shops of one process, over a connection of its own, made when it is first needed."""

    def __init__(self, connect: Connect | None) -> None:
        """Without `connect`, others are neither told nor heard: whoever waits finds out within a second."""
        self._connect = connect
        self._waiting: defaultdict[int, set[asyncio.Event]] = defaultdict(set)
        self._untold: set[int] = set()
        self._due = asyncio.Event()  # something is to be told, or the connection has ended
        self._running: asyncio.Task[None] | None = None
        self.listens = False  # whether notifications of others come
        self.heard: list[Callable[[int], None]] = []  # told of each shop that others have written to

    def tell(self, shop_id: int) -> None:
        """Something of the shop was committed."""
        self._wake(shop_id)
        if self._connect is None:
            return
        self._untold.add(shop_id)
        self._due.set()
        self.start()

    @contextmanager
    def watch(self, shop_id: int) -> Iterator[asyncio.Event]:
        """An event that is set whenever something of the shop may have been committed. Clear it, look, then `wait`."""
        self.start()
        woken = asyncio.Event()
        self._waiting[shop_id].add(woken)
        try:
            yield woken
        finally:
            self._waiting[shop_id].discard(woken)
            if not self._waiting[shop_id]:
                del self._waiting[shop_id]

    async def close(self) -> None:
        if self._running is not None:
            self._running.cancel()
            with suppress(asyncio.CancelledError):
                await self._running

    def start(self) -> None:
        """Makes the connection, and makes it again whenever it breaks. For who will serve for long; else the first need
        does."""
        if self._connect is None:
            return
        if self._running is None or self._running.done():
            self._running = asyncio.create_task(self._run())

    def _wake(self, shop_id: int) -> None:
        """Those who watch that shop."""
        for woken in self._waiting.get(shop_id, ()):
            woken.set()

    async def _run(self) -> None:
        while True:
            with suppress(*_LOST):
                await self._connected()
            await asyncio.sleep(_RETRY_SECONDS)

    async def _connected(self) -> None:
        """Listens and tells for as long as the connection lasts."""
        assert self._connect is not None
        connection = await self._connect()
        try:
            connection.add_termination_listener(lambda _: self._due.set())
            await connection.add_listener(_CHANNEL, self._hear)
            self.listens = True
            while not connection.is_closed():
                if not await self._told_in(_SILENCE_SECONDS):
                    await connection.execute("select")  # whether anybody is there, else it fails
                self._due.clear()
                told, self._untold = sorted(self._untold), set()
                if told:
                    await connection.fetch(_TELL, told)
                    await asyncio.sleep(_GATHERED_SECONDS)
        finally:
            self.listens = False
            connection.terminate()

    async def _told_in(self, seconds: float) -> bool:
        """Whether there is something to do before so many seconds have passed."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                return await self._due.wait()
        return False

    def _hear(self, _connection: Any, _pid: int, _channel: str, payload: object) -> None:
        if isinstance(payload, str) and payload.isdigit():
            self._wake(int(payload))
            for hear in self.heard:
                hear(int(payload))


_TELL = f"select pg_notify('{_CHANNEL}', shop::text) from unnest($1::bigint[]) as told (shop)"
