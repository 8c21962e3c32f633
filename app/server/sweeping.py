"""Going through all shops, a few at a time, to forget what has outlived its days."""

import asyncio
import logging
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from app.operations.forget_expired import forget_expired
from app.store.database import Database
from app.store.failures import StoreFailure

_log = logging.getLogger(__name__)
_SHOPS = 100  # looked at together
_STEPS = 20  # for one shop, before the next has its turn
_PAUSE_SECONDS = 10.0  # between two looks
_REST_SECONDS = 600.0  # when all shops were looked at, and nothing was left


class Sweeper:
    """One in each serving process. What several find at once is removed once; each looks at a hundred shops every ten
    seconds, so that it costs next to nothing however many shops there are."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._reached = 0  # up to which shop it has looked
        self._left = False  # whether a shop had more than its steps

    async def run(self) -> None:
        """Without end; begins by chance, so that processes that start together do not look together."""
        await asyncio.sleep(random.uniform(0, _PAUSE_SECONDS))
        while True:
            try:
                rest = await self.look()
            except StoreFailure as failure:
                _log.warning("What has outlived its days stays for now: %s", failure)
                rest = False
            except Exception:  # a mistake of ours must not end it for as long as the process lives
                _log.exception("What has outlived its days stays for now.")
                rest = False
            await asyncio.sleep(_REST_SECONDS if rest else _PAUSE_SECONDS)

    async def look(self) -> bool:
        """At the next shops; whether all have been looked at, and nothing is left. Raises the store's failures."""
        shop_ids = await self._database.shops_behind(self._reached, _SHOPS)
        self._reached = shop_ids[-1] if shop_ids else self._reached
        for shop_id in shop_ids:
            self._left |= await self._sweep(shop_id)
        if len(shop_ids) == _SHOPS:
            return False
        left, self._reached, self._left = self._left, 0, False
        return not left

    async def _sweep(self, shop_id: int) -> bool:
        """Whether there may be more. A shop that fails keeps its old rows; the others have their turn."""
        try:
            for _ in range(_STEPS):
                if not await forget_expired(self._database, shop_id):
                    return False
        except StoreFailure as failure:
            _log.warning("What has outlived its days in shop %d stays for now: %s", shop_id, failure)
        return True


@asynccontextmanager
async def sweeping(database: Database) -> AsyncIterator[None]:
    """A sweeper at work for as long as the block runs."""
    running = asyncio.create_task(Sweeper(database).run())
    try:
        yield
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
