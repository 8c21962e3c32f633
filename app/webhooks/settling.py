"""Writing down what came of deliveries: whatever came meanwhile, in one transaction, in the order in which it came."""

import asyncio
import logging
import random
from collections.abc import Callable
from typing import NamedTuple

from app.domain.webhooks import Delivery, pause
from app.store import deliveries
from app.store.database import Database
from app.store.failures import StoreFailure
from app.webhooks.bounds import WebhookBounds
from app.webhooks.dead_letters import DeadLetters
from app.webhooks.sending import Attempt

_log = logging.getLogger(__name__)
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 2.0  # seconds, doubled, while the database cannot write


class _Settled(NamedTuple):
    delivery: Delivery
    attempt: Attempt | None  # None: it was not made


class Settler:
    """Of one shop. What the database cannot write now stays before what comes later: so of a record nothing is settled
    that would leave an earlier delivery to be sent again behind it. `told` is called when something was written."""

    def __init__(self, database: Database, shop_id: int, bounds: WebhookBounds, told: Callable[[], None]) -> None:
        self._database = database
        self._shop_id = shop_id
        self._bounds = bounds
        self._told = told
        self._dead_letters = DeadLetters(shop_id)
        self._waiting: list[_Settled] = []
        self._writing: asyncio.Task[None] | None = None

    def attempted(self, delivery: Delivery, attempt: Attempt) -> None:
        self._put(_Settled(delivery, attempt))

    def let_go(self, delivery: Delivery) -> None:
        """It was claimed, and will not be sent: others may."""
        self._put(_Settled(delivery, None))

    async def finish(self, seconds: float) -> None:
        """Waits so long until everything is written."""
        if self._writing is not None:
            await asyncio.wait([self._writing], timeout=seconds)
            self._writing.cancel()

    def _put(self, settled: _Settled) -> None:
        self._waiting.append(settled)
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._run())

    async def _run(self) -> None:
        wait = _FIRST_PAUSE
        while self._waiting:
            some = self._waiting[:]
            try:
                await self._write(some)
            except StoreFailure as failure:
                _log.warning("%d deliveries of shop %d are not settled yet: %s", len(some), self._shop_id, failure)
                await asyncio.sleep(wait)
                wait = min(wait * 2, _LONGEST_PAUSE)
            else:
                wait = _FIRST_PAUSE
                del self._waiting[: len(some)]
                self._told()

    async def _write(self, some: list[_Settled]) -> None:
        arrived = [(each.delivery, each.attempt.answered or 0) for each in some
                   if each.attempt is not None and each.attempt.error is None]  # fmt: skip
        failed = [self._failure(each.delivery, each.attempt.answered, each.attempt.error) for each in some
                  if each.attempt is not None and each.attempt.error is not None]  # fmt: skip
        async with self._database.writing(self._shop_id, untold=True) as session:
            await deliveries.delivered(session, arrived)
            await deliveries.failed(session, failed)
            await deliveries.let_go(session, [each.delivery for each in some if each.attempt is None])
        self._dead_letters.tell([each.delivery for each in failed if each.dead])

    def _failure(self, delivery: Delivery, answered: int | None, error: str) -> deliveries.Failure:
        attempts = delivery.attempts + 1
        seconds = pause(attempts, self._bounds.first_pause, random.random())
        return deliveries.Failure(delivery, answered, error, seconds, attempts >= self._bounds.attempts)
