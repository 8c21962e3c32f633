"""One connection, one transaction, one tenant."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import asyncpg

from app.store.failures import Unavailable, translated
from app.store.statements import Statement

_POOL_WAIT_SECONDS = 1.0

Observer = Callable[[int, Statement], None]


class Session:
    """One connection, one transaction, one tenant. The transaction begins with the first statement, so an operation
    that asks nothing of the database costs it nothing. Statements of one session wait for each other."""

    def __init__(
        self, pool: "asyncpg.Pool[asyncpg.Record]", shop_id: int, begin: str, observers: Sequence[Observer] = ()
    ) -> None:
        self.shop_id = shop_id
        self._pool = pool
        self._begin = begin.format(int(shop_id))
        self._connection: Any = None
        self._closed = False
        self._turn = asyncio.Lock()
        self._observers = observers

    async def fetch(self, statement: Statement, *args: Any) -> list[asyncpg.Record]:
        """The statement's rows. The shop's id is passed as $1, `args` as $2 and on."""
        async with self._turn:
            with translated():
                connection = self._connection or await self._open()
                for observe in self._observers:
                    observe(self.shop_id, statement)
                rows: list[asyncpg.Record] = await connection.fetch(statement.sql, self.shop_id, *args)
                return rows

    async def run_many(self, statement: Statement, rows: Sequence[tuple[Any, ...]]) -> None:
        """Runs the statement once for each row of arguments, in one round trip. The shop's id is $1 in each."""
        if not rows:
            return
        async with self._turn:
            with translated():
                connection = self._connection or await self._open()
                for observe in self._observers:
                    observe(self.shop_id, statement)
                await connection.executemany(statement.sql, [(self.shop_id, *row) for row in rows])

    async def _open(self) -> Any:
        if self._closed:
            raise RuntimeError("the session is closed")
        try:
            self._connection = await self._pool.acquire(timeout=_POOL_WAIT_SECONDS)
        except TimeoutError as error:
            raise Unavailable("All database connections are busy. Try again shortly.") from error
        await self._connection.execute(self._begin)
        return self._connection

    async def close(self, how: str = "commit") -> None:
        """Ends the transaction, if one was begun, and gives the connection back."""
        self._closed = True
        connection, self._connection = self._connection, None
        if connection is None:
            return
        try:
            with translated():
                await connection.execute(how)
        except BaseException:
            connection.terminate()
            raise
        finally:
            await self._pool.release(connection)
