"""A loader asks many keys at once and aligns the answers."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Generic, TypeVar

from aiodataloader import DataLoader

K = TypeVar("K")
V = TypeVar("V")


class loading(Generic[K, V]):
    """Makes a method from keys to the answers there are into a loader, when it is first asked for; a key without an
    answer loads None."""

    def __init__(self, many: Callable[[Any, list[K]], Awaitable[Mapping[K, V]]]) -> None:
        self._many = many

    def __set_name__(self, _owner: type, name: str) -> None:
        self._name = name

    def __get__(self, loaders: Any, _owner: type) -> DataLoader[K, V | None]:
        async def aligned(keys: list[K]) -> list[V | None]:
            found = await self._many(loaders, keys)
            return [found.get(key) for key in keys]

        made: DataLoader[Any, Any] = DataLoader(aligned)
        loaders.__dict__[self._name] = made  # found before this descriptor, which has no __set__
        return made
