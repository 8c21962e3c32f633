"""How many operations of a shop run at once, and for how long."""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType

from app.server.bounds import Bounds
from app.server.deadlines import Deadlines, TimeLimit
from app.server.refusals import Refused
from app.server.shares import Shares


class Turns:
    """So many operations of a shop run at once as its share is (see shares.py), each for a time; others of that shop
    wait in line, and no other shop waits for them."""

    def __init__(self, bounds: Bounds) -> None:
        self._bounds = bounds
        self._running = Deadlines(bounds.request)
        self._waiting = Deadlines(bounds.wait)
        self._shares = Shares(bounds.in_flight)
        self._queues: dict[int, _Queue] = {}

    def turn(self, shop_id: int) -> "_Turn":
        """The block of one operation. Raises Refused: with SHOP_BUSY when there is no room, or no turn in time; with
        TIMEOUT when what runs inside takes too long, and was cancelled."""
        return _Turn(self, shop_id, self._running)

    def begin(self, shop_id: int) -> bool:
        """Whether it is the shop's turn at once, which `end` ends."""
        most = self._shares.note(shop_id)
        queue = self._queues.get(shop_id)
        if queue is None:
            queue = self._queues[shop_id] = _Queue()
        if queue.line:
            self._pass_on(queue)
        if queue.running >= most:
            return False
        queue.running += 1
        return True

    async def wait(self, shop_id: int) -> None:
        """Comes back when a turn was passed on. Raises Refused with SHOP_BUSY."""
        line = self._queues[shop_id].line
        if len(line) >= self._bounds.waiting:
            raise self._busy()
        turn = _Waiting(asyncio.get_running_loop().create_future(), self._busy)
        line.append(turn.passed)
        self._waiting.add(turn)
        try:
            await turn.passed
        except BaseException:
            if turn.passed in line:
                line.remove(turn.passed)
            elif turn.came:  # and nobody takes it
                self.end(shop_id)
            raise
        finally:
            self._waiting.remove(turn)

    def end(self, shop_id: int) -> None:
        queue = self._queues[shop_id]
        queue.running -= 1
        if queue.line:
            self._pass_on(queue)
        if not queue.running:
            del self._queues[shop_id]

    def _pass_on(self, queue: "_Queue") -> None:
        """To the first in line who still wait, as many as the share has room for: it may have grown."""
        while queue.line and queue.running < self._shares.each():
            turn = queue.line.popleft()
            if not turn.done():
                turn.set_result(None)
                queue.running += 1

    def _busy(self) -> Refused:
        most = self._shares.each()
        message = f"{most} operations of this shop are running already. Send fewer at once, or try again."
        return Refused("SHOP_BUSY", message, {"retry-after": "1"}, maximum=most)


@dataclass(slots=True)
class _Queue:
    running: int = 0
    line: deque[asyncio.Future[None]] = field(default_factory=deque)  # only while something runs


class _Waiting:
    """One who waits in line, for a time."""

    __slots__ = ("_busy", "passed")

    def __init__(self, passed: asyncio.Future[None], busy: Callable[[], Refused]) -> None:
        self.passed = passed
        self._busy = busy

    def due(self) -> None:
        if not self.passed.done():
            self.passed.set_exception(self._busy())

    @property
    def came(self) -> bool:
        """Whether the turn was passed on."""
        return self.passed.done() and not self.passed.cancelled() and self.passed.exception() is None


class _Turn(TimeLimit):
    """One operation's turn, and its time."""

    __slots__ = ("_shop_id", "_turns")

    def __init__(self, turns: Turns, shop_id: int, running: Deadlines) -> None:
        super().__init__(running, _too_long)
        self._turns = turns
        self._shop_id = shop_id

    async def __aenter__(self) -> None:
        if not self._turns.begin(self._shop_id):
            await self._turns.wait(self._shop_id)
        self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.__exit__(kind, error, trace)
        finally:
            self._turns.end(self._shop_id)


def _too_long(seconds: float) -> Refused:
    return Refused(
        "TIMEOUT",
        f"The operation took longer than {seconds:g} seconds and was stopped. Ask for less. A mutation may have been "
        "done: look, or send it again with the same idempotency key.",
    )
