"""Extensions are entered in order and left in reverse, whatever happens inside."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from strawberry.extensions import SchemaExtension

from app.graphql.stages import Stages


class Broken(Exception):
    """Something went wrong."""


class Masked(Exception):
    """What an extension makes of it."""


class Noting(SchemaExtension):
    """Notes what it sees."""

    def __init__(self, seen: list[str]) -> None:
        super().__init__()
        self.seen = seen

    def note(self, what: str) -> None:
        self.seen.append(f"{type(self).__name__} {what}")


class Plain(Noting):
    def on_execute(self) -> Iterator[None]:
        self.note("begins")
        try:
            yield
        except BaseException as error:
            self.note(type(error).__name__)
            raise
        self.note("ends")


class Waiting(Noting):
    async def on_execute(self) -> AsyncIterator[None]:
        self.note("begins")
        try:
            yield
        except BaseException as error:
            self.note(type(error).__name__)
            raise
        await asyncio.sleep(0)
        self.note("ends")


class Masking(Noting):
    def on_execute(self) -> Iterator[None]:
        try:
            yield
        except Broken as error:
            raise Masked from error


class Swallowing(Noting):
    async def on_execute(self) -> AsyncIterator[None]:
        try:
            yield
        except Broken:
            self.note("swallows")


class BreaksBefore(Noting):
    async def on_execute(self) -> AsyncIterator[None]:
        await asyncio.sleep(0)
        raise Broken
        yield


class BreaksAfter(Noting):
    def on_execute(self) -> Iterator[None]:
        yield
        raise Broken


class Elsewhere(Noting):
    """Has another hook; both are entered where an operation is run in one go."""

    def on_operation(self) -> Iterator[None]:
        self.note("opens")
        yield
        self.note("closes")


def stages(seen: list[str], *kinds: type[Noting]) -> Stages:
    context: Any = SimpleNamespace(extensions_results={})
    return Stages(context, [kind(seen) for kind in kinds])


async def run(seen: list[str], *kinds: type[Noting], breaks: bool = False) -> None:
    async with stages(seen, *kinds).executing():
        seen.append("runs")
        if breaks:
            raise Broken


CASES: list[tuple[str, tuple[type[Noting], ...], bool, list[str], type[Exception] | None]] = [
    ("none of them", (), False, ["runs"], None),
    ("none with this hook", (Elsewhere,), False, ["runs"], None),
    ("in order, and back", (Plain, Waiting), False,
     ["Plain begins", "Waiting begins", "runs", "Waiting ends", "Plain ends"], None),
    ("an error inside is seen by all", (Plain, Waiting), True,
     ["Plain begins", "Waiting begins", "runs", "Waiting Broken", "Plain Broken"], Broken),
    ("an error may be replaced", (Waiting, Masking), True, ["Waiting begins", "runs", "Waiting Masked"], Masked),
    ("an error may be swallowed", (Plain, Swallowing), True,
     ["Plain begins", "runs", "Swallowing swallows", "Plain ends"], None),
    ("one that fails to enter is told to those around it", (Plain, Waiting, BreaksBefore), False,
     ["Plain begins", "Waiting begins", "Waiting Broken", "Plain Broken"], Broken),
    ("which may replace the error", (Masking, BreaksBefore), False, [], Masked),
    ("but cannot go on without it", (Swallowing, BreaksBefore), False, ["Swallowing swallows"], Broken),
    ("one that fails on leaving is told to those around it", (Plain, Waiting, BreaksAfter), False,
     ["Plain begins", "Waiting begins", "runs", "Waiting Broken", "Plain Broken"], Broken),
    ("which may swallow it", (Plain, Swallowing, BreaksAfter), False,
     ["Plain begins", "runs", "Swallowing swallows", "Plain ends"], None),
]  # fmt: skip


@pytest.mark.parametrize(("kinds", "breaks", "expected", "raised"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
async def test_extensions_surround_the_stage(
    kinds: tuple[type[Noting], ...], breaks: bool, expected: list[str], raised: type[Exception] | None
) -> None:
    seen: list[str] = []
    if raised is None:
        await run(seen, *kinds, breaks=breaks)
    else:
        with pytest.raises(raised):
            await run(seen, *kinds, breaks=breaks)
    assert seen == expected


async def test_operation_and_execution_may_be_entered_in_one() -> None:
    seen: list[str] = []
    async with stages(seen, Plain, Elsewhere).operation_executing():
        seen.append("runs")
    assert seen == ["Elsewhere opens", "Plain begins", "runs", "Plain ends", "Elsewhere closes"]


async def test_a_cancellation_on_the_way_in_reaches_those_around() -> None:
    """An extension may run the whole operation there; what was taken for it is given back."""
    seen: list[str] = []

    class Runs(Noting):
        async def on_execute(self) -> AsyncIterator[None]:
            await asyncio.sleep(60)
            yield

    task = asyncio.create_task(run(seen, Plain, Waiting, Runs))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert seen == ["Plain begins", "Waiting begins", "Waiting CancelledError", "Plain CancelledError"]
