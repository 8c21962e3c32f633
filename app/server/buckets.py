"""What a viewer may spend: a token bucket, counted in cost."""

import math
import time

from app.server.refusals import Refused


class Bucket:
    """Full at first, and refilled evenly."""

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
        self._level, self._since = level, now
        wanted = min(cost, self._size)
        if wanted > level:
            raise self._spent(cost, level, math.ceil((wanted - level) / self._refill))
        self.take(wanted)

    def take(self, cost: float) -> None:
        """Takes what is there."""
        self._level -= cost

    def know(self, level: float) -> None:
        """That much is left now, as others say who empty it too. Below 0 it is refilled before anything is granted."""
        self._level, self._since = min(self._size, level), time.monotonic()

    def _spent(self, cost: int, level: float, wait: int) -> Refused:
        return Refused(
            "RATE_LIMITED",
            f"This key or token has spent its rate: {cost} is asked, {max(0, int(level))} is left. Wait {wait} s.",
            {"retry-after": str(wait)},
            requested=cost, available=max(0, int(level)), size=self._size, refillPerSecond=self._refill,
        )  # fmt: skip
