"""Loaders: one question for what is asked in one tick, each key once, a call and not a key as the unit."""

import asyncio
from collections.abc import Mapping

import pytest

from app.loaders.batching import Calls, Loader, loading


class Squares:
    """Answers numbers with their squares, and remembers what it was asked. Odd hundreds have no answer."""

    def __init__(self) -> None:
        self.questions: list[list[int]] = []
        self.asked = asyncio.Event()
        self.failures = 0
        self.loader: Loader[int, int] = Loader(self.many, Calls(), "many")

    async def many(self, keys: list[int]) -> Mapping[int, int]:
        self.questions.append(keys)
        self.asked.set()
        await asyncio.sleep(0)
        if self.failures:
            self.failures -= 1
            raise LookupError("no connection")
        return {key: key * key for key in keys if key % 200 != 100}


@pytest.fixture
async def squares() -> Squares:
    return Squares()


async def test_many_keys_are_one_question_and_its_answers_are_aligned(squares: Squares) -> None:
    assert await squares.loader.load_many([3, 1, 2]) == [9, 1, 4]
    assert squares.questions == [[3, 1, 2]]


async def test_a_key_that_is_named_twice_is_asked_once(squares: Squares) -> None:
    assert await squares.loader.load_many([2, 3, 2]) == [4, 9, 4]
    assert squares.questions == [[2, 3]]


async def test_what_has_no_answer_and_none_itself_load_none(squares: Squares) -> None:
    assert await squares.loader.load_many([100, None, 2]) == [None, None, 4]
    assert squares.questions == [[100, 2]]


async def test_no_keys_are_no_question(squares: Squares) -> None:
    assert await squares.loader.load_many([]) == []
    assert squares.questions == []


async def test_what_several_ask_in_one_tick_is_one_question(squares: Squares) -> None:
    loader = squares.loader
    answers = await asyncio.gather(loader.load_many([1, 2]), loader.load_many([2, 3]), loader.load(4), loader.load(1))
    assert answers == [[1, 4], [4, 9], 16, 1]
    assert squares.questions == [[1, 2, 3, 4]]


async def test_what_was_answered_is_not_asked_again(squares: Squares) -> None:
    await squares.loader.load_many([1, 100])
    assert await squares.loader.load_many([1, 100, 2]) == [1, None, 4]
    assert await squares.loader.load(100) is None
    assert squares.questions == [[1, 100], [2]]


async def test_what_is_known_waits_for_no_turn_of_the_loop(squares: Squares) -> None:
    await squares.loader.load_many([1, 100])
    with pytest.raises(StopIteration) as answered:
        squares.loader.load_many([1, None, 100]).send(None)
    assert answered.value.value == [1, None, None]


async def test_what_is_on_its_way_is_not_asked_again(squares: Squares) -> None:
    first = asyncio.ensure_future(squares.loader.load_many([1, 2]))
    await squares.asked.wait()
    assert await squares.loader.load_many([2, 3]) == [4, 9]
    assert await first == [1, 4]
    assert squares.questions == [[1, 2], [3]]


async def test_a_thousand_keys_are_one_future(squares: Squares, monkeypatch: pytest.MonkeyPatch) -> None:
    loop = asyncio.get_running_loop()
    made = []

    def create_future() -> asyncio.Future[object]:
        made.append(asyncio.Future(loop=loop))
        return made[-1]

    await squares.loader.load(1_000)
    monkeypatch.setattr(squares.loader._calls._batches, "loop", _Loop(loop, create_future))
    assert len(await squares.loader.load_many(range(1_000))) == 1_000
    assert len(made) == 1


class _Loop:
    def __init__(self, loop: asyncio.AbstractEventLoop, create_future: object) -> None:
        self.call_soon = loop.call_soon
        self.create_future = create_future


async def test_a_failure_reaches_all_who_asked_and_nothing_of_it_is_kept(squares: Squares) -> None:
    squares.failures = 1
    failed = await asyncio.gather(squares.loader.load_many([1]), squares.loader.load(2), return_exceptions=True)
    assert [type(each) for each in failed] == [LookupError, LookupError]
    assert await squares.loader.load_many([1, 2]) == [1, 4]


async def test_who_leaves_takes_the_answer_from_nobody_else(squares: Squares) -> None:
    leaving = asyncio.ensure_future(squares.loader.load_many([1]))
    staying = asyncio.ensure_future(squares.loader.load_many([1]))
    await asyncio.sleep(0)
    leaving.cancel()
    assert await staying == [1]
    assert await squares.loader.load(1) == 1


async def test_a_method_becomes_a_loader_of_its_object() -> None:
    class Loaders:
        def __init__(self) -> None:
            self.calls = Calls()

        @loading
        async def doubles(self, keys: list[int]) -> Mapping[int, int]:
            return {key: 2 * key for key in keys}

    one, other = Loaders(), Loaders()
    assert await one.doubles.load_many([1, 2]) == [2, 4]
    assert one.doubles is one.doubles
    assert one.doubles is not other.doubles
