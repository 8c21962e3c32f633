"""Many waits of one length at the price of one timer."""

import asyncio
import time
from collections.abc import Callable
from types import TracebackType
from typing import Protocol


class Due(Protocol):
    """What is told when its time is over. Found again by identity."""

    def due(self) -> None: ...


class Deadlines:
    """Tells whatever was added here, and was not removed since, when so many seconds have passed. As all wait equally
    long, the first to come is the first to be told: one timer, for the first, serves all. Setting one for each costs a
    request more than most of what it does."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._waiting: dict[Due, float] = {}
        self._timed = False

    def add(self, each: Due) -> None:
        self._waiting[each] = time.monotonic() + self.seconds
        if not self._timed:
            self._look_in(self.seconds)

    def remove(self, each: Due) -> None:
        """Also when it was told already."""
        self._waiting.pop(each, None)

    def _look_in(self, seconds: float) -> None:
        self._timed = True
        asyncio.get_running_loop().call_later(seconds, self._look)

    def _look(self) -> None:
        self._timed = False
        while self._waiting:
            first, when = next(iter(self._waiting.items()))
            if (left := when - time.monotonic()) > 0:
                self._look_in(left)
                return
            del self._waiting[first]
            first.due()


class TimeLimit:
    """A block that is cancelled when it outlasts the deadline, and then raises what `late` makes: `asyncio.timeout` by
    a shared timer. A cancellation that came from elsewhere stays one."""

    __slots__ = ("_before", "_deadlines", "_late", "_over", "_task")

    def __init__(self, deadlines: Deadlines, late: Callable[[float], Exception]) -> None:
        self._deadlines = deadlines
        self._late = late
        self._over = False

    def __enter__(self) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._task = task
        self._before = task.cancelling()
        self._deadlines.add(self)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._deadlines.remove(self)
        if self._over and self._task.uncancel() <= self._before and kind is asyncio.CancelledError:
            raise self._late(self._deadlines.seconds) from error

    def due(self) -> None:
        self._over = True
        self._task.cancel()
