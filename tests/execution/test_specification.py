"""The specification's own examples of execution, under both executors. Source: GraphQL, September 2025."""

import json
from typing import Any

import pytest

from tests.execution.films import EXECUTORS, answer

pytestmark = pytest.mark.parametrize("executor", EXECUTORS)


def case(name: str, *values: Any) -> Any:
    return pytest.param(*values, id=name)


# 6.3.2 Field Collection; 5.5 Fragments; 3.13 Type System Directives
COLLECTED = [
    case(
        "fields appear in the order they were asked for",
        "{ dog { barks name } }",
        {"dog": {"barks": True, "name": "Odie"}},
    ),
    case(
        "a field asked for twice appears once, in its first place",
        "{ dog { name barks name } }",
        {"dog": {"name": "Odie", "barks": True}},
    ),
    case("an alias names the response", "{ a: dog { n: name } }", {"a": {"n": "Odie"}}),
    case(
        "sub-selections of the same response name merge",
        "{ dog { name } dog { barks } }",
        {"dog": {"name": "Odie", "barks": True}},
    ),
    case(
        "fragments merge where they stand",
        "{ dog { ...B name } } fragment B on Dog { barks }",
        {"dog": {"barks": True, "name": "Odie"}},
    ),
    case(
        "a fragment spread twice counts once",
        "{ dog { ...N ...N } } fragment N on Dog { name }",
        {"dog": {"name": "Odie"}},
    ),
    case("an inline fragment without a condition is its fields", "{ dog { ... { name } } }", {"dog": {"name": "Odie"}}),
    case("a condition on the object's own type applies", "{ pet { ... on Dog { barks } } }", {"pet": {"barks": True}}),
    case("a condition on another type does not", "{ pet { ... on Cat { meows } } }", {"pet": {}}),
    case(
        "a condition on an interface of the type applies", "{ dog { ... on Pet { name } } }", {"dog": {"name": "Odie"}}
    ),
    case(
        "a condition on a union of the type applies",
        "{ pet { ... on Beast { ... on Dog { barks } } } }",
        {"pet": {"barks": True}},
    ),
    case(
        "each object takes the fragment of its type",
        "{ a: beast { ...F } b: beast(dog: false) { ...F } } "
        + "fragment F on Beast { ... on Dog { barks } ... on Cat { meows } }",
        {"a": {"barks": True}, "b": {"meows": True}},
    ),
    case(
        "a merged field collects from both fragments",
        "{ dog { ... on Pet { name } ... on Dog { name nickname } } }",
        {"dog": {"name": "Odie", "nickname": None}},
    ),
    case(
        "__typename is the object's type",
        "{ __typename pet { __typename } beast(dog: false) { t: __typename } }",
        {"__typename": "Query", "pet": {"__typename": "Dog"}, "beast": {"t": "Cat"}},
    ),
    case("@skip leaves out", "{ dog { name barks @skip(if: true) } }", {"dog": {"name": "Odie"}}),
    case("@include(if: false) leaves out", "{ dog { name barks @include(if: false) } }", {"dog": {"name": "Odie"}}),
    case(
        "@skip wins over @include",
        "{ dog { name barks @include(if: true) @skip(if: true) } }",
        {"dog": {"name": "Odie"}},
    ),
    case(
        "a field skipped once and asked for once appears",
        "{ dog { name @skip(if: true) name } }",
        {"dog": {"name": "Odie"}},
    ),
    case(
        "a fragment spread may be skipped here and not there",
        "{ dog { ...N @skip(if: true) barks ...N } } fragment N on Dog { name }",
        {"dog": {"barks": True, "name": "Odie"}},
    ),
    case(
        "an inline fragment may be skipped",
        "{ dog { barks ... @include(if: false) { name } } }",
        {"dog": {"barks": True}},
    ),
    case("what is all skipped is an empty object", "{ dog { name @skip(if: true) } }", {"dog": {}}),
    case("so is the root", "{ dog @skip(if: true) { name } }", {}),
]


@pytest.mark.parametrize(("document", "data"), COLLECTED)
async def test_field_collection(executor: str, document: str, data: object) -> None:
    assert json.dumps(await answer(executor, document)) == json.dumps({"data": data})  # the order counts


# 6.2.2 Mutation
async def test_mutations_are_serial(executor: str) -> None:
    fields = " ".join(f"n{n}: changeTheNumber(newNumber: {n}) {{ theNumber }}" for n in (1, 3, 2))
    expected = {"n1": {"theNumber": 1}, "n3": {"theNumber": 3}, "n2": {"theNumber": 2}}
    assert json.dumps(await answer(executor, f"mutation {{ {fields} }}")) == json.dumps({"data": expected})


async def test_a_failing_mutation_leaves_the_others(executor: str) -> None:
    found = await answer(executor, "mutation { fail { theNumber } b: changeTheNumber(newNumber: 2) { theNumber } }")
    assert found["data"] == {"fail": None, "b": {"theNumber": 2}}
    assert [error["path"] for error in found["errors"]] == [["fail"]]


async def test_a_failing_mutation_that_must_not_be_null_ends_them(executor: str) -> None:
    found = await answer(executor, "mutation { mustFail { theNumber } b: changeTheNumber(newNumber: 2) { theNumber } }")
    assert found["data"] is None
    assert [error["path"] for error in found["errors"]] == [["mustFail"]]


# 6.4.1 Coercing Field Arguments: field, literal or variable, and the value; None for an error at the field
ABSENT: dict[str, Any] = {}
ARGUMENTS = [
    case("absent without default", "nullable", None, ABSENT, "absent"),
    case("absent with default", "defaulted", None, ABSENT, "5"),
    case("null literal over a default", "defaulted", "null", ABSENT, "None"),
    case("literal over a default", "defaulted", "7", ABSENT, "7"),
    case("variable given", "nullable", "$v", {"v": 7}, "7"),
    case("variable null", "nullable", "$v", {"v": None}, "None"),
    case("variable absent, no default: as if absent", "nullable", "$v", ABSENT, "absent"),
    case("variable absent, argument's default", "defaulted", "$v", ABSENT, "5"),
    case("variable null over the argument's default", "defaulted", "$v", {"v": None}, "None"),
    case("variable absent, the variable's default goes first", "defaulted", "$d", ABSENT, "9"),
    case("variable null over both defaults", "defaulted", "$d", {"d": None}, "None"),
    case("non-null with default, absent", "mustDefaulted", None, ABSENT, "5"),
    case("non-null with default, nullable variable absent", "mustDefaulted", "$v", ABSENT, "5"),
    case(
        "non-null with default, nullable variable null: an error of the field", "mustDefaulted", "$v", {"v": None}, None
    ),
    case("non-null, variable with default, absent", "must", "$d", ABSENT, "9"),
    case("non-null, variable with default, null: an error of the field", "must", "$d", {"d": None}, None),
]


@pytest.mark.parametrize(("name", "value", "variables", "expected"), ARGUMENTS)
async def test_field_arguments(
    executor: str, name: str, value: str | None, variables: dict[str, Any], expected: str | None
) -> None:
    given = f"(of: {value})" if value else ""
    declared = {"$v": "($v: Int)", "$d": "($d: Int = 9)"}.get(value or "", "")
    found = await answer(executor, f"query {declared} {{ arguments {{ {name}{given} }} }}", variables)
    assert found["data"] == {"arguments": {name: expected}}
    assert [error["path"] for error in found.get("errors", [])] == ([] if expected else [["arguments", name]])


# 3.10 Input Objects: literal and variables, the coerced value; "request" where the whole request is refused
INPUTS = [
    case("literal", '{ a: "abc", b: 123 }', ABSENT, "{'a': 'abc', 'b': 123}"),
    case("literal with null", "{ a: null, b: 123 }", ABSENT, "{'a': None, 'b': 123}"),
    case("literal without the optional", "{ b: 123 }", ABSENT, "{'b': 123}"),
    case("variable for the optional", "{ a: $a, b: 123 }", {"a": None}, "{'a': None, 'b': 123}"),
    case("variable for the optional absent", "{ a: $a, b: 123 }", ABSENT, "{'b': 123}"),
    case("variable for the required", "{ b: $b }", {"b": 123}, "{'b': 123}"),
    case("variable for the required absent", "{ b: $b }", ABSENT, "request"),
    case("variable for the required of the wrong type", "{ b: $b }", {"b": "123"}, "request"),
    case("variable for the whole", "$c", {"c": {"b": 123}}, "{'b': 123}"),
    case("variable for the whole without the required", "$c", {"c": {"a": "abc"}}, "request"),
    case("variable for the whole with the required null", "$c", {"c": {"b": None}}, "request"),
    case("variable for the whole with an unknown field", "$c", {"c": {"b": 123, "c": "xyz"}}, "request"),
    case("literal refused", '{ a: "abc", b: "123" }', ABSENT, "request"),
]


@pytest.mark.parametrize(("value", "variables", "expected"), INPUTS)
async def test_input_objects(executor: str, value: str, variables: dict[str, Any], expected: str) -> None:
    kinds = {"$a": "String", "$b": "Int!", "$c": "Example!"}
    declared = ", ".join(f"{name}: {kind}" for name, kind in kinds.items() if name in value)
    document = f"query {f'({declared})' if declared else ''} {{ arguments {{ example(of: {value}) }} }}"
    found = await answer(executor, document, variables)
    assert found["data"] == (None if expected == "request" else {"arguments": {"example": expected}})
    assert ("errors" in found) == (expected == "request")


# 3.12 List, "Input Coercion": type, what is sent, the coerced value; "request" where it is refused
LISTS = [
    case("a list", "numbers", [1, 2, 3], "[1, 2, 3]"),
    case("with a wrong item", "numbers", [1, "b", True], "request"),
    case("one item", "numbers", 1, "[1]"),
    case("null", "numbers", None, "None"),
    case("with a null", "numbers", [1, None], "[1, None]"),
    case("lists of lists", "grid", [[1], [2, 3]], "[[1], [2, 3]]"),
    case("lists of lists with null", "grid", [[1], None, [None]], "[[1], None, [None]]"),
    case("items become lists", "grid", [1, 2, 3], "[[1], [2], [3]]"),
    case("an item becomes lists of lists", "grid", 1, "[[1]]"),
    case("null for lists of lists", "grid", None, "None"),
]


@pytest.mark.parametrize(("name", "value", "expected"), LISTS)
async def test_list_input(executor: str, name: str, value: object, expected: str) -> None:
    kind = {"numbers": "[Int]", "grid": "[[Int]]"}[name]
    found = await answer(executor, f"query ($v: {kind}) {{ arguments {{ {name}(of: $v) }} }}", {"v": value})
    assert found["data"] == (None if expected == "request" else {"arguments": {name: expected}})
