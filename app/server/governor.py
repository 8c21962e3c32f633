"""Keeps every key, contact and shop to its share of this worker."""

import asyncio
import math
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial

from strawberry.types.execution import ExecutionResult

from app.graphql.context import Context
from app.graphql.limits import Allowance
from app.server.bounds import Bounds
from app.server.refusals import Refused
from app.store.failures import NoConnection

_REMEMBERED = 10_000  # buckets; the one unused for longest has filled up long before it is forgotten


class Governor:
    """One for a worker: what it knows is not shared between processes."""

    def __init__(self, bounds: Bounds) -> None:
        self._limits = bounds.limits
        self._buckets = Buckets(bounds.rate_size, bounds.rate_refill)
        self._turns = Turns(bounds)

    def allowance(self, viewer: Hashable, shop_id: int) -> Allowance:
        """What an operation may do that this viewer asks in this shop."""
        return Allowance(self._limits, partial(self._buckets.spend, viewer), partial(self._turns.turn, shop_id))


class Buckets:
    """A token bucket for each viewer, counted in cost: full at first, and refilled evenly."""

    def __init__(self, size: int, refill: int) -> None:
        self._size = size
        self._refill = refill
        self._levels: OrderedDict[Hashable, tuple[float, float]] = OrderedDict()

    def spend(self, viewer: Hashable, cost: int) -> None:
        """Takes the cost; what is dearer than a whole bucket takes all of it. Raises Refused with RATE_LIMITED."""
        now = time.monotonic()
        level, since = self._levels.get(viewer, (float(self._size), now))
        level = min(self._size, level + (now - since) * self._refill)
        wanted = min(cost, self._size)
        self._keep(viewer, level - wanted if wanted <= level else level, now)
        if wanted > level:
            raise self._spent(cost, level, math.ceil((wanted - level) / self._refill))

    def _spent(self, cost: int, level: float, wait: int) -> Refused:
        return Refused(
            "RATE_LIMITED",
            f"This key or token has spent its rate: {cost} is asked, {int(level)} is left. Wait {wait} s.",
            {"retry-after": str(wait)},
            requested=cost, available=int(level), size=self._size, refillPerSecond=self._refill,
        )  # fmt: skip

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
    """So many operations of a shop run at once, each for a time; others of that shop wait in line, and no other shop
    waits for them."""

    def __init__(self, bounds: Bounds) -> None:
        self._bounds = bounds
        self._queues: dict[int, _Queue] = {}

    @asynccontextmanager
    async def turn(self, shop_id: int) -> AsyncIterator[None]:
        """Raises Refused: with SHOP_BUSY when there is no room, or no turn in time; with TIMEOUT when what runs inside
        takes too long, and was cancelled."""
        bounds = self._bounds
        queue = self._queues.setdefault(shop_id, _Queue(asyncio.Semaphore(bounds.in_flight)))
        if queue.present >= bounds.in_flight + bounds.waiting:
            raise self._busy()
        queue.present += 1
        try:
            await self._wait(queue)
            try:
                async with _within(bounds.request):
                    yield
            finally:
                queue.free.release()
        finally:
            queue.present -= 1
            if not queue.present:
                self._queues.pop(shop_id, None)

    async def _wait(self, queue: _Queue) -> None:
        try:
            async with asyncio.timeout(self._bounds.wait if queue.free.locked() else None):
                await queue.free.acquire()
        except TimeoutError:
            raise self._busy() from None

    def _busy(self) -> Refused:
        most = self._bounds.in_flight
        message = f"{most} operations of this shop are running already. Send fewer at once, or try again."
        return Refused("SHOP_BUSY", message, {"retry-after": "1"}, maximum=most)


@asynccontextmanager
async def _within(seconds: float) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(seconds) as limit:
            yield
    except TimeoutError:
        if not limit.expired():
            raise
        raise Refused("TIMEOUT", _TOO_LONG.format(seconds)) from None


def raise_unserved(result: ExecutionResult, context: Context) -> None:
    """Raises what kept a whole operation from being served: a refusal before it began, or that it got no connection
    and nothing was written. Whatever else went wrong is an error of its field."""
    for error in result.errors or ():
        cause = error.original_error
        if isinstance(cause, Refused):
            raise cause
        if isinstance(cause, NoConnection) and context.writes == int(cause.unwritten):
            raise cause


_TOO_LONG = (
    "The operation took longer than {:g} seconds and was stopped. Ask for less. A mutation may have been done: look, "
    "or send it again with the same idempotency key."
)
