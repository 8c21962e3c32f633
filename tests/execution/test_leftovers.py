"""Breadth-first leaves no coroutine of its own or of a resolver behind, whatever fails."""

import asyncio
import gc
import warnings

import pytest
from hypothesis import given

from tests.execution import comparing
from tests.execution.documents import Question
from tests.execution.test_differential import QUESTIONS, own_loop, shard


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_nothing_is_left_unawaited() -> None:
    with own_loop() as runner, warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")

        @shard(200)
        @given(QUESTIONS)
        def runs(question: Question) -> None:
            runner.run(comparing.ask(comparing.OURS, question))

        runs()
        runner.run(asyncio.sleep(0))
        gc.collect()
    assert [str(each.message) for each in told if "never awaited" in str(each.message)] == []
