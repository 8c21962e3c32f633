"""Arguments converted by us are those of Strawberry: for every type of argument of a schema that has each kind of type,
and of the gateway's own."""

from collections.abc import AsyncIterator, Iterator
from enum import Enum
from typing import Annotated, Any, NamedTuple

import pytest
import strawberry
from graphql import (
    GraphQLInputType,
    Undefined,
    coerce_input_value,
    is_enum_type,
    is_input_object_type,
    is_list_type,
    is_non_null_type,
    is_object_type,
    is_required_input_field,
)
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from strawberry import UNSET, relay
from strawberry.scalars import JSON
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.arguments import convert_argument

from app.bulk.streams import Stream
from app.execution import BreadthFirst
from app.execution.converting import Special, conversion
from app.graphql.schema import schema as gateway
from tests.execution.values import Choose, is_one_of


@strawberry.enum
class Colour(Enum):
    RED = "r"
    GREEN = ("g", 2)


@strawberry.input
class Point:
    """Every kind of default, and names that differ in Python."""

    must_be: int
    y: float | None
    colour: Colour = Colour.RED
    unset: str | None = UNSET
    tags: list[str] = strawberry.field(default_factory=lambda: ["a"])
    other: str | None = strawberry.field(name="named", default="o")
    anything: JSON | None = None


@strawberry.input
class Nest:
    point: Point
    points: list[Point | None] | None = UNSET
    grid: list[list[Point]] | None = None
    colours: list[Colour] | None = None
    late: Annotated["Late", strawberry.lazy("tests.execution.test_converting")] | None = None


@strawberry.input
class Late:
    numbers: list[list[int | None]]


@strawberry.input(one_of=True)
class Choice:
    whole: int | None = UNSET
    point: Point | None = UNSET


@strawberry.input
class Tree:
    branches: list["Tree"] | None = None


@strawberry.input
class Patch:
    name: strawberry.Maybe[str]
    nothing: strawberry.Maybe[str | None]


@strawberry.type
class Query:
    """Fields whose arguments are of each kind."""

    @strawberry.field
    def scalars(self, whole: int, text: str | None, key: strawberry.ID, anything: JSON, ratio: float = 1.0) -> None: ...

    @strawberry.field
    def lists(self, wholes: list[int], texts: list[str | None] | None, grid: list[list[int] | None]) -> None: ...

    @strawberry.field
    def enums(
        self, colour: Colour, other: Colour | None, colours: list[Colour], nulls: list[Colour | None]
    ) -> None: ...

    @strawberry.field
    def inputs(self, point: Point, points: list[Point] | None, nest: Nest | None, choice: Choice) -> None: ...

    @strawberry.field
    def lazy(self, late: Annotated["Late", strawberry.lazy("tests.execution.test_converting")]) -> None: ...

    @strawberry.field
    def nested(self, tree: Tree | None = None) -> str:
        return repr(tree)

    @strawberry.field
    def patched(self, patches: list[Patch], number: strawberry.Maybe[int], patch: Patch | None = None) -> str:
        return repr((patches, number, patch))

    @strawberry.field
    def identified(self, node: relay.GlobalID, nodes: list[relay.GlobalID] | None = None) -> str:
        return repr((node, nodes))


OWN = strawberry.Schema(Query)
OWN_BREADTH_FIRST = strawberry.Schema(Query, extensions=[BreadthFirst])


class Argument(NamedTuple):
    """An argument's type, as Strawberry knows it and as graphql-core does."""

    declared: Any
    kind: GraphQLInputType
    converter: GraphQLCoreConverter

    def strawberrys(self, value: Any) -> Any:
        return convert_argument(value, self.declared, self.converter.scalar_registry, self.converter.config)

    def ours(self, value: Any) -> Any:
        convert = conversion(self.declared, self.converter)
        return value if convert is None else convert(value)


def arguments(schema: strawberry.Schema) -> Iterator[tuple[str, Argument]]:
    """All of a schema, with where they stand."""
    converter = schema.schema_converter
    for kind in filter(is_object_type, schema._schema.type_map.values()):
        for name, field in kind.fields.items():
            declared = field.extensions.get("strawberry-definition")
            for each in declared.arguments if declared else ():
                argument = converter.config.name_converter.from_argument(each)
                found = Argument(each.type, field.args[argument].type, converter)
                if "Where" in str(found.kind) or "OrderBy!" in str(found.kind) != "[OrderBy!]":
                    continue  # conditions and orders are made by their types themselves (app/graphql/typed)
                yield f"{kind.name}.{name}({argument}: {found.kind})", found


def is_special(argument: Argument) -> bool:
    """Whether Strawberry itself is to convert it."""
    try:
        conversion(argument.declared, argument.converter)
    except Special:
        return True
    return False


OWN_ARGUMENTS = dict(arguments(OWN))
ARGUMENTS = {name: each for name, each in OWN_ARGUMENTS.items() if not is_special(each)} | dict(arguments(gateway))


# What a client may send for each scalar.
async def _nothing() -> AsyncIterator[bytes]:
    return
    yield


FITTING: dict[str, list[Any]] = {
    "Int": [1, 0], "Float": [0.5], "String": ["s", ""], "ID": ["i"], "Boolean": [True, False], "JSON": [{"a": [1]}, 1],
    "Decimal": ["1.50"], "DateTime": ["2026-01-01T00:00:00Z"], "Date": ["2026-01-01"],
    "Upload": [Stream(_nothing())],
}  # fmt: skip


class Sent(Choose):
    """Values that fit a type."""

    def value(self, kind: Any) -> Any:
        if is_non_null_type(kind):
            return self.value_not_null(kind.of_type)
        return self.value_not_null(kind) if self.below(4) else None

    def value_not_null(self, kind: Any) -> Any:
        if is_list_type(kind):
            return [self.value(kind.of_type) for _ in range(self.below(3))]
        if is_enum_type(kind):
            return self.among(list(kind.values))
        if not is_input_object_type(kind):
            return self.among(FITTING[kind.name])
        if is_one_of(kind):
            name, each = self.among(list(kind.fields.items()))
            return {name: self.value_not_null(each.type)}
        return {
            name: self.value(each.type)
            for name, each in kind.fields.items()
            if is_required_input_field(each) or self.below(2)
        }


@st.composite
def values(draw: st.DrawFn, kind: GraphQLInputType) -> Any:
    """Values as graphql-core hands them on."""
    return coerce_input_value(Sent(draw).value(kind), kind)


@pytest.mark.parametrize("argument", ARGUMENTS.values(), ids=ARGUMENTS)
def test_values_are_those_of_strawberry(argument: Argument) -> None:
    @settings(max_examples=40, derandomize=True, database=None, deadline=None, phases=[Phase.generate])
    @given(values(argument.kind))
    def alike(value: Any) -> None:
        assert value is not Undefined
        assert told(argument.ours(value)) == told(argument.strawberrys(value))

    alike()


@pytest.mark.parametrize("argument", ARGUMENTS.values(), ids=ARGUMENTS)
@pytest.mark.parametrize("nothing", [None, strawberry.UNSET], ids=["null", "unset"])
def test_nothing_is_what_strawberry_makes_of_it(argument: Argument, nothing: Any) -> None:
    assert argument.ours(nothing) is argument.strawberrys(nothing) is nothing


def told(value: Any) -> tuple[type, str]:
    return type(value), repr(value)


def test_lists_are_copied() -> None:
    """A resolver that changes one must not change a default, which graphql-core gives to all."""
    sent = [1, 2]
    converted = OWN_ARGUMENTS["Query.lists(wholes: [Int!]!)"].ours(sent)
    assert converted == sent
    assert converted is not sent


def test_defaults_are_made_anew() -> None:
    point = OWN_ARGUMENTS["Query.inputs(point: Point!)"]
    assert point.ours({"mustBe": 1}).tags is not point.ours({"mustBe": 1}).tags


def test_what_is_left_to_strawberry() -> None:
    """Types that hold themselves, Maybe, and global ids; nothing of the gateway's."""
    assert {name.split("(")[0] for name, each in OWN_ARGUMENTS.items() if is_special(each)} == {
        "Query.nested",
        "Query.patched",
        "Query.identified",
    }
    assert [name for name, each in arguments(gateway) if is_special(each)] == []


LEFT_TO_STRAWBERRY = {
    "a type in itself": "{ nested(tree: {branches: [{branches: []}, {}]}) }",
    "a list of inputs with Maybe": '{ patched(patches: [{name: "n"}, {nothing: null}, {}], number: 1) }',
    "Maybe absent": "{ patched(patches: []) }",
    "Maybe null": "{ patched(patches: [], number: null) }",
    "an input with Maybe": '{ patched(patches: [], patch: {name: "n", nothing: "x"}) }',
    "a global id": '{ identified(node: "UG9pbnQ6MQ==") }',
    "global ids": '{ identified(node: "UG9pbnQ6MQ==", nodes: ["UG9pbnQ6MQ==", "UG9pbnQ6Mg=="]) }',
    "a global id that is none": '{ identified(node: "x") }',
    "an absent variable for Maybe": "query ($v: Int) { patched(patches: [], number: $v) }",
}


@pytest.mark.parametrize("query", LEFT_TO_STRAWBERRY.values(), ids=LEFT_TO_STRAWBERRY)
async def test_what_is_left_to_strawberry_reaches_resolvers_alike(query: str) -> None:
    expected, got = await OWN.execute(query), await OWN_BREADTH_FIRST.execute(query)
    assert got.data == expected.data
    assert [each.formatted for each in got.errors or ()] == [each.formatted for each in expected.errors or ()]
