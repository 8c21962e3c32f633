"""Rates that all workers and hosts count together: each tells the database once a second what was spent through it, and
hears what is left.

Between two settlements a worker knows only its own spending. So together they may grant more than the rate, by what the
others grant in a second; that becomes a debt, which is refilled before anything more is granted.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from app.server.bounds import Bounds
from app.server.buckets import Bucket
from app.store import rates
from app.store.database import Database
from app.store.failures import StoreFailure
from app.store.rates import Spender

_log = logging.getLogger(__name__)
_SETTLE_SECONDS = 1.0
_SETTLEMENTS_KEPT = 60  # after so many, those who have their whole bucket again are forgotten


class SharedBucket(Bucket):
    """One that others empty too."""

    __slots__ = ("_rates", "spender", "unsettled")

    def __init__(self, shared: "SharedRates", spender: Spender, size: int, refill: int) -> None:
        super().__init__(size, refill)
        self._rates = shared
        self.spender = spender
        self.unsettled = 0.0  # spent here since the others were told

    def take(self, cost: float) -> None:
        super().take(cost)
        self.unsettled += cost
        self._rates.active.add(self)


class SharedRates:
    """Those of one worker that are to be settled with all others'."""

    def __init__(self, bounds: Bounds, database: Database) -> None:
        self._bounds = bounds
        self._database = database
        self.active: set[SharedBucket] = set()  # spent from since the last settlement

    def bucket(self, spender: Spender) -> SharedBucket:
        return SharedBucket(self, spender, self._bounds.rate_size, self._bounds.rate_refill)

    async def settle(self) -> None:
        """Tells what was spent, and learns what is left. Where the database does not answer, each worker goes by what
        it knows, and tells it the next time. Raises the store's failures."""
        if not self.active:
            return
        active, self.active = self.active, set()
        spent = {bucket.spender: 0.0 for bucket in active}
        for bucket in active:  # two of one spender, where the first was forgotten meanwhile
            spent[bucket.spender] += bucket.unsettled
        told = [(bucket, bucket.unsettled) for bucket in active]
        for bucket in active:
            bucket.unsettled = 0.0
        try:
            left = await rates.settle(self._database.pool, spent, self._bounds.rate_size, self._bounds.rate_refill)
        except BaseException:
            for bucket, cost in told:
                bucket.unsettled += cost
            self.active |= active
            raise
        for bucket in active:
            bucket.know(left[bucket.spender] - bucket.unsettled)

    async def forget(self) -> None:
        """Removes what says nothing any more from the database. Raises the store's failures."""
        await rates.forget(self._database.pool, self._bounds.rate_size, self._bounds.rate_refill)

    @asynccontextmanager
    async def settling(self) -> AsyncIterator[None]:
        """Settles once a second for as long as the block runs, and at its end."""
        running = asyncio.create_task(self._settle_on())
        try:
            yield
        finally:
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running
            with suppress(StoreFailure):
                await self.settle()

    async def _settle_on(self) -> None:
        settled = 0
        while True:
            await asyncio.sleep(_SETTLE_SECONDS)
            try:
                await self.settle()
                settled += 1
                if settled % _SETTLEMENTS_KEPT == 0:
                    await self.forget()
            except StoreFailure as failure:
                _log.warning("Rates are each worker's own for now: %s", failure)
            except Exception:  # a mistake of ours must not end it for as long as the process lives
                _log.exception("Rates are each worker's own for now.")
