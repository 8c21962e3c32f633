"""A loader asks many keys at once and aligns the answers."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from typing import Any, Generic, TypeVar

from aiodataloader import DataLoader

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

Many = Callable[[list[K]], Awaitable[Mapping[K, V]]]


class Loader(Generic[K, V]):
    """Answers keys, each asked once: what is asked in one tick goes into one question, whoever asks, and what was
    answered is kept. A key without an answer is answered by None, and so is None, which is not asked.

    Built on aiodataloader with a call, not a key, as its unit: a column of a thousand keys costs one future."""

    def __init__(self, many: "Many[K, V]") -> None:
        self._many = many
        self._answers: dict[K, V] = {}
        self._asked: set[K] = set()
        self._turn = asyncio.Lock()
        calls: DataLoader[Sequence[K | None], list[V | None]]
        calls = DataLoader(self._answer, cache=False, get_cache_key=id)  # a failed call is forgotten by its key
        self._calls = calls

    def load_many(self, keys: Sequence[K | None]) -> Awaitable[list[V | None]]:
        """The answers, aligned with the keys. Raises what asking raised; it may then be asked again."""
        return self._calls.load(keys)

    async def load(self, key: K) -> V | None:
        """The answer to one key."""
        if key in self._asked:
            return self._answers.get(key)
        return (await self.load_many((key,)))[0]

    async def _answer(self, calls: list[Sequence[K | None]]) -> list[list[V | None]]:
        async with self._turn:  # who comes while others ask finds their answers
            asked = self._asked
            new = list({key: None for keys in calls for key in keys if key is not None and key not in asked})
            if new:
                self._answers.update(await self._many(new))
                asked.update(new)
        answers = self._answers
        return [[answers.get(key) for key in keys] for keys in calls]  # type: ignore[arg-type]


class loading(Generic[K, V]):
    """Makes a method from keys to the answers there are into a loader, when it is first asked for."""

    def __init__(self, many: Callable[[Any, list[K]], Awaitable[Mapping[K, V]]]) -> None:
        self._many = many

    def __set_name__(self, _owner: type, name: str) -> None:
        self._name = name

    def __get__(self, loaders: Any, _owner: type) -> Loader[K, V]:
        made: Loader[K, V] = Loader(self._many.__get__(loaders))
        loaders.__dict__[self._name] = made  # found before this descriptor, which has no __set__
        return made
