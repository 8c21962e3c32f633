"""Keeps every key, contact and shop to its share of this worker."""

import math
import time
from collections.abc import Hashable
from functools import lru_cache, partial

from strawberry.types.execution import ExecutionResult

from app.graphql.context import Context
from app.graphql.limits import Allowance
from app.server.bounds import Bounds
from app.server.refusals import Refused
from app.server.turns import Turns
from app.store.failures import NoConnection

_REMEMBERED = 10_000  # viewers; the bucket of the one unused for longest has filled up long before it is forgotten


class Governor:
    """One for a worker: what it knows is not shared between processes."""

    def __init__(self, bounds: Bounds) -> None:
        self._bounds = bounds
        self._turns = Turns(bounds)
        self.allowance = lru_cache(_REMEMBERED)(self._allowance)

    def _allowance(self, _viewer: Hashable, shop_id: int) -> Allowance:
        """What an operation may do that this viewer asks in this shop."""
        bucket = Bucket(self._bounds.rate_size, self._bounds.rate_refill)
        return Allowance(
            self._bounds.limits, bucket.spend, partial(self._turns.turn, shop_id), self._bounds.private_webhooks
        )


class Bucket:
    """A viewer's token bucket, counted in cost: full at first, and refilled evenly."""

    __slots__ = ("_level", "_refill", "_since", "_size")

    def __init__(self, size: int, refill: int) -> None:
        self._size = size
        self._refill = refill
        self._level = float(size)
        self._since = time.monotonic()

    def spend(self, cost: int) -> None:
        """Takes the cost; what is dearer than a whole bucket takes all of it. Raises Refused with RATE_LIMITED."""
        now = time.monotonic()
        level = min(self._size, self._level + (now - self._since) * self._refill)
        wanted = min(cost, self._size)
        self._level, self._since = level - wanted if wanted <= level else level, now
        if wanted > level:
            raise self._spent(cost, level, math.ceil((wanted - level) / self._refill))

    def _spent(self, cost: int, level: float, wait: int) -> Refused:
        return Refused(
            "RATE_LIMITED",
            f"This key or token has spent its rate: {cost} is asked, {int(level)} is left. Wait {wait} s.",
            {"retry-after": str(wait)},
            requested=cost, available=int(level), size=self._size, refillPerSecond=self._refill,
        )  # fmt: skip


def raise_unserved(result: ExecutionResult, context: Context) -> None:
    """Raises what kept a whole operation from being served: a refusal before it began, or that it got no connection
    and nothing was written. Whatever else went wrong is an error of its field."""
    for error in result.errors or ():
        cause = error.original_error
        if isinstance(cause, Refused):
            raise cause
        if isinstance(cause, NoConnection) and context.writes == int(cause.unwritten):
            raise cause
