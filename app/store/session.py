"""One connection, one transaction, one tenant."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, NamedTuple

import asyncpg

from app.domain.limits import CHANGE_DAYS
from app.store.ahead import Ahead
from app.store.asking import Asking
from app.store.failures import NoConnection, Retryable, TimedOut, Unavailable, translated, translation
from app.store.pool import Pool
from app.store.replicas import Replica, Replicas
from app.store.statements import Statement, timeless
from app.telemetry import observation

Observer = Callable[[int, Statement], None]


class Check(NamedTuple):
    """Whether the statement finds a row for the shop ($1) and a number ($2). It goes with the beginning of a snapshot
    and costs no round trip (see `servers.py`)."""

    statement: Statement
    number: int


_FOUND = "SELECT 1"
_BEGIN = Statement("session.begin", "begin")
_END = Statement("session.end", "commit")
_ENDING_SECONDS = 2.0  # for a transaction to be ended after a cancellation


class Session:
    """One connection, one transaction, one tenant. The transaction begins with the first statement, so an operation
    that asks nothing of the database costs it nothing. Statements of one session wait for each other.

    May be cancelled anywhere: closing ends the statements that still run, and the connection is given back, or ended
    where its state is not known. A session that got no connection does not wait for one again.

    A session that `lingers` has nothing to write: unless something went wrong, it gives its connection back with the
    transaction open, and the next one ends it. What begins its own is sent together with its first statement, in one
    round trip. A `check` needs a transaction with one snapshot.

    With `replicas`, set before the first statement, its transaction is one of theirs if it can be."""

    timeless = False  # whether nobody will look at the times of what is read
    change_days = CHANGE_DAYS  # how long the change log keeps what happened
    replicas: Replicas | None = None
    interrupted = False  # whether what it read is void: asked again, another session would have answered
    _replica: Replica | None = None
    _checked = False
    _assuming = False
    _assumed = False  # whether somebody relies on what the check has not said yet
    _connection: Any = None
    _disturbed = False  # whether something went wrong
    _silent = False  # whether the database did not even say so
    _closed = False
    _refused: NoConnection | None = None
    _running: tuple[Statement, float] | None = None  # since when

    def __init__(
        self,
        pool: Pool,
        shop_id: int,
        begin: str,
        observers: Sequence[Observer] = (),
        *,
        lingers: bool = False,
        check: Check | None = None,
    ) -> None:
        self.shop_id = shop_id
        self._pool = pool
        self._begin = begin
        self._check = check
        self._lingers = lingers and not pool.server.pooled
        self._turn = asyncio.Lock()
        self._askers: set[asyncio.Task[Any] | None] = set()
        self._observers = observers

    async def fetch(self, statement: Statement, *args: Any) -> list[asyncpg.Record]:
        """The statement's rows. The shop's id is passed as $1, `args` as $2 and on."""
        async with self._asking():
            if self._connection is None and self._lingers and self.replicas is None and not self._closed:
                return await self._fetch_first(statement, args)
            return await self._fetch(await self._ready(), statement, args)

    async def fetch_as_gateway(self, statement: Statement, *args: Any) -> list[asyncpg.Record]:
        """The same with the gateway's own rights, also where the session reads in the name of a contact. For prices,
        which come from records that the contact may not read, and for the model, which is the whole shop's."""
        return await self.fetch(statement, *args)

    @property
    def spread(self) -> bool:
        """Whether the shops are spread over a cluster, which takes fewer forms of statements."""
        return self._pool.server.spread

    async def command(self, text: str) -> None:
        """Runs a command of ours that takes no values, such as a savepoint."""
        async with self._asking():
            await self._run(await self._ready(), text)

    async def run_many(self, statement: Statement, rows: Sequence[tuple[Any, ...]]) -> None:
        """Runs the statement once for each row of arguments, in one round trip. The shop's id is $1 in each."""
        if not rows:
            return
        async with self._asking():
            connection = await self._ready()
            self._observe(statement)
            await connection.executemany(statement.sql, [(self.shop_id, *row) for row in rows])

    async def checked(self) -> int | None:
        """The number of the session's check, if a row was found for it as the snapshot began."""
        if self._check is None:
            return None
        if self._connection is None:
            if self._assuming and self.replicas is None:
                self._assumed = True
                return self._check.number
            async with self._asking():
                await self._ready()
        return self._check.number if self._checked else None

    def assume(self) -> None:
        """Has `checked` take for granted that a row will be found, so that the check needs no round trip of its own: it
        goes with the first statement. For who asks `confirmed` in the end, and can do everything again."""
        self._assuming = self._lingers

    async def confirmed(self) -> bool:
        """Whether what was read counts: nothing interrupted it, and what was assumed is so."""
        if self._assumed and self._connection is None and not self.interrupted:
            async with self._asking():
                await self._ready()
        return not self.interrupted

    def _asking(self) -> Asking:
        return Asking(self)

    async def _ready(self) -> Any:
        """The connection, with the transaction begun. Raises NoConnection when none comes free in time."""
        if self._closed:
            raise RuntimeError("the session is closed")
        if self._connection is None:
            self._connection = await self._begun()
        return self._connection

    async def _begun(self) -> Any:
        if self.replicas is not None and (connection := await self._begun_by(self.replicas)) is not None:
            return connection
        connection = await self._acquired()
        commands = self._beginning(connection)
        began = time.perf_counter()
        try:
            done = await connection.execute(commands)
            self._noted_beginning(began)
            self._running = None
            if self._closed:
                raise asyncio.CancelledError
        except BaseException as error:
            if isinstance(error, TimeoutError):
                self._pool.doubt()
            connection.terminate()
            self._pool.give(connection)
            raise
        self._told(done)
        return connection

    def _beginning(self, connection: Any) -> str:
        """The commands that begin the transaction on this connection."""
        server = self._pool.server
        begin = server.opening(self._begin)
        if connection.is_in_transaction():  # the session before this one lingers
            begin = f"commit; {begin}"
        if self._check is None:
            return begin
        self._observe(self._check.statement)
        return f"{begin}; {server.command(self._check.statement, self.shop_id, self._check.number)}"

    async def _fetch_first(self, statement: Statement, args: tuple[Any, ...]) -> list[asyncpg.Record]:
        """The rows of the first statement, sent together with the beginning. Were that to fail, the statement found
        nothing: without a tenant no row is seen. Raises Retryable where something was assumed that is not so."""
        self._connection = connection = await self._acquired()
        began = time.perf_counter()
        ahead = Ahead(connection, self._beginning(connection))
        try:
            rows = await self._fetch(connection, statement, args)
        except Exception as error:
            if ahead.error is not None:
                raise ahead.error from error
            raise
        if ahead.error is not None:
            raise ahead.error
        self._noted_beginning(began, ahead.ended)
        self._running = statement, ahead.ended
        self._told(ahead.tag)
        if self.interrupted:
            raise Retryable("The shop's definitions have just changed. Send it again.")
        return rows

    def _noted_beginning(self, began: float, ended: float | None = None) -> None:
        statement = _BEGIN if self._check is None else self._check.statement
        observation.asked(statement, began, ended, self._pool.server.place)

    def _told(self, tag: str) -> None:
        """What came of the check."""
        self._checked = tag == _FOUND
        self.interrupted |= self._assumed and not self._checked

    async def _begun_by(self, replicas: Replicas) -> Any:
        began = time.perf_counter()
        begun = await replicas.begin(self.shop_id, self._begin, 0 if self._check is None else self._check.number)
        if begun is None:
            return None
        if self._check is not None:
            self._observe(self._check.statement)
        self._noted_beginning(began)
        self._running = None
        self._replica, connection, self._checked = begun
        self._pool = self._replica.pool
        if self._closed:
            self._pool.give(connection)
            raise asyncio.CancelledError
        return connection

    async def _acquired(self) -> Any:
        if self._refused is not None:
            raise NoConnection(str(self._refused))
        try:
            with translated():
                return await self._pool.take()
        except TimedOut as failure:
            self._refused = NoConnection("No database connection was to be had in time. Try again shortly.")
            raise self._refused from failure
        except Unavailable as failure:
            self._refused = NoConnection(str(failure))
            raise self._refused from failure

    def _fetch(self, connection: Any, statement: Statement, args: tuple[Any, ...]) -> Awaitable[list[asyncpg.Record]]:
        self._observe(statement)
        if self.timeless:
            statement = timeless(statement)
        rows: Awaitable[list[asyncpg.Record]] = connection.fetch(statement.sql, self.shop_id, *args)
        return rows

    async def _run(self, connection: Any, command: str) -> None:
        await connection.execute(command)

    def _observe(self, statement: Statement) -> None:
        for observe in self._observers:
            observe(self.shop_id, statement)
        self._running = statement, time.perf_counter()

    async def _failed(self, error: BaseException) -> None:
        self._lingers, self._disturbed = False, True
        if isinstance(error, TimeoutError):  # the driver's own: the server keeps a shorter one
            self._silent = True
            self._pool.doubt()
        if self._replica is not None:
            self._replica.failed(error)
            self.interrupted |= isinstance(translation(error), Unavailable | Retryable)
        if isinstance(error, asyncpg.InvalidCachedStatementError):  # it will be so on every connection
            await self._pool.forget_statements()

    async def close(self, how: str = "commit") -> None:
        """Ends the transaction, if one was begun, and gives the connection back. Where something went wrong the
        database has two seconds for that."""
        self._closed = True
        try:
            if self._askers or not self._lingers:
                await self._end(how)
        except BaseException as error:
            if self._connection is not None:
                self._connection.terminate()
            if isinstance(error.__cause__, TimeoutError):
                self._pool.doubt()
            raise
        finally:
            connection, self._connection = self._connection, None
            if connection is not None:
                self._pool.give(connection)

    async def _end(self, how: str) -> None:
        for asker in self._askers:
            if asker is not None:
                asker.cancel()
        hurried = self._disturbed or bool(self._askers)
        async with self._turn:
            if self._silent:
                raise TimedOut("The database does not answer. Try again shortly.")
            if self._connection is not None:
                began = time.perf_counter()
                with translated():
                    await self._connection.execute(how, timeout=_ENDING_SECONDS if hurried else None)
                observation.asked(_END, began, None, self._pool.server.place)
