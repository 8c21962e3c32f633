"""How much of a worker a shop may have at once while others ask too."""

import time
from collections.abc import Callable

LEAST = 2  # operations of a shop that may always run, so that one slow one does not hold up its others
_WINDOW = 1.0  # seconds; who asked in this one or in the last one counts


class Shares:
    """A shop alone, or beside one other, has its whole bound. Beside more, twice the bound (the connections) is divided
    evenly among all that asked within the last second or two, and none gets fewer than LEAST."""

    def __init__(self, most: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._clock = clock
        self._end = clock() + _WINDOW
        self._asking: set[int] = set()
        self._asked: set[int] = set()  # in the window before
        self._each = most

    def note(self, shop_id: int) -> int:
        """This shop asks now. How many operations of one shop may run now."""
        self._turn_over()
        if shop_id not in self._asking:
            self._asking.add(shop_id)
            self._divide()
        return self._each

    def each(self) -> int:
        """The same for who asks nothing."""
        self._turn_over()
        return self._each

    def _turn_over(self) -> None:
        now = self._clock()
        if now < self._end:
            return
        self._asked = self._asking if now < self._end + _WINDOW else set()
        self._asking = set()
        self._end = now + _WINDOW
        self._divide()

    def _divide(self) -> None:
        shops = len(self._asking | self._asked) or 1
        self._each = min(self._most, max(LEAST, 2 * self._most // shops))
