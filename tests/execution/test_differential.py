"""The same generated questions through graphql-core and breadth-first: `comparing` says what must be equal.

2,000 documents in the ordinary run, in shards that pytest-xdist spreads over cores. `DIFFERENTIAL_EXAMPLES=50000`
(any number) makes it a long run: `DIFFERENTIAL_EXAMPLES=50000 python -m pytest tests/execution/test_differential.py`.
"""

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from graphql import parse, validate
from hypothesis import HealthCheck, Phase, given, settings
from strawberry.extensions import SchemaExtension

from tests.execution import comparing
from tests.execution.documents import Question, questions
from tests.execution.graph import GRAPHQL_CORE

# graphql-core itself leaves coroutines behind when null climbs past them; where one is thrown away inside code made by
# `eval`, which cannot warn, the same comes as an unraisable exception (test_leftovers looks for ours)
pytestmark = [
    pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

EXAMPLES = int(os.environ.get("DIFFERENTIAL_EXAMPLES", "2000"))
SHARDS = 8
QUESTIONS = questions(GRAPHQL_CORE._schema)


@contextmanager
def own_loop() -> Iterator[asyncio.Runner]:
    """A loop for many short runs, which leaves the session's alone."""
    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        yield runner


def shard(examples: int) -> settings:
    """So many examples, none kept between runs, shrunk when one fails."""
    return settings(
        max_examples=examples,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
        deadline=None,
    )


@pytest.mark.parametrize("number", range(SHARDS))
def test_both_executors_answer_alike(number: int) -> None:  # noqa: ARG001  (a shard)
    with own_loop() as runner:

        @shard(-(-EXAMPLES // SHARDS))
        @given(QUESTIONS)
        def alike(question: Question) -> None:
            complaint = runner.run(comparing.difference(question))
            assert complaint is None, complaint

        alike()


@shard(100)
@given(QUESTIONS)
def test_documents_are_valid(question: Question) -> None:
    assert validate(GRAPHQL_CORE._schema, parse(question.text)) == []


def test_graphql_core_keeps_the_rules_it_is_compared_by() -> None:
    """Its own errors pass the judging that ours are put to when they differ."""
    with own_loop() as runner:

        @shard(60)
        @given(QUESTIONS)
        def keeps(question: Question) -> None:
            expected = runner.run(comparing.ask(comparing.CORE, question))
            possible = runner.run(comparing.ask(comparing.POSSIBLE, question))
            assert list(comparing.misreported(expected, expected, possible)) == []

        keeps()


SWEPT = {
    "thing": "{ __typename number where }",
    "things": "{ __typename number text }",
    "found": "{ __typename ... on Stone { weight } ... on Thing { mustText } }",
    "shapes": "{ __typename number ... on Circle { radius centre } ... on Square { side } }",
    "node": "{ number apple { text } sweet { __typename } mustFound { __typename } shape { number } }",
    "nodes": "{ key colour mustWhole tag weight elsewhere secret: allowed batchedText late: batchedLater }",
    "lateNodes": "{ wholes mustGridOfMust gridOfMust finds { __typename } }",
}


@pytest.mark.parametrize("field", SWEPT)
def test_every_turn_of_a_field(field: str) -> None:
    """All that a number can do to a field, so that no fault waits for a lucky draw."""
    with own_loop() as runner:
        for seed in range(120):
            question = Question(f"{{ {field}(seed: {seed}) {SWEPT[field]} }}")
            complaint = runner.run(comparing.difference(question))
            assert complaint is None, complaint


def test_breadth_first_is_what_is_compared() -> None:
    """The second schema differs from the first by the extension alone."""
    assert not issubclass(comparing.Prepared, comparing.BreadthFirst)
    assert comparing.BreadthFirst in comparing.OURS.extensions
    assert issubclass(comparing.BreadthFirst, SchemaExtension)
