"""Variables and arguments coerced by us are those of graphql-core: the same values and Python types, in the same order,
and the same mistakes in the same words. Declarations, defaults, values and literals are drawn, near misses too."""

from collections.abc import Callable
from typing import Any

import pytest
from graphql import (
    FieldNode,
    GraphQLError,
    OperationDefinitionNode,
    Undefined,
    build_schema,
    get_argument_values,
    get_variable_values,
    is_input_object_type,
    is_list_type,
    is_non_null_type,
    is_required_input_field,
    parse,
    type_from_ast,
)
from graphql.execution.values import VariableValues
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import app.execution.given
import app.execution.variables
from app.execution.given import Given
from app.execution.variables import Variables
from tests.execution.values import Choose

SCHEMA = build_schema("""
    enum Colour { RED GREEN }
    scalar Anything
    scalar Even
    input Point { x: Int! y: Float = 1.5 colour: Colour = RED tags: [String!] = ["a"] id: ID on: Boolean any: Anything }
    input Choice @oneOf { whole: Int text: String point: Point }
    input Tree { number: Int branch: Tree branches: [Tree!] }
    input Nest { point: Point! points: [Point!]! choice: Choice grid: [[Int]] many: [Anything!] even: Even }
    type Query {
        field(
            whole: Int = 3, text: String, must: Int! = 7, real: Float, on: Boolean, id: ID, colour: Colour = GREEN,
            even: Even, any: Anything, list: [Int], musts: [Int!], grid: [[Int]], point: Point,
            points: [Point!], choice: Choice, tree: Tree, nest: Nest
        ): Int
        one(needed: String!, whole: Int): Int
        changeable(list: [Int!]! = [1, 2], whole: Int = 3, point: Point = {x: 1}): Int
        strict(needed: String!, whole: Int! = 7, point: Point!, list: [Int!]!): Int
    }
""")


def even(value: Any) -> int:
    """A scalar that fails in every way there is."""
    if value == 1:
        raise ValueError("one is odd")
    if value == 3:
        raise GraphQLError("three is odd", extensions={"code": "ODD"})
    return int(value) if value in (0, 2) else Undefined  # type: ignore[no-any-return]


def shape(schema: Any) -> None:
    """Python names and types that differ from those of the schema."""
    schema.get_type("Even").coerce_input_value = even
    schema.get_type("Point").fields["id"].out_name = "identity"
    schema.get_type("Nest").out_type = lambda fields: ("Nest", fields)
    schema.query_type.fields["field"].args["real"].out_name = "ratio"


shape(SCHEMA)
FIELDS = SCHEMA.query_type.fields

TYPES = [
    "Int", "Int!", "String", "String!", "Float", "Boolean!", "ID", "ID!", "Colour", "Colour!", "Even", "Anything",
    "Anything!", "Point", "Point!", "Choice", "Choice!", "Tree", "Nest", "Nest!", "[Int]", "[Int!]!", "[[Int]]",
    "[Point!]", "[Anything!]", "[Colour]", "Unknown", "Query",
]  # fmt: skip
DEFAULTS: dict[str, list[str]] = {
    "Int": ["4", "null"], "Int!": ["4"], "String": ['"d"', "1"], "Float": ["1"], "ID": ["1", '"i"'],
    "Colour": ["GREEN"], "Even": ["2"], "Anything": ["{a: [1]}", "1"], "Point": ["{x: 1}", "{}"], "[Int]": ["[1]", "2"],
    "Choice": ["{whole: 1}"],
}  # fmt: skip
FITTING: dict[str, list[Any]] = {
    "Int": [1, 0, -5, 2**31 - 1, -(2**31), 3.0], "String": ["s", ""], "Float": [2, 0.5], "Boolean": [True, False],
    "ID": ["i", 7], "Colour": ["RED", "GREEN"], "Even": [2, 0], "Anything": [{"deep": [1]}, [1], "x", 0],
}  # fmt: skip
UNFITTING: list[Any] = [
    2**31, -(2**31) - 1, 10**400, 1.0, 1.5, float("nan"), float("inf"), 1, 3, True, "RED", "PINK", "1", "", None,
    Undefined, (1, 2), [], [None], {}, {"x": 1}, {"x": None}, {"whole": 1, "text": "t"}, {"whole": None},
    {"nothing": 1},
]  # fmt: skip
LITERALS: dict[str, list[str]] = {
    "Int": ["1", "2147483647"], "String": ['"s"'], "Float": ["1", "0.5"], "Boolean": ["true"], "ID": ["1", '"i"'],
    "Colour": ["RED"], "Even": ["2"], "Anything": ["1", "{a: [RED, null]}"],
}  # fmt: skip
UNFITTING_LITERALS = ["2147483648", '"x"', "1.5", "PINK", "true", "{}", "[]", "[null]", "{x: null}", "null"]


class Drawn(Choose):
    """Values and literals for a type: mostly such as fit."""

    def once_in(self, count: int) -> bool:
        return self.below(count) == count - 1

    def value(self, kind: Any, deep: int = 0) -> Any:
        if self.once_in(24):
            return self.among(UNFITTING)
        if is_non_null_type(kind):
            kind = kind.of_type
        elif self.once_in(6) or deep > 4:
            return None
        if is_list_type(kind):
            items = [self.value(kind.of_type, deep + 1) for _ in range(self.below(3))]
            return items if not self.once_in(8) else tuple(items) if len(items) != 1 else items[0]
        if is_input_object_type(kind):
            return {name: self.value(each.type, deep + 1) for name, each in self.chosen(kind)}
        return self.among(FITTING[kind.name])

    def chosen(self, kind: Any) -> list[tuple[str, Any]]:
        """Fields to give, in any order."""
        fields = list(kind.fields.items())
        if kind.is_one_of:
            return [self.among(fields)]
        chosen = [(name, each) for name, each in fields if is_required_input_field(each) or self.once_in(3)]
        return chosen[::-1] if self.once_in(2) else chosen

    def literal(self, kind: Any, variables: list[str], deep: int = 0) -> str:
        if self.once_in(10):
            return f"${self.among(variables)}"
        if self.once_in(30):
            return self.among(UNFITTING_LITERALS)
        if is_non_null_type(kind):
            kind = kind.of_type
        elif self.once_in(6) or deep > 3:
            return "null"
        if is_list_type(kind):
            return f"[{', '.join(self.literal(kind.of_type, variables, deep + 1) for _ in range(self.below(3)))}]"
        if is_input_object_type(kind):
            given = [f"{name}: {self.literal(each.type, variables, deep + 1)}" for name, each in self.chosen(kind)]
            return f"{{{', '.join(given)}}}"
        return self.among(LITERALS[kind.name])

    def declaration(self, name: str) -> str:
        kind = self.among(TYPES)
        default = f" = {self.among(DEFAULTS[kind])}" if kind in DEFAULTS and self.once_in(2) else ""
        return f"${name}: {kind}{default}"

    def sent(self, declared: OperationDefinitionNode) -> dict[str, Any]:
        """What a client sends for the variables, some of them absent."""
        types = {each.variable.name.value: type_from_ast(SCHEMA, each.type) for each in declared.variable_definitions}
        return {
            name: self.value(kind) if kind and kind is not SCHEMA.query_type else 1
            for name, kind in types.items()
            if not self.once_in(4)
        }

    def arguments(self, field: str, variables: dict[str, str]) -> str:
        """Arguments in brackets, or nothing; variables mostly where their type is the one asked for."""
        given = [
            f"{name}: {self.argument(each.type, variables)}"
            for name, each in FIELDS[field].args.items()
            if alike(each.type, variables) or self.below(len(FIELDS[field].args)) < 2
        ]
        return f"({', '.join(given)})" if given else ""

    def argument(self, kind: Any, variables: dict[str, str]) -> str:
        fitting = alike(kind, variables)
        return f"${self.among(fitting)}" if fitting and self.below(4) else self.literal(kind, [*variables, "unknown"])


def alike(kind: Any, variables: dict[str, str]) -> list[str]:
    """The variables declared with the type, be it nullable or not."""
    return [name for name, declared in variables.items() if declared.strip("!") == str(kind).strip("!")]


@st.composite
def variables_sent(draw: st.DrawFn) -> tuple[str, list[dict[str, Any]]]:
    """The declarations of an operation, and what is sent in two runs of it."""
    drawn = Drawn(draw)
    declarations = ", ".join(drawn.declaration(f"v{number}") for number in range(1 + drawn.below(3)))
    return declarations, [drawn.sent(operation(declarations)) for _ in range(2)]


@st.composite
def arguments_given(draw: st.DrawFn) -> tuple[str, list[dict[str, Any]], str]:
    """The same, and a field with arguments that are literals, variables, or literals with variables in them."""
    drawn = Drawn(draw)
    field = drawn.among(["field", "one", "field", "strict", "changeable"])
    kinds = [drawn.among([str(each.type) for each in FIELDS[field].args.values()]) for _ in range(1 + drawn.below(3))]
    variables = {f"v{number}": kind.strip("!") for number, kind in enumerate(kinds)}
    declarations = ", ".join(f"${name}: {kind}" for name, kind in variables.items())
    sent = [drawn.sent(operation(declarations)) for _ in range(2)]
    return declarations, sent, f"{field}{drawn.arguments(field, variables)}"


def operation(declarations: str, selection: str = "field") -> Any:
    return parse(f"query ({declarations}) {{ {selection} }}" if declarations else f"{{ {selection} }}").definitions[0]


def cases(count: int) -> settings:
    """So many examples, the same in every run, shrunk when one fails."""
    return settings(
        max_examples=count,
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
        deadline=None,
    )


def outcome(coerce: Callable[[], Any]) -> str:
    """What came of it, told so that types and orders show: values, mistakes returned, or an exception."""
    try:
        result = coerce()
    except Exception as error:
        return f"raised {type(error).__name__}: {error}"
    if isinstance(result, VariableValues):
        sources = {name: (str(each.signature.type), each.value) for name, each in result.sources.items()}
        return f"{result.coerced} from {sources}"
    if isinstance(result, list):
        return "\n".join(f"{each.formatted} {type(each.original_error).__name__}" for each in result)
    return repr(result)


def check_variables(declarations: str, *runs: dict[str, Any]) -> None:
    declared = operation(declarations).variable_definitions
    ours = Variables(SCHEMA, declared)
    for sent in runs:
        expected = outcome(lambda sent=sent: get_variable_values(SCHEMA, declared, sent, max_errors=50))
        assert outcome(lambda sent=sent: ours.values(sent)) == expected


@cases(1000)
@given(variables_sent())
def test_variables_are_those_of_graphql_core(case: tuple[str, list[dict[str, Any]]]) -> None:
    declarations, runs = case
    check_variables(declarations, *runs)


@cases(700)
@given(arguments_given())
def test_arguments_are_those_of_graphql_core(case: tuple[str, list[dict[str, Any]], str]) -> None:
    declarations, runs, text = case
    check_arguments(declarations, text, *runs)


def check_arguments(declarations: str, text: str, *runs: dict[str, Any]) -> None:
    asked = operation(declarations, text)
    node: FieldNode = asked.selection_set.selections[0]
    field = FIELDS[node.name.value]
    ours = Given(field, node)
    for sent in runs:
        variables = get_variable_values(SCHEMA, asked.variable_definitions or (), sent)
        if isinstance(variables, VariableValues):
            expected = outcome(lambda variables=variables: named(get_argument_values(field, node, variables)))
            assert outcome(lambda variables=variables: named(ours.values(variables))) == expected


def named(arguments: dict[str, Any]) -> dict[str, Any]:
    """In the order of their names: resolvers are given them by name, so theirs alone may differ."""
    return dict(sorted(arguments.items()))


def nested(levels: int) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for _ in range(levels):
        tree = {"branch": tree}
    return tree


SENT: dict[str, tuple[str, dict[str, Any]]] = {
    "the largest Int": ("$v: Int", {"v": 2**31 - 1}),
    "one more than the largest Int": ("$v: Int", {"v": 2**31}),
    "the smallest Int": ("$v: Int", {"v": -(2**31)}),
    "one less than the smallest Int": ("$v: Int", {"v": -(2**31) - 1}),
    "a whole number written as a fraction": ("$v: Int", {"v": 1.0}),
    "true is no Int": ("$v: Int", {"v": True}),
    "a number is no String": ("$v: String", {"v": 1}),
    "a whole number is an ID": ("$v: ID", {"v": 1}),
    "a default when absent": ("$v: Int = 4", {}),
    "null is not absent": ("$v: Int = 4", {"v": None}),
    "a default of null": ("$v: Int = null", {}),
    "absent without a default": ("$v: Int", {}),
    "absent and required": ("$v: Int!", {}),
    "null and required": ("$v: Int!", {"v": None}),
    "a default that does not fit": ('$v: Int = "x"', {}),
    "a default that does not fit is not looked at when a value is sent": ('$v: Int = "x"', {"v": 1}),
    "one item stands for a list": ("$v: [Int]", {"v": 1}),
    "one item stands for a list of lists": ("$v: [[Int]]", {"v": 1}),
    "null in a list that may not hold it": ("$v: [Int!]", {"v": [1, None]}),
    "fields come in the order of the schema": ("$v: Point", {"v": {"y": 1, "x": 2}}),
    "a field the input does not have": ("$v: Point", {"v": {"x": 1, "z": 2}}),
    "a required field is absent": ("$v: Point", {"v": {}}),
    "null for an input": ("$v: Point", {"v": None}),
    "null for a required input": ("$v: Point!", {"v": None}),
    "null for a required input in another": ("$v: Nest", {"v": {"point": None, "points": []}}),
    "null for a required list": ("$v: [Int]!", {"v": None}),
    "one of": ("$v: Choice", {"v": {"whole": 1}}),
    "none of": ("$v: Choice", {"v": {}}),
    "two of": ("$v: Choice", {"v": {"whole": 1, "text": None}}),
    "one of, but null": ("$v: Choice", {"v": {"whole": None}}),
    "a variable that was not declared": ("$v: Int", {"w": 1}),
    "the order of the declarations": ("$b: Int, $a: Int", {"a": 1, "b": 2}),
    "a scalar that raises": ("$v: Even", {"v": 1}),
    "a scalar that raises with extensions": ("$v: Even", {"v": 3}),
    "more than fifty mistakes": ("$v: [Int]", {"v": ["x"] * 60}),
    "nested deeply": ("$v: Tree", {"v": nested(100)}),
    "nested too deeply": ("$v: Tree", {"v": nested(5000)}),
    "a type that does not exist": ("$v: Unknown", {"v": 1}),
}


@pytest.mark.parametrize(("declarations", "sent"), SENT.values(), ids=SENT)
def test_variables(declarations: str, sent: dict[str, Any]) -> None:
    check_variables(declarations, sent, sent)


GIVEN: dict[str, tuple[str, str, dict[str, Any]]] = {
    "a default where none is given": ("", "field", {}),
    "a literal in place of a default": ("", "field(whole: 1)", {}),
    "null in place of a default": ("", "field(whole: null)", {}),
    "a variable": ("$v: Int", "field(whole: $v)", {"v": 1}),
    "a variable that is null": ("$v: Int", "field(whole: $v)", {"v": None}),
    "an absent variable leaves the default": ("$v: Int", "field(whole: $v)", {}),
    "an absent variable without a default": ("$v: String", "field(text: $v)", {}),
    "null where null may not be": ("$v: Int", "field(must: $v)", {"v": None}),
    "an absent variable for a required argument": ("$v: String", "one(needed: $v)", {}),
    "null for a required argument": ("$v: String", "one(needed: $v)", {"v": None}),
    "a Python name of its own": ("$v: Float", "field(real: $v)", {"v": 1}),
    "a variable in a list": ("$v: Int", "field(list: [1, $v])", {"v": 2}),
    "an absent variable in a list": ("$v: Int", "field(list: [1, $v])", {}),
    "an absent variable in an input": ("$v: Float", "field(point: {x: 1, y: $v})", {}),
    "a literal that does not fit": ("", 'field(whole: "x")', {}),
    "a required argument is not given": ("", "strict", {}),
    "an argument given after one with a default": ("$v: String", "field(text: $v, id: 1)", {"v": "s"}),
}  # fmt: skip


@pytest.mark.parametrize(("declarations", "text", "sent"), GIVEN.values(), ids=GIVEN)
def test_arguments(declarations: str, text: str, sent: dict[str, Any]) -> None:
    """In one run, in another with nothing sent, and once more."""
    check_arguments(declarations, text, sent, {}, sent)


def test_lists_are_made_anew_in_every_run() -> None:
    """A resolver may change them."""
    node = operation("", "field(list: [1])").selection_set.selections[0]
    arguments, variables = Given(FIELDS["field"], node), VariableValues({}, {})
    assert arguments.values(variables)["list"] is not arguments.values(variables)["list"]


USUAL: dict[str, tuple[str, str, dict[str, Any]]] = {
    "scalars": ("$v: Int!, $w: String", "field(whole: $v, text: $w)", {"v": 1, "w": "s"}),
    "an enum": ("$v: Colour", "field(colour: $v)", {"v": "RED"}),
    "a default": ("$v: Int = 4", "field(whole: $v)", {}),
    "a list": ("$v: [Int]", "field(list: $v)", {"v": [1, 2]}),
    "an input": ("$v: Point!", "field(whole: 5, point: $v)", {"v": {"x": 1}}),
    "null for an input": ("$v: Point", "field(point: $v)", {"v": None}),
    "one of": ("$v: Choice", "field(choice: $v)", {"v": {"text": "t"}}),
}


@pytest.mark.parametrize(("declarations", "text", "sent"), USUAL.values(), ids=USUAL)
def test_what_is_usual_is_not_asked_of_graphql_core(
    declarations: str, text: str, sent: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the comparisons above would compare graphql-core with itself."""
    asked = operation(declarations, text)
    variables = Variables(SCHEMA, asked.variable_definitions)
    node = asked.selection_set.selections[0]
    arguments = Given(FIELDS[node.name.value], node)
    monkeypatch.setattr(app.execution.variables, "get_variable_values", None)
    monkeypatch.setattr(app.execution.given, "get_argument_values", None)
    coerced = variables.values(sent)
    assert isinstance(coerced, VariableValues)
    assert arguments.values(coerced)
