"""Leaves that are attributes, or made of attributes: one step for a selection, and one by one where one is unusual."""

from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

import pytest
import strawberry
from strawberry.types import Info

from app.execution import Column, attribute, batched, represents
from app.tables import table_of
from tests.execution.films import EXECUTORS, Quiet


class Row(NamedTuple):
    number: int
    text: str | None
    mood: str = "calm"


class Plain:
    """The same, not kept as columns."""

    def __init__(self, row: Row) -> None:
        self.number, self.text, self.mood = row


CALLS: Counter[str] = Counter()


def doubled(numbers: Sequence[int]) -> Column[int]:
    CALLS["doubled"] += 1
    return [ValueError("unlucky") if number == 13 else 2 * number for number in numbers]


def odd(numbers: Sequence[int], kind: str) -> Column[int | None]:
    CALLS["odd"] += 1
    if kind == "raises":
        raise LookupError("the column fails")
    return list(numbers)[1:] if kind == "short" else [None for _ in numbers]


@strawberry.interface
class Thing:
    number: int = attribute("number")
    text: str | None = attribute("text")
    must: str = attribute("text")
    doubled: int | None = batched(doubled, of=("number",))
    odd: int | None = batched(odd, of=("number",))
    lacking: str | None = attribute("nothing_of_that_name")


@strawberry.type
class Kept(Thing):
    is_type_of = represents(Row)


@strawberry.type
class Made(Thing):
    is_type_of = represents(Plain)

    @batched(of=("number",))
    @staticmethod
    async def awaited(numbers: Sequence[int], info: Info) -> Column[int]:
        info.context["awaited"] += 1
        return [*numbers]


@strawberry.type
class Query:
    @strawberry.field
    def kept(self, numbers: list[int]) -> list[Kept | None]:
        return table_of(Row, [Row(number, f"t{number}") for number in numbers])  # type: ignore[return-value]

    @strawberry.field
    def made(self, numbers: list[int]) -> list[Made | None]:
        return [Plain(Row(number, f"t{number}" if number else None)) for number in numbers]  # type: ignore[misc]


both = pytest.mark.parametrize("executor", EXECUTORS)
either = pytest.mark.parametrize("name", ["kept", "made"])


async def ask(executor: str, text: str) -> Any:
    CALLS.clear()
    schema = Quiet(Query, extensions=EXECUTORS[executor])
    return await schema.execute(text, None, Counter())


@both
@either
async def test_keys_come_in_the_order_of_the_document(executor: str, name: str) -> None:
    answer = await ask(executor, f"{{ {name}(numbers: [1]) {{ doubled a: __typename text b: text number }} }}")
    [thing] = answer.data[name]
    assert answer.errors is None
    assert [*thing.items()] == [
        ("doubled", 2), ("a", name.capitalize()), ("text", "t1"), ("b", "t1"), ("number", 1),
    ]  # fmt: skip


@either
async def test_a_function_of_attributes_is_called_once_for_all(name: str) -> None:
    answer = await ask("breadth-first", f"{{ {name}(numbers: [1, 2, 3]) {{ doubled number }} }}")
    assert [each["doubled"] for each in answer.data[name]] == [2, 4, 6]
    assert CALLS == {"doubled": 1}


@both
@either
async def test_a_value_that_fails_leaves_all_others(executor: str, name: str) -> None:
    answer = await ask(executor, f"{{ {name}(numbers: [1, 13, 2]) {{ number doubled text }} }}")
    assert [each["doubled"] for each in answer.data[name]] == [2, None, 4]
    assert [(each["number"], each["text"]) for each in answer.data[name]] == [(1, "t1"), (13, "t13"), (2, "t2")]
    assert [(error.message, error.path) for error in answer.errors] == [("unlucky", [name, 1, "doubled"])]


@both
@either
@pytest.mark.parametrize("kind", ["raises", "short", "null"])
async def test_a_column_that_fails_leaves_the_other_columns(executor: str, name: str, kind: str) -> None:
    answer = await ask(executor, f'{{ {name}(numbers: [5, 6]) {{ odd(kind: "{kind}") number }} }}')
    assert answer.data[name] == [{"odd": None, "number": 5}, {"odd": None, "number": 6}]
    failed = [] if kind == "null" else [[name, 0, "odd"], [name, 1, "odd"]]
    assert [error.path for error in answer.errors or ()] == failed


@both
@either
async def test_an_attribute_that_is_not_there_leaves_the_others(executor: str, name: str) -> None:
    answer = await ask(executor, f"{{ {name}(numbers: [5, 6]) {{ lacking number doubled }} }}")
    assert answer.data[name] == [{"lacking": None, "number": n, "doubled": 2 * n} for n in (5, 6)]
    assert [error.path for error in answer.errors] == [[name, 0, "lacking"], [name, 1, "lacking"]]


@both
async def test_a_null_that_may_not_be_takes_its_object_alone(executor: str) -> None:
    answer = await ask(executor, "{ made(numbers: [1, 0, 2]) { must number } }")
    assert answer.data["made"] == [{"must": "t1", "number": 1}, None, {"must": "t2", "number": 2}]
    assert [error.path for error in answer.errors] == [["made", 1, "must"]]


async def test_what_may_wait_is_asked_together_whatever_stands_beside_it() -> None:
    schema = Quiet(Query, extensions=EXECUTORS["breadth-first"])
    told: Counter[str] = Counter()
    text = "{ a: made(numbers: [1, 2]) { awaited } b: made(numbers: [3]) { number awaited } }"
    answer = await schema.execute(text, None, told)
    assert answer.data == {"a": [{"awaited": 1}, {"awaited": 2}], "b": [{"number": 3, "awaited": 3}]}
    assert told == {"awaited": 2}
