"""What follows from an object that lives long, worked out once."""

from collections.abc import Callable, Hashable
from typing import Any, Generic, TypeVar
from weakref import finalize

T = TypeVar("T")

_MOST = 1_000  # answers for one object


class remembered(Generic[T]):
    """Makes a function remember what it gave for its first argument, by identity, as long as that lives, and for the
    others, by value. The first is never changed, and may be costly to compare, or impossible to hash."""

    def __init__(self, function: Callable[..., T]) -> None:
        self._function = function
        self._known: dict[int, dict[tuple[Hashable, ...], T]] = {}

    def __call__(self, of: object, *rest: Any) -> T:
        known = self._known.get(id(of))
        if known is None:
            known = self._known[id(of)] = {}
            finalize(of, self._known.pop, id(of))
        if rest not in known:
            if len(known) >= _MOST:
                known.clear()
            known[rest] = self._function(of, *rest)
        return known[rest]
