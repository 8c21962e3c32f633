"""One connection, one transaction, one tenant."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import asyncpg

from app.store.failures import NoConnection, TimedOut, Unavailable, translated
from app.store.statements import Statement

_POOL_WAIT_SECONDS = 1.0

Observer = Callable[[int, Statement], None]


class Session:
    """One connection, one transaction, one tenant. The transaction begins with the first statement, so an operation
    that asks nothing of the database costs it nothing. Statements of one session wait for each other.

    May be cancelled anywhere: closing ends the statements that still run, and the connection is given back, or ended
    where its state is not known. A session that got no connection does not wait for one again."""

    def __init__(
        self, pool: "asyncpg.Pool[asyncpg.Record]", shop_id: int, begin: str, observers: Sequence[Observer] = ()
    ) -> None:
        self.shop_id = shop_id
        self._pool = pool
        self._begin = begin
        self._connection: Any = None
        self._closed = False
        self._refused: NoConnection | None = None
        self._turn = asyncio.Lock()
        self._askers: set[asyncio.Task[Any] | None] = set()
        self._observers = observers

    async def fetch(self, statement: Statement, *args: Any) -> list[asyncpg.Record]:
        """The statement's rows. The shop's id is passed as $1, `args` as $2 and on."""
        async with self._asking():
            return await self._fetch(await self._ready(), statement, args)

    async def fetch_as_gateway(self, statement: Statement, *args: Any) -> list[asyncpg.Record]:
        """The same with the gateway's own rights, also where the session reads in the name of a contact. For prices
        alone: they come from records that the contact may not read."""
        return await self.fetch(statement, *args)

    async def run_many(self, statement: Statement, rows: Sequence[tuple[Any, ...]]) -> None:
        """Runs the statement once for each row of arguments, in one round trip. The shop's id is $1 in each."""
        if not rows:
            return
        async with self._asking():
            connection = await self._ready()
            self._observe(statement)
            with translated():
                await connection.executemany(statement.sql, [(self.shop_id, *row) for row in rows])

    def _asking(self) -> "_Asking":
        return _Asking(self._askers, self._turn)

    async def _ready(self) -> Any:
        """The connection, with the transaction begun. Raises NoConnection when none comes free in time."""
        if self._closed:
            raise RuntimeError("the session is closed")
        if self._connection is None:
            connection = await self._acquired()
            try:
                with translated():
                    await connection.execute(self._begin)
                if self._closed:
                    raise asyncio.CancelledError
            except BaseException:
                connection.terminate()
                await self._pool.release(connection)
                raise
            self._connection = connection
        return self._connection

    async def _acquired(self) -> Any:
        if self._refused is not None:
            raise NoConnection(str(self._refused))
        try:
            with translated():
                return await self._pool.acquire(timeout=_POOL_WAIT_SECONDS)
        except TimedOut as failure:
            self._refused = NoConnection("All database connections are busy. Try again shortly.")
            raise self._refused from failure
        except Unavailable as failure:
            self._refused = NoConnection(str(failure))
            raise self._refused from failure

    async def _fetch(self, connection: Any, statement: Statement, args: tuple[Any, ...]) -> list[asyncpg.Record]:
        self._observe(statement)
        with translated():
            rows: list[asyncpg.Record] = await connection.fetch(statement.sql, self.shop_id, *args)
            return rows

    async def _run(self, connection: Any, command: str) -> None:
        with translated():
            await connection.execute(command)

    def _observe(self, statement: Statement) -> None:
        for observe in self._observers:
            observe(self.shop_id, statement)

    async def close(self, how: str = "commit") -> None:
        """Ends the transaction, if one was begun, and gives the connection back."""
        self._closed = True
        for asker in self._askers:
            if asker is not None:
                asker.cancel()
        try:
            async with self._turn:
                if self._connection is not None:
                    await self._run(self._connection, how)
        except BaseException:
            if self._connection is not None:
                self._connection.terminate()
            raise
        finally:
            connection, self._connection = self._connection, None
            if connection is not None:
                await self._pool.release(connection)


class _Asking:
    """A task's turn at a session. Loaders ask in tasks of their own, which outlive a cancelled operation unless `close`
    ends them. A plain class: entered for every statement, it costs a third of a generator."""

    __slots__ = ("_asker", "_askers", "_turn")

    def __init__(self, askers: "set[asyncio.Task[Any] | None]", turn: asyncio.Lock) -> None:
        self._asker = asyncio.current_task()
        self._askers = askers
        self._turn = turn

    async def __aenter__(self) -> None:
        self._askers.add(self._asker)
        try:
            await self._turn.acquire()
        except BaseException:
            self._askers.discard(self._asker)
            raise

    async def __aexit__(self, *_: object) -> None:
        self._turn.release()
        self._askers.discard(self._asker)
