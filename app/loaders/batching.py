"""A loader asks many keys at once and aligns the answers."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

from aiodataloader import DataLoader

K = TypeVar("K")
V = TypeVar("V")


def loader(many: Callable[[list[K]], Awaitable[Mapping[K, V]]]) -> DataLoader[K, V | None]:
    """A loader over a function from keys to the answers there are; a key without an answer loads None."""

    async def aligned(keys: list[K]) -> list[V | None]:
        found = await many(keys)
        return [found.get(key) for key in keys]

    made: DataLoader[Any, Any] = DataLoader(aligned)
    return made
