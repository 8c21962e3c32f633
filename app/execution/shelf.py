"""What several owners keep, bounded together."""

from collections import OrderedDict
from collections.abc import Hashable
from itertools import count
from typing import Generic, TypeVar

V = TypeVar("V")


class Shelf(Generic[V]):
    """Values by owner and key, up to a weight together: beyond it those unused for longest go, whosever they are; the
    last one stays."""

    def __init__(self, room: int) -> None:
        self._room = room
        self._kept: OrderedDict[tuple[int, Hashable], tuple[V, int]] = OrderedDict()
        self._owners = count()

    def owner(self) -> int:
        """A new owner."""
        return next(self._owners)

    def values(self) -> list[V]:
        return [value for value, _ in self._kept.values()]

    def find(self, owner: int, key: Hashable) -> tuple[V] | None:
        """The value, in a tuple."""
        place = (owner, key)
        if (found := self._kept.get(place)) is None:
            return None
        self._kept.move_to_end(place)
        return found[:1]

    def keep(self, owner: int, key: Hashable, value: V, weight: int) -> None:
        place = (owner, key)
        _, weighed = self._kept.get(place, (value, 0))
        self._kept[place] = (value, weight)
        self._kept.move_to_end(place)
        self._room += weighed - weight
        while self._room < 0 and len(self._kept) > 1:
            _, (_, freed) = self._kept.popitem(last=False)
            self._room += freed

    def forget(self, owner: int) -> None:
        """All that an owner keeps."""
        for place in [place for place in self._kept if place[0] == owner]:
            _, freed = self._kept.pop(place)
            self._room += freed
