"""Results that wait for the rows of deeper levels, and are put together when these are there."""

from collections.abc import Sequence
from itertools import accumulate
from typing import TYPE_CHECKING, Any, Protocol

from app.execution.errors import NULLED

if TYPE_CHECKING:
    from app.execution.run import Run


class Unfinished(Protocol):
    """Results that wait for rows of deeper levels."""

    def finish(self) -> Sequence[Any]:
        """The results, aligned with the values; NULLED where a null must climb."""


Results = Sequence[Any] | Unfinished
READY = {list, tuple}  # what results are that wait for nothing


def finished(results: Results) -> Sequence[Any]:
    return results if type(results) in READY else results.finish()  # type: ignore[union-attr,return-value]


class Sparse:
    """Results of some of the values, put where they belong among those that are known already."""

    def __init__(self, results: list[Any], indexes: Sequence[int], rest: Results) -> None:
        self._results = results
        self._indexes = indexes
        self._rest = rest

    def finish(self) -> list[Any]:
        rest = finished(self._rest)
        for index, result in zip(self._indexes, rest, strict=True):
            self._results[index] = result
        return self._results


class Merged:
    """Results that come in parts."""

    def __init__(self, size: int, parts: Sequence[tuple[Sequence[int], Results]]) -> None:
        self._size = size
        self._parts = parts

    def finish(self) -> list[Any]:
        results: list[Any] = [None] * self._size
        for indexes, part in self._parts:
            for index, result in zip(indexes, finished(part), strict=True):
                results[index] = result
        return results


class Sliced:
    """Results of items, cut back into their lists."""

    def __init__(self, items: Results, lengths: Sequence[int], run: "Run", *, nullable: bool) -> None:
        self._items = items
        self._lengths = lengths
        self._run = run
        self._nullable = nullable

    def finish(self) -> list[Any]:
        ends = [*accumulate(self._lengths)]
        lists: list[Any] = [*map(finished(self._items).__getitem__, map(slice, [0, *ends], ends))]
        return [self._climbed(each) for each in lists] if self._run.climbing else lists

    def _climbed(self, items: Sequence[Any]) -> Any:
        if any(item is NULLED for item in items):
            return None if self._nullable else NULLED
        return items
