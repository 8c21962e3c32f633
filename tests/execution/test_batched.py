"""Fields for many parents: `@batched` and `attribute`, with the extension and without."""

from collections import Counter
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

import pytest
import strawberry
from strawberry.extensions import FieldExtension
from strawberry.permission import BasePermission
from strawberry.scalars import JSON
from strawberry.types import Info

from app.execution import Column, attribute, batched
from tests.execution.films import EXECUTORS, Quiet

BREADTH_FIRST = "breadth-first"
both = pytest.mark.parametrize("executor", EXECUTORS)


class Even(BasePermission):
    message = "odd"

    def has_permission(self, source: Any, info: Info, **kwargs: Any) -> bool:  # noqa: ARG002
        info.context[f"permission of {source.number}"] += 1
        return bool(source.number % 2 == 0)


class Loud(FieldExtension):
    async def resolve_async(self, next_: Callable[..., Any], source: Any, info: Info, **kwargs: Any) -> str:
        return f"{await next_(source, info, **kwargs)}!"


@strawberry.input
class Range:
    first_number: int = 1
    last_number: int | None = None


@strawberry.type
class Writer:
    number: int
    row: strawberry.Private[Any]

    email: str | None = attribute("row.email", description="Where to write to.")
    deep: int = attribute("row.inner.value")

    @batched(description="What they wrote.")
    @staticmethod
    async def books(parents: Sequence["Writer"], info: Info, first: int = 2) -> Column[list["Book"]]:
        info.context["books"] += 1
        info.context["parents of books"] += len(parents)
        return [[Book(title=f"{parent.number}.{n}") for n in range(first)] for parent in parents]

    @batched
    @staticmethod
    def rank(parents: Sequence["Writer"], info: Info) -> Column[int | None]:
        """How high they stand."""
        info.context["rank"] += 1
        return [ValueError("no rank") if parent.number == 2 else parent.number for parent in parents]

    @batched(name="mustRank", deprecation_reason="see rank")
    @staticmethod
    async def strict_rank(parents: Sequence["Writer"]) -> Column[int]:
        return [ValueError("no rank") if parent.number == 2 else parent.number for parent in parents]

    @batched
    @staticmethod
    async def named(
        parents: Sequence["Writer"], in_range: Range, first_name: str = "none", last_name: str | None = strawberry.UNSET
    ) -> Column[str]:
        last = "absent" if last_name is strawberry.UNSET else last_name
        return [f"{first_name} {last} {in_range.first_number} {in_range.last_number}" for _ in parents]

    @batched
    @staticmethod
    def changing(parents: Sequence["Writer"], changed: JSON) -> Column[str]:
        told = str(changed)
        changed["more"] = 1  # type: ignore[index]
        return [told for _ in parents]

    @strawberry.field
    def changing_each(self, changed: JSON) -> str:
        told = str(changed)
        changed["more"] = 1  # type: ignore[index]
        return told

    @batched(permission_classes=[Even])
    @staticmethod
    async def secret(parents: Sequence["Writer"], info: Info) -> Column[str | None]:
        info.context["secret"] += 1
        return [f"secret of {parent.number}" for parent in parents]

    @batched(extensions=[Loud()])
    @staticmethod
    async def shout(parents: Sequence["Writer"]) -> Column[str]:
        return [f"I am {parent.number}" for parent in parents]

    @batched
    @staticmethod
    def odd_column(parents: Sequence["Writer"], kind: str) -> Column[int | None]:
        columns: dict[str, Any] = {"short": [], "long": [1] * (len(parents) + 1), "null": None, "number": 5}
        if kind == "raises":
            raise ValueError("the batch fails")
        return columns.get(kind, tuple(parent.number for parent in parents))  # type: ignore[no-any-return]


@strawberry.type
class Book:
    title: str


@strawberry.type
class Query:
    @strawberry.field
    def writers(self, count: int = 3) -> list[Writer | None]:
        inner = SimpleNamespace(value=7)
        rows = [SimpleNamespace(email=f"{n}@example.org", inner=inner) if n != 3 else None for n in range(1, count + 1)]
        return [Writer(number=n, row=row) for n, row in enumerate(rows, start=1)]


SCHEMAS = {name: Quiet(Query, extensions=extensions) for name, extensions in EXECUTORS.items()}


async def ask(executor: str, fields: str, variables: dict[str, Any] | None = None, **context: int) -> Any:
    """The writers, the errors' messages by path, and what was counted."""
    counted: Counter[str] = Counter(context)
    text = fields if fields.startswith("query") else f"{{ writers {{ {fields} }} }}"
    result = await SCHEMAS[executor].execute(text, variables, counted)
    errors = {tuple(error.path or ()): error.message for error in result.errors or []}
    return (result.data or {}).get("writers"), errors, counted


def test_the_sdl_is_that_of_the_columns() -> None:
    sdl = {name: schema.as_str() for name, schema in SCHEMAS.items()}
    assert sdl["graphql-core"] == sdl[BREADTH_FIRST]
    for line in (
        "books(first: Int! = 2): [Book!]!",
        "rank: Int\n",
        'mustRank: Int! @deprecated(reason: "see rank")',
        'named(inRange: Range!, firstName: String! = "none", lastName: String): String!',
        '"""What they wrote."""',
        '"""Where to write to."""',
        "email: String\n",
        "deep: Int!",
    ):
        assert line in sdl[BREADTH_FIRST]


async def test_called_once_for_all_parents() -> None:
    _, _, counted = await ask(BREADTH_FIRST, "books { title } rank", None)
    assert (counted["books"], counted["parents of books"], counted["rank"]) == (1, 3, 1)


async def test_called_once_for_each_response_name() -> None:
    found, _, counted = await ask(BREADTH_FIRST, "a: books(first: 1) { title } b: books(first: 0) { title }")
    assert counted["books"] == 2
    assert found[0] == {"a": [{"title": "1.0"}], "b": []}


async def test_without_the_extension_called_for_each_parent() -> None:
    _, _, counted = await ask("graphql-core", "books { title }")
    assert (counted["books"], counted["parents of books"]) == (3, 3)


@both
async def test_not_called_without_parents(executor: str) -> None:
    found, errors, counted = await ask(executor, "query { writers(count: 0) { books { title } rank } }")
    assert (found, errors, counted) == ([], {}, Counter())


@both
async def test_one_failing_parent_leaves_its_siblings(executor: str) -> None:
    found, errors, _ = await ask(executor, "rank")
    assert found == [{"rank": 1}, {"rank": None}, {"rank": 3}]
    assert errors == {("writers", 1, "rank"): "no rank"}


@both
async def test_where_it_must_not_be_null_that_parent_alone_is(executor: str) -> None:
    found, errors, _ = await ask(executor, "mustRank")
    assert found == [{"mustRank": 1}, None, {"mustRank": 3}]
    assert errors == {("writers", 1, "mustRank"): "no rank"}


@both
@pytest.mark.parametrize("kind", ["short", "long", "null", "number"])
async def test_a_column_of_the_wrong_length_fails_all(executor: str, kind: str) -> None:
    found, errors, _ = await ask(executor, f'oddColumn(kind: "{kind}") number')
    assert found == [{"oddColumn": None, "number": n} for n in (1, 2, 3)]
    message = "A batched resolver returns a list with one value for each parent."
    assert errors == {("writers", n, "oddColumn"): message for n in range(3)}


@both
async def test_a_batch_that_raises_fails_all(executor: str) -> None:
    _, errors, _ = await ask(executor, 'oddColumn(kind: "raises")')
    assert errors == {("writers", n, "oddColumn"): "the batch fails" for n in range(3)}


@both
async def test_a_tuple_is_a_column(executor: str) -> None:
    found, _, _ = await ask(executor, 'oddColumn(kind: "right")')
    assert [each["oddColumn"] for each in found] == [1, 2, 3]


NAMED = {
    "defaults": ("named(inRange: {})", {}, "none absent 1 None"),
    "literals": ('named(inRange: {firstNumber: 2, lastNumber: 3}, firstName: "a", lastName: null)', {}, "a None 2 3"),
    "variables": ("named(inRange: $r, firstName: $f, lastName: $l)", {"r": {}, "f": "a", "l": "b"}, "a b 1 None"),
    "variables absent": ("named(inRange: $r, firstName: $f, lastName: $l)", {"r": {}}, "none absent 1 None"),
}


@both
@pytest.mark.parametrize("name", NAMED)
async def test_arguments_by_their_python_names(executor: str, name: str) -> None:
    field, variables, expected = NAMED[name]
    declared = '($r: Range!, $f: String = "none", $l: String)' if "$r" in field else ""
    found, errors, _ = await ask(executor, f"query {declared} {{ writers {{ {field} }} }}", variables)
    assert (found, errors) == ([{"named": expected}] * 3, {})


@both
@pytest.mark.parametrize("field", ["changing", "changingEach"])
async def test_what_a_resolver_does_to_its_arguments_does_not_last(executor: str, field: str) -> None:
    """A literal is made anew for each call, and each request."""
    for _ in range(2):
        found, _, _ = await ask(executor, f"{field}(changed: {{a: 1}})")
        assert found == [{field: "{'a': 1}"}] * 3


@both
async def test_permissions_decide_parent_by_parent(executor: str) -> None:
    found, errors, counted = await ask(executor, "secret")
    assert found == [{"secret": None}, {"secret": "secret of 2"}, {"secret": None}]
    assert errors == {("writers", n, "secret"): "odd" for n in (0, 2)}
    assert [counted[f"permission of {n}"] for n in (1, 2, 3)] == [1, 1, 1]
    assert counted["secret"] == 1  # not for those refused


@both
async def test_field_extensions_apply_parent_by_parent(executor: str) -> None:
    found, _, _ = await ask(executor, "shout")
    assert [each["shout"] for each in found] == ["I am 1!", "I am 2!", "I am 3!"]


@both
async def test_an_attribute_of_an_attribute(executor: str) -> None:
    found, errors, _ = await ask(executor, "email deep")
    assert found == [{"email": "1@example.org", "deep": 7}, {"email": "2@example.org", "deep": 7}, None]
    assert errors[("writers", 2, "deep")] == "'NoneType' object has no attribute 'inner'"


def test_a_batched_resolver_says_what_its_column_holds() -> None:
    with pytest.raises(TypeError, match=r"Column\[...\]"):

        @batched
        def unsaid(parents: Sequence[Writer]) -> list[int]:
            return [each.number for each in parents]
