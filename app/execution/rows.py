"""Columns zipped into rows."""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

Rows = list[Any]
Zip = Callable[[Sequence[Sequence[Any]]], Rows]


def zipping(keys: tuple[str, ...], columns: tuple[str, ...], same: Mapping[str, str]) -> Zip:
    """The function to rows with these keys from columns, which may come in another order, and from what is the same in
    every row. Written out for the keys, as a named tuple is, it takes a third of the time of `dict(zip(keys, row))`."""
    return _zipping(keys, columns, tuple(same.items()))


@lru_cache(maxsize=500)
def _zipping(keys: tuple[str, ...], columns: tuple[str, ...], same: tuple[tuple[str, str], ...]) -> Zip:
    if not keys:
        return lambda _columns: []  # nobody can tell how many
    names = [f"v{number}" for number in range(len(columns))]
    of = {key: repr(value) for key, value in same} | dict(zip(columns, names, strict=True))
    row = ", ".join(f"{key!r}: {of[key]}" for key in keys)
    made: Zip = eval(f"lambda columns: [{{{row}}} for {', '.join(names)}, in zip(*columns, strict=True)]")
    return made
