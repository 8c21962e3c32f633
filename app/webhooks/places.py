"""Places: how many deliveries one process sends at once, and whose they are."""

import asyncio
from collections import Counter
from enum import Enum


class Standing(Enum):
    """What is known of a trigger's endpoint. Those that keep a place for long have places of their own."""

    NEW = "NEW"  # it has not answered this process yet
    QUICK = "QUICK"  # the last attempt was taken in good time
    SLOW = "SLOW"  # it failed, or took long


class Places:
    """Half are for quick endpoints, a quarter for new ones, a quarter for slow ones. What there is of each is divided
    evenly among the shops that hold some, or wait for some; and a quarter of it stays for shops that hold none, each of
    which gets one. A place that becomes free goes to the shop that holds fewest of those that wait, the longest first.
    """

    def __init__(self, most: int) -> None:
        part = max(most // 4, 1)
        bounds = {Standing.NEW: part, Standing.SLOW: part, Standing.QUICK: max(most - 2 * part, 1)}
        self._lots = {standing: _Lot(bound) for standing, bound in bounds.items()}

    def free(self, shop_id: int, standing: Standing) -> int:
        """How many more the shop may take now."""
        return self._lots[standing].free(shop_id)

    def take(self, shop_id: int, standing: Standing, number: int = 1) -> None:
        self._lots[standing].held[shop_id] += number

    def give_back(self, shop_id: int, standing: Standing, number: int = 1, *, unused: bool = False) -> None:
        """Wakes whoever waits for them; not the shop itself, if it had no use for them."""
        lot = self._lots[standing]
        lot.held[shop_id] -= number
        if not lot.held[shop_id]:
            del lot.held[shop_id]
        lot.wake(shop_id if unused else None)

    def wait(self, shop_id: int, standing: Standing, woken: asyncio.Event) -> None:
        """The shop has more to send than it may: the event is set when it is its turn, once."""
        self._lots[standing].waiting[shop_id] = woken

    def leave(self, shop_id: int) -> None:
        """The shop waits no more. Two that have no use for places would else wake each other again and again."""
        for lot in self._lots.values():
            lot.waiting.pop(shop_id, None)

    def looked(self, shop_id: int) -> None:
        """The shop has taken what it needs: what is left is for others that wait."""
        for lot in self._lots.values():
            lot.wake(shop_id)


class _Lot:
    """The places for endpoints of one standing."""

    def __init__(self, bound: int) -> None:
        self._bound = bound
        self._kept = bound // 4
        self.held: Counter[int] = Counter()  # by shop
        self.waiting: dict[int, asyncio.Event] = {}  # by shop, the longest first

    def free(self, shop_id: int) -> int:
        left, mine = self._bound - self.held.total(), self.held[shop_id]
        share = max(self._bound // len({shop_id, *self.held, *self.waiting}), 1)
        more = min(left - self._kept, share - mine)
        return max(more, 0 if mine else min(left, 1))

    def wake(self, except_for: int | None = None) -> None:
        """As many of those that wait as there are places, as far as they may have one."""
        left = self._bound - self.held.total()
        for shop_id in sorted(self.waiting, key=lambda each: self.held[each]):
            if left <= 0:
                return
            if shop_id != except_for and self.free(shop_id) > 0:
                self.waiting.pop(shop_id).set()
                left -= 1
