"""Where the writes of shops stand at the primary: what a replica must have reached to answer in its place.

A question is always sent after it was asked for, so its answer covers every write that was acknowledged before. All
questions of a moment, for any shops, go in one statement over a connection of their own.
"""

import asyncio
from collections import OrderedDict, defaultdict
from collections.abc import Awaitable, Callable
from contextlib import suppress

import asyncpg

from app.store.failures import StoreFailure, Unavailable
from app.store.pool import Connection

ASKED = "select shop_id, sequence + unlogged as position from change_heads where shop_id = any($1::bigint[])"
_PATIENCE_SECONDS = 1.0
_RETRY_SECONDS = 1.0
_REMEMBERED = 10_000  # shops
_LOST = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, TimeoutError,
         StoreFailure)  # fmt: skip

Told = asyncio.Future[int | None]


class Positions:
    """For all shops of one process. `trust` is for how many seconds a position may be used again without asking."""

    def __init__(self, connect: Callable[[], Awaitable[Connection]], trust: float = 0.0) -> None:
        self._connect = connect
        self._trust = trust
        self._loop = asyncio.get_running_loop()
        self._known: OrderedDict[int, tuple[int, float]] = OrderedDict()  # and when it was asked for
        self._asked: defaultdict[int, list[Told]] = defaultdict(list)
        self._flying: set[int] = set()  # shops that the question under way asks for
        self._spoiled: set[int] = set()  # those of them that were written to meanwhile
        self._due = asyncio.Event()
        self._running: asyncio.Task[None] | None = None

    def known(self, shop_id: int) -> int | None:
        """The latest that we heard of; the shop may have gone on since."""
        known = self._known.get(shop_id)
        return None if known is None else known[0]

    def ask(self, shop_id: int) -> Told:
        """Where the shop stands now, or stood within the time of trust; None if the primary does not say."""
        told: Told = self._loop.create_future()
        known = self._known.get(shop_id)
        if known is not None and self._loop.time() - known[1] < self._trust:
            told.set_result(known[0])
            return told
        self._asked[shop_id].append(told)
        self._due.set()
        if self._running is None or self._running.done():
            self._running = asyncio.create_task(self._run())
        return told

    def moved(self, shop_id: int) -> None:
        """The shop was written to, here or elsewhere: what we know, or are about to hear, is not trusted any more."""
        if shop_id in self._flying:
            self._spoiled.add(shop_id)
        if (known := self._known.get(shop_id)) is not None:
            self._known[shop_id] = (known[0], -self._trust)

    async def close(self) -> None:
        if self._running is not None:
            self._running.cancel()
            with suppress(asyncio.CancelledError):
                await self._running

    async def _run(self) -> None:
        """Answers for as long as there is a connection; while there is none, nobody is kept waiting."""
        try:
            await self._answer_on()
        finally:
            self._tell_nobody(self._taken())

    async def _answer_on(self) -> None:
        while True:
            try:
                async with asyncio.timeout(_PATIENCE_SECONDS):
                    connection = await self._seeing()
            except _LOST:
                self._tell_nobody(self._taken())
                await self._silent(_RETRY_SECONDS)
                continue
            try:
                while not connection.is_closed():
                    await self._due.wait()
                    await self._answer(connection)
            except _LOST:
                continue
            finally:
                connection.terminate()

    async def _seeing(self) -> Connection:
        """A connection to which the policies show positions: to another every shop would seem never written to."""
        connection = await self._connect()
        try:
            if await connection.fetchval("select current_setting('app.positions', true)") != "on":
                raise Unavailable("Positions cannot be asked for over this connection.")
        except BaseException:
            connection.terminate()
            raise
        return connection

    async def _silent(self, seconds: float) -> None:
        until = self._loop.time() + seconds
        with suppress(TimeoutError):
            async with asyncio.timeout_at(until):
                while True:
                    await self._due.wait()
                    self._tell_nobody(self._taken())

    async def _answer(self, connection: Connection) -> None:
        asked = self._taken()
        self._flying, self._spoiled = set(asked), set()
        try:
            now = self._loop.time()
            rows = await connection.fetch(ASKED, [*asked], timeout=_PATIENCE_SECONDS)
        except BaseException:
            self._tell_nobody(asked)
            raise
        finally:
            self._flying = set()
        found = {row["shop_id"]: row["position"] for row in rows}
        for shop_id, waiting in asked.items():
            position = found.get(shop_id, 0)  # a shop without a row was never written to
            self._learn(shop_id, position, now)
            for told in waiting:
                if not told.done():
                    told.set_result(position)

    def _learn(self, shop_id: int, position: int, asked_at: float) -> None:
        self._known[shop_id] = (position, -self._trust if shop_id in self._spoiled else asked_at)
        self._known.move_to_end(shop_id)
        if len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)

    def _taken(self) -> dict[int, list[Told]]:
        self._due.clear()
        asked, self._asked = dict(self._asked), defaultdict(list)
        return asked

    @staticmethod
    def _tell_nobody(asked: dict[int, list[Told]]) -> None:
        for waiting in asked.values():
            for told in waiting:
                if not told.done():
                    told.set_result(None)
