"""A loader asks many keys at once and aligns the answers."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Hashable, Iterator, Mapping, Sequence
from functools import cache, partial
from itertools import chain
from typing import Any, Generic, TypeVar, cast

from aiodataloader import DataLoader

from app.telemetry.observation import batch

Q = TypeVar("Q", bound=Hashable)
K = TypeVar("K", bound=Hashable)
V = TypeVar("V")
T = TypeVar("T")

Many = Callable[[list[K]], Awaitable[Mapping[K, V]]]
_Call = tuple["Loader[Any, Any]", Sequence[Any]]


class Calls:
    """What the loaders of one operation are asked: all that is asked in one tick, by whomever, is one batch.

    Built on aiodataloader with a call, not a key, as its unit: a column of a thousand keys costs one future."""

    _batches: DataLoader[_Call, list[Any]] | None = None  # made when something is asked: many operations ask nothing

    def __init__(self) -> None:
        self._learned: dict[str, list[Callable[[], Mapping[Any, Any]]]] = {}

    def learned(self, loader: str, answers: Callable[[], Mapping[Any, Any]]) -> None:
        """Answers for the loader of that name, which came with something else in the same snapshot. They are looked at
        when it is asked."""
        self._learned.setdefault(loader, []).append(answers)

    def news(self, loader: str) -> Iterator[Mapping[Any, Any]]:
        """What was learned for it since it was asked before."""
        waiting = self._learned.pop(loader, ())
        return (answers() for answers in waiting)

    def ask(self, loader: "Loader[K, V]", keys: Sequence[K | None]) -> Awaitable[list[V | None]]:
        if self._batches is None:
            self._batches = DataLoader(_answers, cache=False, get_cache_key=id)
        return self._batches.load((loader, keys))


async def _answers(calls: list[_Call]) -> list[Any]:
    """The answers of each call, or what its loader raised: a loader that fails takes no others with it."""
    asked: dict[Loader[Any, Any], list[Sequence[Any]]] = defaultdict(list)
    for loader, keys in calls:
        asked[loader].append(keys)
    failed = {loader: await loader.learn(columns) for loader, columns in asked.items()}
    return [failed[loader] or loader.known(keys) for loader, keys in calls]


class Loader(Generic[K, V]):
    """Answers keys, each asked once: what several ask in one tick is one question, and what was answered is kept. A key
    without an answer is answered by None, and so is None, which is not asked."""

    _turn: asyncio.Lock | None = None

    def __init__(self, many: "Many[K, V]", calls: Calls, name: str) -> None:
        self.name = name
        self._many = many
        self._calls = calls
        self._answers: dict[K | None, V | None] = {None: None}

    def ask(self, keys: Sequence[K | None]) -> list[V | None] | Awaitable[list[V | None]]:
        """The answers, aligned with the keys, at once where all are known. Awaiting raises what asking raised; it may
        then be asked again."""
        self._look_at_learned()
        if all(map(self._answers.__contains__, keys)):
            return self.known(keys)
        return self._calls.ask(self, keys)

    async def load_many(self, keys: Sequence[K | None]) -> list[V | None]:
        """The same, always to be awaited."""
        answers = self.ask(keys)
        return answers if isinstance(answers, list) else await answers

    async def load(self, key: K) -> V | None:
        """The answer to one key."""
        if key in self._answers:
            return self._answers[key]
        return (await self.load_many((key,)))[0]

    async def load_alone(self, key: K) -> V | None:
        """The same, where nobody else asks in this tick, and so nobody need be waited for."""
        if key not in self._answers:
            batch(self.name, 1)
            self._answers[key] = (await self._many([key])).get(key)
        return self._answers[key]

    async def learn(self, columns: Sequence[Sequence[K | None]]) -> Exception | None:
        """Asks what is not known yet; gives what that raised. Who comes while others ask waits for their answers."""
        self._turn = self._turn or asyncio.Lock()
        async with self._turn:
            self._look_at_learned()
            new: dict[Any, V | None] = dict.fromkeys(chain.from_iterable(columns))
            for key in new.keys() & self._answers.keys():
                del new[key]
            if new:
                batch(self.name, len(new))
                try:
                    new.update(await self._many([*new]))
                except Exception as error:
                    return error
                self._answers.update(new)
            return None

    def _look_at_learned(self) -> None:
        for answers in self._calls.news(self.name):
            self._answers.update(answers)

    def known(self, keys: Sequence[K | None]) -> list[V | None]:
        return [*map(self._answers.get, keys)]


def then(answers: list[V] | Awaitable[list[V]], made: Callable[[list[V]], list[T]]) -> list[T] | Awaitable[list[T]]:
    """What is made of answers: at once where they are there, or when they come."""
    return made(answers) if isinstance(answers, list) else _then(answers, made)


async def _then(answers: Awaitable[list[V]], made: Callable[[list[V]], list[T]]) -> list[T]:
    return made(await answers)


class loading(Generic[K, V]):
    """Makes a method from keys to the answers there are into a loader, when it is first asked for. Its object's `calls`
    batch what it is asked."""

    def __init__(self, many: Callable[[Any, list[K]], Awaitable[Mapping[K, V]]]) -> None:
        self._many = many

    def __set_name__(self, _owner: type, name: str) -> None:
        self._name = name

    def __get__(self, loaders: Any, _owner: type) -> Loader[K, V]:
        made: Loader[K, V] = Loader(self._many.__get__(loaders), loaders.calls, self._name)
        loaders.__dict__[self._name] = made  # found before this descriptor, which has no __set__
        return made


class asking(Generic[Q, K, V]):
    """Makes a method from a question and keys to the answers there are into a family of loaders, likewise."""

    def __init__(self, many: Callable[[Any, Q, list[K]], Awaitable[Mapping[K, V]]]) -> None:
        self._many = many

    def __set_name__(self, _owner: type, name: str) -> None:
        self._name = name

    def __get__(self, loaders: Any, _owner: type) -> "Family[Q, K, V]":
        made: Family[Q, K, V] = Family(self._many.__get__(loaders), loaders.calls, self._name)
        loaders.__dict__[self._name] = made
        return made


class Family(Generic[Q, K, V]):
    """Loaders of one kind, one for each question: `many` answers keys to a question."""

    def __init__(self, many: Callable[[Q, list[K]], Awaitable[Mapping[K, V]]], calls: Calls, name: str) -> None:
        self._many = many
        self._calls = calls
        self._name = name
        self._loaders: dict[Q, Loader[K, V]] = {}

    def of(self, question: Q) -> Loader[K, V]:
        known = self._loaders.get(question)
        if known is None:
            known = self._loaders[question] = Loader(partial(self._many, question), self._calls, self._name)
        return known


def forget(loaders: object) -> None:
    """Ends an object's loaders: they and it refer to each other, so that else what they have read would stay until the
    interpreter looks for such circles."""
    own, owner = vars(loaders), cast(Hashable, type(loaders))
    for name in own.keys() & _made_later(owner):
        del own[name]


@cache
def _made_later(owner: Any) -> frozenset[str]:
    """The names of the loaders, and of the families, that a class's objects have once they are asked for."""
    return frozenset(name for name, made in vars(owner).items() if isinstance(made, loading | asking))
