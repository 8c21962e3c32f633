"""Reads from replicas: a query's snapshot is taken from one that has every write it must see, or from the primary.

A replica is asked to begin while the primary is asked where the shop's writes stand (`positions.py`). The replica
says, in the snapshot that it begins, whether it has reached what we knew; where the primary says that there is more, or
nobody says, the query is the primary's. So lag, a stopped replay or a promoted replica costs a round trip, and never
shows in an answer.
"""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Sequence
from contextlib import suppress
from typing import NamedTuple

import asyncpg

from app.store.failures import StoreFailure
from app.store.pool import Connection, Pool
from app.store.positions import Positions
from app.store.statements import Statement

REACHED = Statement(
    "positions.reached",
    "select from generate_series(1, 2) where pg_is_in_recovery() and ($2::bigint = 0 or exists ("
    "select from change_heads where shop_id = $1 and sequence + unlogged >= $2))"
    " union all select from shops where shop_id = $1 and model_version = $3::bigint",
)
_TAGS = {"SELECT 0": (False, False), "SELECT 1": (False, True), "SELECT 2": (True, False), "SELECT 3": (True, True)}
_PAUSE_SECONDS = (0.02, 1.0)  # after a replica was behind for a shop: at first, and at most
_PROBE_SECONDS = 1.0
_PATIENCE_SECONDS = 0.25
_BEHIND = 10_000  # shops remembered
_LOST = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, TimeoutError,
         StoreFailure)  # fmt: skip
_ENDED = (OSError, asyncpg.InterfaceError, asyncpg.PostgresConnectionError, asyncpg.OperatorInterventionError,
          asyncpg.InternalClientError)  # fmt: skip

_log = logging.getLogger(__name__)


class Begun(NamedTuple):
    """A snapshot on a replica: whether the model that was asked for is its model."""

    replica: "Replica"
    connection: Connection
    model_known: bool


class _Behind(NamedTuple):
    until: float
    pause: float


class Replica:
    """One of them: in service, or out and looked at each second until it can be asked again."""

    def __init__(self, pool: Pool, number: int) -> None:
        self.pool = pool
        self.serves = True
        self.begun = 0  # snapshots that were used
        self._number = number
        self._loop = asyncio.get_running_loop()
        self._behind: OrderedDict[int, _Behind] = OrderedDict()
        self._probing: asyncio.Task[None] | None = None

    def may_serve(self, shop_id: int) -> bool:
        behind = self._behind.get(shop_id)
        return self.serves and (behind is None or behind.until <= self._loop.time())

    def failed(self, error: BaseException) -> None:
        """Something went wrong on it. If a connection ended, or did not answer, it is left out."""
        if isinstance(error, (*_ENDED, TimeoutError)):
            self.leave_out(error)

    def leave_out(self, error: BaseException) -> None:
        """Until a probe succeeds. What answers at its address then may be another server: it is looked at anew."""
        if self.serves:
            self.serves = False
            self.pool.server.forget()
            _log.warning("Replica %d is left out: %s", self._number, error or type(error).__name__)
            self._probing = asyncio.create_task(self._probe())

    def reached(self, shop_id: int, *, reached: bool) -> None:
        """What it said of a shop's position. Where it was behind, it is not asked again for a moment."""
        if reached:
            self._behind.pop(shop_id, None)
            return
        first, most = _PAUSE_SECONDS
        known = self._behind.get(shop_id)
        pause = first if known is None else min(known.pause * 2, most)
        self._behind[shop_id] = _Behind(self._loop.time() + pause, pause)
        if len(self._behind) > _BEHIND:
            self._behind.popitem(last=False)

    async def close(self) -> None:
        if self._probing is not None:
            self._probing.cancel()
            with suppress(asyncio.CancelledError):
                await self._probing
        await self.pool.close()

    async def _probe(self) -> None:
        while not self.serves:
            await asyncio.sleep(_PROBE_SECONDS)
            with suppress(*_LOST):
                async with self.pool.acquire(_PROBE_SECONDS) as connection:
                    self.serves = bool(await connection.fetchval("select pg_is_in_recovery()", timeout=_PROBE_SECONDS))
        self._behind.clear()
        _log.warning("Replica %d serves again.", self._number)


class Replicas:
    """All replicas of one process, asked in turn."""

    def __init__(self, pools: Sequence[Pool], positions: Positions) -> None:
        self.all = [Replica(pool, number) for number, pool in enumerate(pools, 1)]
        self.positions = positions
        self._turn = 0

    async def begin(self, shop_id: int, begin: str, model_version: int) -> Begun | None:
        """A snapshot that has all writes acknowledged until now; None where the primary is to be asked. Never raises
        what is wrong with a replica."""
        replica = self._choose(shop_id)
        if replica is None:
            return None
        told = self.positions.ask(shop_id)
        known = self.positions.known(shop_id)
        if known is None and (known := await told) is None:
            return None
        connection = await self._taken(replica)
        if connection is None:
            return None
        try:
            server = replica.pool.server
            check = server.command(REACHED, shop_id, known, model_version)
            async with asyncio.timeout(_PATIENCE_SECONDS):
                reached, model_known = await _begun(connection, server.opening(begin), check)
        except BaseException as error:
            connection.terminate()
            replica.pool.give(connection)
            if not isinstance(error, _LOST):
                raise
            replica.failed(error)
            replica.reached(shop_id, reached=False)
            return None
        replica.reached(shop_id, reached=reached)
        try:
            position = await told
            if reached and position is not None and position <= known:
                replica.begun += 1
                return Begun(replica, connection, model_known)
        except BaseException:
            replica.pool.give(connection)
            raise
        replica.pool.give(connection)
        return None

    async def close(self) -> None:
        await self.positions.close()
        for replica in self.all:
            await replica.close()

    def _choose(self, shop_id: int) -> Replica | None:
        for _ in self.all:
            self._turn = (self._turn + 1) % len(self.all)
            replica = self.all[self._turn]
            if replica.may_serve(shop_id):
                return replica
        return None

    @staticmethod
    async def _taken(replica: Replica) -> "Connection | None":
        """None if it has no connection free soon, or none can be made."""
        try:
            return await replica.pool.take(_PATIENCE_SECONDS)
        except _LOST as error:
            full = isinstance(error, TimeoutError) and replica.pool.open > 0
            if not full:  # whatever keeps us out, such as a password, would cost each query its try
                replica.leave_out(error)
            return None


async def _begun(connection: Connection, begin: str, check: str) -> tuple[bool, bool]:
    """Whether the snapshot has reached the position, and whether its model is of the version asked for."""
    commands = [begin, check]
    if connection.is_in_transaction():  # the session before this one lingers
        commands.insert(0, "commit")
    return _TAGS[await connection.execute("; ".join(commands))]
