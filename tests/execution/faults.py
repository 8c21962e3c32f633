"""What can go wrong with a value, chosen by a number, so that two executors asked the same question meet the same.

Nothing here is random: `turn` (a node's number plus the caller's `seed`) decides both the value and the fault.
"""

import asyncio
import math
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from graphql import GraphQLError

from tests.execution.colours import Colour


class FailureError(Exception):
    """A resolver's own failure."""


class Later:
    """An awaitable that is no coroutine: gives its value, or raises it, one turn of the loop later."""

    def __init__(self, value: object) -> None:
        self.value = value

    def __await__(self) -> Generator[Any, None, Any]:
        yield from asyncio.sleep(0).__await__()
        if isinstance(self.value, FailureError):
            raise self.value
        return self.value


class Stranger:
    """An object no type of the schema knows."""


# Good values first, then those that coerce in surprising ways, then those that do not.
LEAVES: dict[str, list[object]] = {
    "whole": [1, 0, -5, 2**31 - 1, 3.0, True, "7", "seven", 2**31, 2.5, [1], math.nan],
    "ratio": [0.5, 3, -0.0, 1e300, True, "1.5", "x", math.inf, math.nan, {}],
    "text": ["a", "", "é\n\u2028", 5, 1.5, True, [1], {"a": 1}, Stranger()],
    "yes": [True, False, 1, 0, 2.5, "true", math.nan, None],
    "key": ["a", 7, "007", 5.0, 5.5, True, [1]],
    "colour": [Colour.RED, Colour.DARK_BLUE, "red", "RED", "PINK", 3, ["red"]],
    "moment": [datetime(2026, 1, 31, 10, 0, tzinfo=UTC), datetime(1, 1, 1), "2026-01-31", 5],
    "amount": [Decimal("64.00"), Decimal("1e3"), 5, "x", Decimal("NaN")],
    "anything": [{"a": [1, None, {"b": 2.5}]}, [], 0, False, "", {"z": 1, "a": 2}],
    "even": [2, 0, 3, -4, "x"],
}


def spoiled(turn: int, value: object) -> object:
    """The value, or what its turn makes of it: nothing, an exception raised or given, an awaitable."""
    match turn % 29:
        case 3:
            return None
        case 6:
            raise FailureError(f"raised at {turn}")
        case 8:
            return FailureError(f"given at {turn}")
        case 10:
            return Later(value)
        case 13:
            return Later(FailureError(f"raised later at {turn}"))
        case 15:
            return GraphQLError(f"own error at {turn}", extensions={"turn": turn})
        case 17:
            return Later(None)
    return value


def leaf(kind: str, turn: int) -> object:
    """A leaf value of one kind."""
    values = LEAVES[kind]
    return spoiled(turn, values[(turn // 2) % len(values)])


def listed(turn: int, item: Callable[[int], object], depth: int = 1) -> object:
    """A list of at most four items (of lists, when depth is above 1) in one of the forms a resolver may give."""

    def each(place: int) -> object:
        return listed(turn + 5 * place + 1, item, depth - 1) if depth > 1 else item(turn + 7 * place)

    return formed(turn, [caught(each, place) for place in range((turn + 1) % 5)])


def caught(each: Callable[[int], object], place: int) -> object:
    """The item, or the failure as an item."""
    try:
        return each(place)
    except FailureError as failure:
        return failure


def formed(turn: int, items: list[object]) -> object:
    """The items as a list, tuple, generator, async generator, or as something that is no list at all."""
    match turn % 23:
        case 4:
            return tuple(items)
        case 5:
            return iter(items)
        case 7:
            return generated(items)
        case 9:
            return generated_later(items)
        case 11:
            return generated([*items, FailureError("the generator breaks")], breaking=True)
        case 12:
            return generated_later([*items, FailureError("the async generator breaks")], breaking=True)
        case 14:
            return "no list"
        case 15:
            return 5
        case 16:
            return {"a": 1, "b": 2}.keys()
    return items


def generated(items: list[object], breaking: bool = False) -> Iterator[object]:
    """The items one by one; the last is raised when breaking."""
    yield from items[:-1] if breaking else items
    if breaking:
        raise FailureError(str(items[-1]))


async def generated_later(items: list[object], breaking: bool = False) -> AsyncIterator[object]:
    """The same, with a turn of the loop before each."""
    for item in generated(items, breaking):
        await asyncio.sleep(0)
        yield item


def elsewhere(path: list[str | int]) -> GraphQLError:
    """An error that says it comes from elsewhere, with the true path in its extensions."""
    return GraphQLError("from elsewhere", path=["elsewhere", 1], extensions={"at": path})
