"""Runs a question through graphql-core and breadth-first, and says where the answers differ more than they may.

Always: `data` equal, with the order of keys and the kinds of values; the same root fields of a mutation run, in the
same order, and leave the same state. Errors equal as multisets of (message, path, locations, extensions, type of the
original error). Where they are not, the specification's freedom is looked at: **beneath a position that an error has
nulled** siblings may be cancelled, and which error comes first is a matter of timing.

To judge that, the question is run a third time by graphql-core with error propagation switched off. Then nothing is
cancelled or dropped and each error stays at its own position: all errors that could have happened, each with the
declared type at its path. This was chosen over an own reference executor because it is graphql-core's own code that
meets the failures (only that differs), so the reference cannot repeat a misreading of ours; and over a schema with
relaxed types because "Cannot return null for non-nullable field" is then still found. An error's *catcher* is the
nearest position at or above its path whose type is nullable (or the whole of `data`). The rules:
1. each reported error is one that could have happened;
2. each catcher has at most one;
3. a catcher that can be seen in `data` is null there, and both executors report one for the same catchers that can be
   seen; those that cannot lie beneath another nulled position and are optional;
4. an error of the whole request (without a path) is reported by both or by neither, the same;
5. no error comes from a root field of a mutation after the one that ended it.
"""

import asyncio
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from graphql import GraphQLError, GraphQLResolveInfo, is_non_null_type, parse
from graphql.execution.executor import CollectedErrors
from graphql.pyutils import Path
from strawberry.extensions import SchemaExtension
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from app.execution import BreadthFirst
from tests.execution import graph
from tests.execution.documents import Question
from tests.execution.steps import Book

Position = tuple[str | int, ...]
Mark = tuple[str, Position, str, str, str]


@dataclass
class State(Book):
    """The state of one run, with the document parsed beforehand and room for the declared types at each path."""

    document: Any = None
    types: dict[Position, Any] = field(default_factory=dict)


class Prepared(SchemaExtension):
    """Parses once for all executors; documents are valid by their making (`test_documents_are_valid`)."""

    def on_operation(self) -> Iterator[None]:
        if isinstance(self.execution_context.context, State):
            self.execution_context.graphql_document = self.execution_context.context.document
            self.execution_context.pre_execution_errors = []
        yield


class Everything(CollectedErrors):
    """Keeps also the errors that come beneath a position already nulled."""

    def add(self, error: GraphQLError, path: Path | None) -> None:  # noqa: ARG002
        self.errors.append(error)


class Unpropagated(StrawberryGraphQLCoreExecutionContext):
    """graphql-core with errors left where they arise, noting the type declared for each field it meets."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.error_propagation = False
        self.collected_errors = Everything()

    def build_resolve_info(self, *args: Any) -> GraphQLResolveInfo[Any]:
        info = super().build_resolve_info(*args)
        info.context.types[tuple(info.path.as_list())] = info.return_type
        return info


CORE = graph.schema(Prepared)
OURS = graph.schema(Prepared, BreadthFirst)
POSSIBLE = graph.schema(Prepared, executor=Unpropagated)


@dataclass
class Answer:
    """What came of a run."""

    data: Any
    errors: list[GraphQLError]
    state: State

    def marks(self) -> Counter[Mark]:
        return Counter(mark(error) for error in self.errors)


async def ask(schema: graph.QuietSchema, question: Question, document: Any = None) -> Answer:
    """The answer of one executor over a fresh state, once all that it left running has ended."""
    state = State(document=document or parse(question.text))
    async with asyncio.timeout(20):
        result = await schema.execute(question.text, question.variables, state, operation_name=question.operation_name)
        while strays := asyncio.all_tasks() - {asyncio.current_task()}:
            await asyncio.gather(*strays, return_exceptions=True)
    return Answer(result.data, result.errors or [], state)


async def difference(question: Question) -> str | None:
    """What is different that must not be in the two runs of the question, or nothing."""
    document = parse(question.text)
    return await difference_of(question, document) or (
        await difference_of(question.again(), document) if question.later else None
    )


async def difference_of(question: Question, document: Any) -> str | None:
    """The same for one run."""
    expected, got = await ask(CORE, question, document), await ask(OURS, question, document)
    complaint = disagreement(expected, got)
    if complaint is None and expected.marks() != got.marks():
        complaint = "; ".join(misreported(expected, got, await ask(POSSIBLE, question, document)))
    return f"{complaint}\n{told(question, expected, got)}" if complaint else None


def disagreement(expected: Answer, got: Answer) -> str | None:
    """Differences that need no judging of errors."""
    if repr(expected.data) != repr(got.data):
        return "data differ"
    if (expected.state.log, expected.state.total) != (got.state.log, got.state.total):
        return f"root fields ran differently: {expected.state.log} and {got.state.log}"
    return None


def misreported(expected: Answer, got: Answer, possible: Answer) -> Iterator[str]:
    """Breaches of the rules by the errors reported."""
    if any(one.path is None for one in (*expected.errors, *got.errors)):
        if expected.marks() != got.marks():
            yield "errors of the whole request differ"
        return
    types = possible.state.types
    could = possible.marks()
    for one in got.errors:
        if mark(one) not in could:
            yield f"could not have happened: {mark(one)}"
            return
    catchers = Counter(catcher(position(one), types) for one in got.errors)
    yield from (f"{count} errors for the one null at {at}" for at, count in catchers.items() if count > 1)
    yield from (f"an error at {at}, which is not null" for at in catchers if value_at(got.data, at)[0] is not None)
    before = {catcher(position(one), types) for one in expected.errors}
    missing = {at for at in before - catchers.keys() if seen(expected.data, at)}
    extra = {at for at in catchers.keys() - before if seen(got.data, at)}
    yield from (f"no error for the null at {at}" for at in missing)
    yield from (f"an error for the null at {at}, where graphql-core has none" for at in extra)
    yield from (f"an error after the end at {one.path}" for one in got.errors if after_end(one, expected, got))


def after_end(error: GraphQLError, expected: Answer, got: Answer) -> bool:
    """Whether the error is of a root field of a mutation that graphql-core did not come to."""
    if not expected.state.log or got.data is not None or not error.path:
        return False
    return position(error)[0] not in {position(one)[0] for one in expected.errors if one.path}


def mark(error: GraphQLError) -> Mark:
    """What of an error is compared."""
    original = type(error.original_error).__name__
    return error.message, tuple(error.path or ()), repr(error.locations), repr(error.extensions), original


def position(error: GraphQLError) -> Position:
    """Where the error arose, also when it claims another path."""
    return tuple((error.extensions or {}).get("at") or error.path or ())


def catcher(at: Position, types: dict[Position, Any]) -> Position:
    """The nearest position at or above that may be null."""
    while at and is_non_null_type(type_at(at, types)):
        at = at[:-1]
    return at


def type_at(at: Position, types: dict[Position, Any]) -> Any:
    """The declared type of a position: a field's, or that of the items of the list above."""
    if isinstance(at[-1], str):
        return types[at]
    above = type_at(at[:-1], types)
    return (above.of_type if is_non_null_type(above) else above).of_type


def value_at(data: Any, at: Position) -> tuple[Any, int]:
    """The value of the position or of the first null on the way, and how many steps it took."""
    for steps, key in enumerate(at):
        if data is None:
            return None, steps
        data = data[key]
    return data, len(at)


def seen(data: Any, at: Position) -> bool:
    """Whether the position exists in the data."""
    return value_at(data, at)[1] == len(at)


def told(question: Question, expected: Answer, got: Answer) -> str:
    """The question and both answers, for the reader of a failing test."""
    lines = [question.text, f"variables {question.variables} operation {question.operation_name}"]
    for name, answer in (("graphql-core", expected), ("breadth-first", got)):
        lines += [f"{name}: {answer.data}", *(f"    {mark(one)}" for one in answer.errors)]
    return "\n".join(lines)
