"""What one run leaves with its plan never shows in another."""

import asyncio
from dataclasses import dataclass
from typing import Annotated, Any

import pytest
import strawberry

from app.execution import BreadthFirst, attribute, represents
from app.execution.extension import plans_of

ONES = [1, 2]


@dataclass
class Row:
    number: int


@strawberry.type
class Large:
    number: int

    @classmethod
    def is_type_of(cls, value: Any, _info: Any) -> bool:
        return bool(value.number > 10)


@strawberry.type
class Any_:
    number: int
    is_type_of = represents(Row)


@strawberry.type
class Query:
    @strawberry.field
    def numbers(self, of: list[int]) -> int:
        return sum(of)

    @strawberry.field
    def row(self, number: int) -> Annotated[Large | Any_, strawberry.union("Rows")]:
        return Row(number)  # type: ignore[return-value]

    @strawberry.field
    def ones(self) -> list[int]:
        return ONES

    @strawberry.field
    async def fewer(self) -> bool:
        await asyncio.sleep(0)
        ONES.clear()
        return True

    @strawberry.field
    def again(self) -> "Query":
        return Query()


@pytest.fixture(params=[[], [BreadthFirst]], ids=["graphql-core", "breadth-first"])
def schema(request: pytest.FixtureRequest) -> strawberry.Schema:
    return strawberry.Schema(Query, extensions=request.param)


async def test_a_variable_that_decides_elsewhere_may_be_anything_here(schema: strawberry.Schema) -> None:
    document = """query sum($it: [Int!]!) { numbers(of: $it) }
                  query none($it: Boolean!) { numbers(of: [1]) @skip(if: $it) }"""
    for sent, told in (([1, 2], 3), ([3], 3)):
        answer = await schema.execute(document, {"it": sent}, operation_name="sum")
        assert (answer.data, answer.errors) == ({"numbers": told}, None)


async def test_a_type_told_by_value_is_asked_each_time(schema: strawberry.Schema) -> None:
    document = "query($n: Int!) { row(number: $n) { __typename } }"
    kinds = [(await schema.execute(document, {"n": n})).data for n in (1, 11, 1)]
    assert kinds == [{"row": {"__typename": name}} for name in ("Any_", "Large", "Any_")]


async def test_a_resolvers_own_list_may_change_later(schema: strawberry.Schema) -> None:
    ONES[:] = [1, 2]
    answer = await schema.execute("{ ones fewer }")
    assert answer.data == {"ones": [1, 2], "fewer": True}


async def test_what_is_planned_is_bounded_and_the_oldest_goes() -> None:
    schema = strawberry.Schema(Query, extensions=[BreadthFirst])
    plans = plans_of(schema)
    spread = "fragment F0 on Query { a: ones b: ones }" + "".join(
        f" fragment F{n} on Query {{ a{n}: again {{ ...F{n - 1} }} b{n}: again {{ ...F{n - 1} }} }}"
        for n in range(1, 11)
    )
    for number in range(40):
        answer = await schema.execute(f"query q{number} {{ ...F10 }} {spread}")
        assert answer.errors is None
    kept = [operation.size for operation in plans.shelf.values() if operation is not None]
    assert plans.made == 40
    assert 0 < sum(kept) < 60_000


@strawberry.type
class Stopping:
    number: strawberry.Private[int]

    @property
    def stopped(self) -> int:
        if self.number == 1:
            raise StopIteration
        if self.number == 2:
            raise LookupError("two")
        return self.number

    value: int | None = attribute("stopped")


@strawberry.type
class Stops:
    @strawberry.field
    def all(self) -> list[Stopping]:
        return [Stopping(number=number) for number in range(4)]


async def test_an_attribute_that_fails_anyhow_fails_alone_and_ends() -> None:
    schema = strawberry.Schema(Stops, extensions=[BreadthFirst])
    answer = await schema.execute("{ all { value } }")
    assert answer.data == {"all": [{"value": 0}, {"value": None}, {"value": None}, {"value": 3}]}
    assert [error.path for error in answer.errors or ()] == [["all", 1, "value"], ["all", 2, "value"]]
