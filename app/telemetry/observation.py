"""What one operation did: who asked, what came of it, and what it asked of the database.

The observation of the operation under way is the context's, as tasks inherit it: whatever runs on behalf of the
operation notes in it what it did. Nothing that a client sent is kept but the operation's name: no values, no texts.
"""

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextvars import ContextVar
from functools import partial
from types import MappingProxyType
from typing import NamedTuple, Protocol

_MOST = 200  # statements and batches that are told one by one


class Query(Protocol):
    """A statement: its name for people, and its text, in which no value stands."""

    @property
    def name(self) -> str: ...

    @property
    def sql(self) -> str: ...


class Place(NamedTuple):
    """Where a database is: its name, and its server's address and port, as far as they are known."""

    database: str | None = None
    address: str | None = None
    port: int | None = None


class Asked(NamedTuple):
    """A statement that was asked: when (by the performance counter), how many seconds it took, of which database, and
    what went wrong, if anything."""

    query: Query
    began: float
    seconds: float
    place: Place | None = None
    error: BaseException | None = None


_asked: Callable[[tuple[object, ...]], Asked] = partial(tuple.__new__, Asked)


class Level(NamedTuple):
    """A level of the document that was run: when, how long, and how many fields it has."""

    began: float
    seconds: float
    fields: int


class Observation:
    """One operation. `codes` are those of its errors; `status` is HTTP's, 0 where there is none. What most operations
    do not have is made when it is first noted, since observing must cost next to nothing."""

    seconds = 0.0
    shop_id: int | None = None
    kind = ""  # query, mutation, subscription or bulk
    name: str | None = None
    known = False  # whether the document was asked before
    document: object = None  # parsed
    cost = 0
    status = 0
    codes: tuple[str, ...] = ()
    answers = 0  # of a subscription
    definitions: AbstractSet[str] = frozenset()  # by key
    items: Mapping[tuple[str, str], int] = MappingProxyType({})  # written: how many by (field, outcome)
    batches: Sequence[tuple[str, int]] = ()  # of loaders: (loader, keys)
    levels: Sequence[Level] = ()
    untold = 0  # statements beyond those

    def __init__(
        self, request_id: str, transport: str, parent: Mapping[str, str] = MappingProxyType({}), *,
        detailed: bool = False,
    ) -> None:  # fmt: skip
        self.request_id = request_id
        self.transport = transport
        self.parent = parent  # the caller's trace: the headers traceparent and tracestate, as far as they were sent
        self.detailed = detailed  # whether levels are wanted
        self.started = time.time_ns()
        self.began = time.perf_counter()
        self.statements: list[Asked] = []

    def asked(
        self, query: Query, began: float, ended: float | None = None, place: Place | None = None,
        error: BaseException | None = None,
    ) -> None:  # fmt: skip
        """A statement that began then has ended now, unless it is known when it did."""
        if len(self.statements) < _MOST:
            self.statements.append(_asked((query, began, (ended or time.perf_counter()) - began, place, error)))
        else:
            self.untold += 1

    def batch(self, loader: str, keys: int) -> None:
        if len(self.batches) < _MOST:
            self.batches = [*self.batches, (loader, keys)]

    def level(self, began: float, fields: int) -> None:
        """A level that began then has ended now."""
        if len(self.levels) < _MOST:
            self.levels = [*self.levels, Level(began, time.perf_counter() - began, fields)]

    @property
    def statement_count(self) -> int:
        return len(self.statements) + self.untold

    @property
    def database_seconds(self) -> float:
        """The time statements took, added up; they may have run side by side."""
        return sum(each.seconds for each in self.statements)

    @property
    def slowest(self) -> Asked | None:
        return max(self.statements, key=lambda each: each.seconds, default=None)


current: ContextVar[Observation | None] = ContextVar("observation", default=None)


def asked(
    query: Query, began: float, ended: float | None = None, place: Place | None = None,
    error: BaseException | None = None,
) -> None:  # fmt: skip
    """Notes a statement, if an operation is observed."""
    seen = current.get()
    if seen is not None:
        seen.asked(query, began, ended, place, error)


def watched_levels() -> Callable[[float, int], None] | None:
    """Who is told of each level: when it began, and how many fields it has; None where nobody wants to know."""
    seen = current.get()
    return seen.level if seen is not None and seen.detailed else None


def batch(loader: str, keys: int) -> None:
    """Notes what a loader was asked at once."""
    seen = current.get()
    if seen is not None:
        seen.batch(loader, keys)


def touched(definition_key: str) -> None:
    """Notes that the operation reads or writes this definition's records."""
    seen = current.get()
    if seen is not None:
        seen.definitions |= {definition_key}


def written(field: str, outcomes: "Counter[str]") -> None:
    """Notes what became of the items that a mutation's field was sent."""
    seen = current.get()
    if seen is not None:
        items = Counter(seen.items)
        for outcome, number in outcomes.items():
            items[field, outcome] += number
        seen.items = items
