"""The specification's examples of errors and null, under both executors. Source: September 2025, 6.4.4 and 7.1."""

from typing import Any

import pytest
import strawberry

from tests.execution.films import EXECUTORS, Quiet, answer

pytestmark = pytest.mark.parametrize("executor", EXECUTORS)

MESSAGE = "Name for character with ID 1002 could not be fetched."
LUKE, LEIA = {"id": "1000", "name": "Luke Skywalker"}, {"id": "1003", "name": "Leia Organa"}


def asked(field: str) -> str:
    return f"{{\n  hero {{\n    name\n    heroFriends: {field} {{\n      id\n      name\n    }}\n  }}\n}}"


def problem(*path: str | int) -> dict[str, Any]:
    return {"message": MESSAGE, "locations": [{"line": 6, "column": 7}], "path": list(path)}


# 7.1.2 Errors, "Error Result Format": name is nullable; then non-null in a list that may hold null
EXAMPLES = {
    "heroFriends": [LUKE, {"id": "1002", "name": None}, LEIA],
    "strictFriends": [LUKE, None, LEIA],
    "strictestFriends": None,  # 6.4.4: if the items must not be null either, the list is
}


@pytest.mark.parametrize("field", EXAMPLES)
async def test_the_error_is_at_the_name_and_null_where_it_may_be(executor: str, field: str) -> None:
    assert await answer(executor, asked(field)) == {
        "data": {"hero": {"name": "R2-D2", "heroFriends": EXAMPLES[field]}},
        "errors": [problem("hero", "heroFriends", 1, "name")],
    }


async def test_null_climbs_to_the_nearest_that_may_be_null(executor: str) -> None:
    found = await answer(executor, asked("allMust"))
    assert found == {"data": {"hero": None}, "errors": [problem("hero", "heroFriends", 1, "name")]}


async def test_all_non_null_up_to_the_root_makes_data_null(executor: str) -> None:
    found = await answer(executor, asked("allMust").replace("hero {", "hero: mustHero {"))
    assert found == {"data": None, "errors": [problem("hero", "heroFriends", 1, "name")]}


async def test_siblings_beside_a_nulled_field_stay(executor: str) -> None:
    found = await answer(executor, "{ hero { strictestFriends { name } name } dog { name } }")
    assert found["data"] == {"hero": {"strictestFriends": None, "name": "R2-D2"}, "dog": {"name": "Odie"}}


async def test_null_for_a_field_that_must_not_be_null_is_an_error(executor: str) -> None:
    schema, values = lists(executor), [1, None, 2]
    result = await schema.execute("{ items: mustOfMust }", root_value=Root(value=values))
    assert result.data is None
    assert [(one.message, one.path) for one in result.errors or []] == [
        ("Cannot return null for non-nullable field Root.mustOfMust.", ["items", 1])
    ]


@strawberry.type
class Root:
    """A list in the four ways of "Combining List and Non-Null"."""

    value: strawberry.Private[Any]

    @strawberry.field
    def plain(self) -> list[int | None] | None:
        return resolved(self.value)

    @strawberry.field
    async def must(self) -> list[int | None]:
        return resolved(self.value)

    @strawberry.field
    def of_must(self) -> list[int] | None:
        return resolved(self.value)

    @strawberry.field
    async def must_of_must(self) -> list[int]:
        return resolved(self.value)


def resolved(value: Any) -> Any:
    if isinstance(value, Exception):
        raise value
    return value


def lists(executor: str) -> strawberry.Schema:
    return Quiet(Root, extensions=EXECUTORS[executor])


# 3.13 Combining List and Non-Null, "Result Coercion": the value, and what each of the four types makes of it.
# "error" is null with an error where the field may be null, and null data where not.
ONE, TWO = ValueError("one"), ValueError("two")
WRAPPED = {
    "a list": ([1, 2, 3], {"plain": [1, 2, 3], "must": [1, 2, 3], "ofMust": [1, 2, 3], "mustOfMust": [1, 2, 3]}),
    "null": (None, {"plain": None, "must": "error", "ofMust": None, "mustOfMust": "error"}),
    "a null item": ([1, None], {"plain": [1, None], "must": [1, None], "ofMust": "error", "mustOfMust": "error"}),
    "a failing item": (
        [1, ONE, 3],
        {"plain": [1, None, 3], "must": [1, None, 3], "ofMust": "error", "mustOfMust": "error"},
    ),
    "two failing items": (
        [ONE, TWO],
        {"plain": [None, None], "must": [None, None], "ofMust": "error", "mustOfMust": "error"},
    ),
    "a failure": (ONE, {"plain": "error", "must": "error", "ofMust": "error", "mustOfMust": "error"}),
    "no list": (5, {"plain": "error", "must": "error", "ofMust": "error", "mustOfMust": "error"}),
}


@pytest.mark.parametrize("field", ["plain", "must", "ofMust", "mustOfMust"])
@pytest.mark.parametrize("name", WRAPPED)
async def test_lists_and_non_null(executor: str, name: str, field: str) -> None:
    value, table = WRAPPED[name]
    result = await lists(executor).execute(f"{{ {field} }}", root_value=Root(value=value))
    climbs = table[field] == "error" and field.startswith("must")
    assert result.data == (None if climbs else {field: None if table[field] == "error" else table[field]})
    failing = value.count(ONE) + value.count(TWO) if isinstance(value, list) else 0
    # 6.4.4: one error only for one field that is nulled, however many of its items fail
    assert len(result.errors or []) == (1 if table[field] == "error" else failing)


async def test_an_exception_beside_a_null_that_climbs_is_counted_once_for_the_root(executor: str) -> None:
    result = await lists(executor).execute("{ a: mustOfMust b: mustOfMust }", root_value=Root(value=[None]))
    assert result.data is None
    assert len(result.errors or []) == 1
