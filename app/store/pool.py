"""A pool of connections that costs next to nothing to take from and to give back to."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import TypeAlias

import asyncpg

from app.store.servers import Server

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"

_PATIENCE_SECONDS = 1.0
_LINGERING_SECONDS = 0.02
_IDLE_SECONDS = 300.0
_FAREWELL_SECONDS = 0.5
_LOST = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)


class Pool:
    """At most `size` connections, made when they are wanted; the last one given back is the first one taken.

    A connection may be given back with a finished reader's transaction open, for the next session to end in the same
    breath as it begins its own. If none comes, the transaction is committed after 20 ms. A connection that broke, or
    was terminated, makes room for a new one; one that was not wanted for five minutes is closed. `server` is what they
    lead to, where it is more than a connection."""

    def __init__(self, connect: Callable[[], Awaitable[Connection]], size: int, server: Server | None = None) -> None:
        self.server = server or Server("", {})
        self._connect = connect
        self._size = size
        self._loop = asyncio.get_running_loop()
        self._slots = 0  # connections there are, and those being made
        self._open: set[Connection] = set()
        self._idle: list[tuple[float, Connection]] = []  # since when
        self._waiting: deque[asyncio.Future[Connection | None]] = deque()
        self._settling: set[asyncio.Task[None]] = set()
        self._look: asyncio.TimerHandle | None = None
        self._soon = False  # whether that look comes in time for a transaction left open
        self._closed = False

    async def take(self, patience: float = _PATIENCE_SECONDS, *, first: bool = False) -> Connection:
        """A connection, maybe with a transaction left open; who is to be `first` goes before all others that wait.
        Raises TimeoutError when none comes free in so many seconds."""
        if self._closed:
            raise asyncpg.InterfaceError("the pool is closed")
        while self._idle:
            _, connection = self._idle.pop()
            if not connection.is_closed():
                return connection
            self._forget(connection)
        async with asyncio.timeout(patience):
            return await self._next(first=first)

    def give(self, connection: Connection) -> None:
        """Gives a connection back: as it is, to whoever waits the longest."""
        if connection.is_closed():
            self._forget(connection)
        elif not self._offer(connection):
            self._idle.append((self._loop.time(), connection))
            if not self._soon and connection.is_in_transaction():
                self._look_in(_LINGERING_SECONDS, soon=True)
            elif self._look is None:
                self._look_in(_IDLE_SECONDS)

    @asynccontextmanager
    async def acquire(self, patience: float = _PATIENCE_SECONDS, *, first: bool = False) -> AsyncIterator[Connection]:
        """A connection in no transaction, given back at the end. Raises TimeoutError when none comes free in time."""
        connection = await self.take(patience, first=first)
        try:
            if connection.is_in_transaction():
                await connection.execute("commit")
            yield connection
        except (TimeoutError, asyncio.CancelledError) as error:  # something may still be under way on it
            connection.terminate()
            if isinstance(error, TimeoutError):
                self.doubt()
            raise
        finally:
            if not connection.is_closed() and connection.is_in_transaction():
                connection.terminate()
            self.give(connection)

    def doubt(self) -> None:
        """A connection was not answered: those that lie idle may lead nowhere either, and new ones are cheap. So what
        a network swallows costs one wait, not one for each connection."""
        while self._idle:
            self._forget(self._idle.pop()[1])

    async def forget_statements(self) -> None:
        """After the database's tables changed: what the connections know of their statements may be wrong."""
        for connection in list(self._open):
            if not connection.is_closed():
                await connection.reload_schema_state()

    @property
    def idle(self) -> int:
        """How many connections nobody uses."""
        return len(self._idle) + len(self._settling)

    @property
    def open(self) -> int:
        """How many connections have been made and not ended."""
        return len(self._open)

    @property
    def size(self) -> int:
        """How many connections there are."""
        return self._slots

    @property
    def waiting(self) -> int:
        """Who waits for one."""
        return len(self._waiting)

    async def close(self) -> None:
        """Closes every connection, as it is given back. Nothing can be taken any more."""
        self._shut()
        try:
            while self._slots:
                connection = self._idle.pop()[1] if self._idle else await self._queued()
                if connection is not None:
                    await self._closed_one(connection)
                self._slots -= 1
        except BaseException:
            self.terminate()
            raise

    async def _closed_one(self, connection: Connection) -> None:
        """In half a second; if that is not enough for one it is not for the others."""
        try:
            await connection.close(timeout=_FAREWELL_SECONDS)
        except TimeoutError:
            for each in self._open:
                each.terminate()
        except _LOST:
            pass
        self._open.discard(connection)

    def terminate(self) -> None:
        """Ends every connection at once, whoever uses it."""
        self._shut()
        for connection in self._open:
            connection.terminate()

    def _shut(self) -> None:
        self._closed = True
        if self._look is not None:
            self._look.cancel()

    async def _next(self, *, first: bool) -> Connection:
        """A new connection while there may be more of them, or else the next one given back."""
        if self._slots >= self._size:
            connection = await self._queued(first=first)
            if connection is not None:
                return connection
        else:
            self._slots += 1
        return await self._made()

    async def _queued(self, *, first: bool = False) -> "Connection | None":
        """What is given back next; None is the room of a connection that is gone."""
        waiter: asyncio.Future[Connection | None] = self._loop.create_future()
        if first:
            self._waiting.appendleft(waiter)
        else:
            self._waiting.append(waiter)
        try:
            return await waiter
        except BaseException:
            if waiter.cancelled():
                with suppress(ValueError):  # a giver may have passed it over already
                    self._waiting.remove(waiter)
            elif (connection := waiter.result()) is None:  # given, but whoever waited was cancelled
                self._vacate()
            else:
                self.give(connection)
            raise

    async def _made(self) -> Connection:
        try:
            connection = await self._connect()
        except BaseException:
            self._vacate()
            raise
        self._open.add(connection)
        return connection

    def _offer(self, given: "Connection | None") -> bool:
        while self._waiting:
            waiter = self._waiting.popleft()
            if not waiter.done():
                waiter.set_result(given)
                return True
        return False

    def _forget(self, connection: Connection) -> None:
        connection.terminate()  # what the driver still holds of it
        self._open.discard(connection)
        self._vacate()

    def _vacate(self) -> None:
        if not self._offer(None):
            self._slots -= 1

    def _look_in(self, seconds: float, *, soon: bool = False) -> None:
        if self._look is not None:
            self._look.cancel()
        self._soon = soon
        self._look = None if self._closed else self._loop.call_later(seconds, self._look_after)

    def _look_after(self) -> None:
        """Commits what lingers, closes what is not wanted, and comes again in time for the next of them."""
        self._look, self._soon = None, False
        now = self._loop.time()
        kept, self._idle = self._idle, []
        due = _IDLE_SECONDS
        for since, connection in kept:
            lingers = not connection.is_closed() and connection.is_in_transaction()
            left = since + (_LINGERING_SECONDS if lingers else _IDLE_SECONDS) - now
            if left > 0:
                self._idle.append((since, connection))
                due = min(due, left)
            elif lingers:
                self._settle(connection)
            else:
                self._forget(connection)
        if self._idle:
            self._look_in(due, soon=due <= _LINGERING_SECONDS)

    def _settle(self, connection: Connection) -> None:
        task = self._loop.create_task(self._settled(connection))
        self._settling.add(task)
        task.add_done_callback(self._settling.discard)

    async def _settled(self, connection: Connection) -> None:
        try:
            await connection.execute("commit")
        except BaseException as error:
            connection.terminate()
            if not isinstance(error, _LOST):
                raise
        finally:
            self.give(connection)
