"""Keeps every key, contact and shop to its share of this worker."""

import asyncio
import math
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from app.graphql.limits import Allowance
from app.server.bounds import Bounds
from app.server.refusals import Refused

_REMEMBERED = 10_000  # buckets; the one unused for longest has filled up long before it is forgotten


class Governor:
    """One for a worker: what it knows is not shared between processes."""

    def __init__(self, bounds: Bounds) -> None:
        self._limits = bounds.limits
        self._buckets = Buckets(bounds.rate_size, bounds.rate_refill)
        self._turns = Turns(bounds.in_flight, bounds.waiting, bounds.wait)

    def allowance(self, viewer: Hashable, shop_id: int) -> Allowance:
        """What an operation may do that this viewer asks in this shop."""
        return Allowance(self._limits, partial(self._buckets.spend, viewer), partial(self._turns.turn, shop_id))


class Buckets:
    """A token bucket for each viewer, counted in cost: full at first, and refilled evenly."""

    def __init__(self, size: int, refill: int) -> None:
        self._size = size
        self._refill = refill
        self._levels: OrderedDict[Hashable, tuple[float, float]] = OrderedDict()

    def spend(self, viewer: Hashable, cost: int) -> dict[str, Any]:
        """Takes the cost, and tells what is left. Raises Refused with RATE_LIMITED. An operation dearer than a whole
        bucket takes all of it."""
        now = time.monotonic()
        level, since = self._levels.get(viewer, (float(self._size), now))
        level = min(self._size, level + (now - since) * self._refill)
        wanted = min(cost, self._size)
        spent = wanted if wanted <= level else 0
        self._keep(viewer, level - spent, now)
        state = {"available": int(level - spent), "size": self._size, "refillPerSecond": self._refill}
        if spent < wanted:
            wait = math.ceil((wanted - level) / self._refill)
            message = f"This key or token has spent its rate: {cost} is asked, {int(level)} is left. Wait {wait} s."
            raise Refused("RATE_LIMITED", message, {"retry-after": str(wait)}, requested=cost, retryAfter=wait, **state)
        return state

    def _keep(self, viewer: Hashable, level: float, now: float) -> None:
        self._levels[viewer] = (level, now)
        self._levels.move_to_end(viewer)
        if len(self._levels) > _REMEMBERED:
            self._levels.popitem(last=False)


@dataclass(slots=True)
class _Queue:
    free: asyncio.Semaphore
    present: int = 0  # running or waiting


class Turns:
    """So many operations of a shop run at once; others of that shop wait in line, for a time, and no other shop does."""

    def __init__(self, running: int, waiting: int, seconds: float) -> None:
        self._running = running
        self._waiting = waiting
        self._seconds = seconds
        self._queues: dict[int, _Queue] = {}

    @asynccontextmanager
    async def turn(self, shop_id: int) -> AsyncIterator[None]:
        """Raises Refused with SHOP_BUSY."""
        queue = self._queues.setdefault(shop_id, _Queue(asyncio.Semaphore(self._running)))
        if queue.present >= self._running + self._waiting:
            raise self._busy()
        queue.present += 1
        try:
            await self._wait(queue)
            try:
                yield
            finally:
                queue.free.release()
        finally:
            queue.present -= 1
            if not queue.present:
                self._queues.pop(shop_id, None)

    async def _wait(self, queue: _Queue) -> None:
        try:
            async with asyncio.timeout(self._seconds if queue.free.locked() else None):
                await queue.free.acquire()
        except TimeoutError:
            raise self._busy() from None

    def _busy(self) -> Refused:
        message = f"{self._running} operations of this shop are running already. Send fewer at once, or try again."
        return Refused("SHOP_BUSY", message, {"retry-after": "1"}, maximum=self._running)
