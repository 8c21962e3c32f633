"""Time limits by a shared timer mean what `asyncio.timeout` means."""

import asyncio

import pytest

from app.server.deadlines import Deadlines, TimeLimit

SOON, NEVER = 0.02, 60.0


class Late(Exception):
    """What a limit makes of being late."""


class Told:
    """Notes when it was told."""

    def __init__(self, names: list[str], name: str) -> None:
        self.names = names
        self.name = name

    def due(self) -> None:
        self.names.append(self.name)


def limit(seconds: float) -> TimeLimit:
    return TimeLimit(Deadlines(seconds), lambda after: Late(f"after {after}"))


async def test_who_stays_is_told_in_the_order_of_coming_and_who_went_is_not() -> None:
    told: list[str] = []
    deadlines = Deadlines(SOON)
    first, gone, last = (Told(told, name) for name in ("first", "gone", "last"))
    for each in (first, gone, last):
        deadlines.add(each)
        await asyncio.sleep(0.002)
    deadlines.remove(gone)
    await asyncio.sleep(5 * SOON)
    assert told == ["first", "last"]
    deadlines.remove(first)  # told already


async def test_who_comes_after_the_others_were_told_is_told_too() -> None:
    told: list[str] = []
    deadlines = Deadlines(SOON)
    for name in ("a", "b"):
        deadlines.add(Told(told, name))
        await asyncio.sleep(3 * SOON)
    assert told == ["a", "b"]


async def test_a_block_in_time_is_left_alone() -> None:
    with limit(NEVER):
        await asyncio.sleep(0)
    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0


async def test_a_block_that_takes_too_long_is_cancelled_and_says_so() -> None:
    with pytest.raises(Late, match=f"after {SOON}") as late, limit(SOON):
        await asyncio.sleep(NEVER)
    assert isinstance(late.value.__cause__, asyncio.CancelledError)
    await asyncio.sleep(0)  # the task goes on


async def test_an_error_of_the_block_is_its_own() -> None:
    with pytest.raises(TimeoutError), limit(NEVER):
        raise TimeoutError


async def test_a_block_that_ends_though_it_was_cancelled_has_ended() -> None:
    with limit(SOON):
        try:
            await asyncio.sleep(NEVER)
        except asyncio.CancelledError:
            answer = "done"
    assert answer == "done"
    await asyncio.sleep(0)


async def test_the_limit_inside_ends_only_its_own_block() -> None:
    with limit(NEVER):
        with pytest.raises(Late), limit(SOON):
            await asyncio.sleep(NEVER)
        await asyncio.sleep(0)


async def test_a_cancellation_from_elsewhere_stays_one() -> None:
    async def work() -> None:
        with limit(NEVER):
            await asyncio.sleep(NEVER)

    task = asyncio.create_task(work())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert task.cancelled()


async def test_a_cancellation_from_elsewhere_stays_one_though_it_is_late_too() -> None:
    async def work() -> None:
        task = asyncio.current_task()
        assert task is not None
        with limit(SOON):
            try:
                await asyncio.sleep(NEVER)
            except asyncio.CancelledError:
                task.cancel()  # someone else's, before the block has ended
                await asyncio.sleep(NEVER)

    task = asyncio.create_task(work())
    with pytest.raises(asyncio.CancelledError):
        await task
