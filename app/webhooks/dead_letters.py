"""Telling the log of deliveries that were given up: where they are, nothing of what they tell."""

import logging
import time
from collections.abc import Callable, Sequence

from app.domain.webhooks import Delivery

_log = logging.getLogger(__name__)
_LINES = 10  # of a shop in one window; what is more is told as a number
_WINDOW_SECONDS = 60.0


class DeadLetters:
    """Of one shop."""

    def __init__(self, shop_id: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._shop_id = shop_id
        self._clock = clock
        self._end = 0.0
        self._told = 0
        self._untold = 0

    def tell(self, given_up: Sequence[Delivery]) -> None:
        """A line for each, as far as this minute has any left."""
        if given_up and self._clock() >= self._end:
            self._turn_over()
        for each in given_up:
            if self._told == _LINES:
                self._untold += 1
                continue
            self._told += 1
            _log.warning(
                "Delivery %d of trigger %d of shop %d is given up after %d attempts (change %d).",
                each.id, each.trigger_id, self._shop_id, each.attempts + 1, each.sequence,
            )  # fmt: skip

    def _turn_over(self) -> None:
        if self._untold:
            _log.warning("%d more deliveries of shop %d were given up before.", self._untold, self._shop_id)
        self._end, self._told, self._untold = self._clock() + _WINDOW_SECONDS, 0, 0
