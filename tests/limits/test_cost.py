"""What a document costs, and that finding out costs little."""

from graphlib import CycleError
from typing import Any

import pytest
from graphql import FieldNode, FragmentSpreadNode, InlineFragmentNode, Visitor, get_introspection_query, parse, visit

from app.graphql.cost import BEYOND, Plan, Shape
from app.graphql.schema import schema

SAVE = """mutation($input: SaveRecordsInput!) { saveCustomDataRecords(input: $input) {
    results { outcome record { idRecord } } userErrors { message } } }"""
VISITS = 'customData(definition: "visit", first: 50) { nodes { data } }'
N = "query($n: Int%s) { contacts(first: $n) { nodes { email } } }"


def plan(document: str) -> Plan:
    return Plan(schema._schema, parse(document))


COSTS: dict[str, tuple[str, dict[str, Any], int]] = {
    "attributes in hand are tenths of a row": ("{ shop { name timeZone } }", {}, 1),
    "an object is a row": ('{ contact(by: {email: "a@b"}) { email } }', {}, 2),
    "a page is 20 rows, each with what is inside": ("{ contacts { nodes { email } } }", {}, 1 + 20 + 2 + 2),
    "first multiplies": ("{ contacts(first: 100) { nodes { email } } }", {}, 1 + 100 + 10 + 10),
    "last multiplies": ("{ contacts(last: 10) { nodes { email } } }", {}, 1 + 10 + 1 + 1),
    "none of a page is one": ("{ contacts(first: 0) { nodes { email } } }", {}, 1),
    "more than fits counts as the longest page": ("{ contacts(first: 9999999999999) { nodes { email } } }", {}, 121),
    "ids multiply": ('{ products(ids: ["a", "b", "c"]) { nodes { name } } }', {}, 5),
    "one id without brackets is one": ('{ products(ids: "a") { nodes { name } } }', {}, 3),
    "nodes by ids": ('{ nodes(ids: ["a", "b"]) { id } }', {}, 3),
    "edges and nodes read the same rows": ("{ contacts(first: 10) { nodes { id } edges { node { id } } } }", {}, 16),
    "a count does not multiply": ("{ contacts(first: 100) { totalCount { count } } }", {}, 1 + 100 + 20 + 1),
    "a filter is twenty rows": ('{ contacts(first: 10, where: {email: {eq: "a"}}) { nodes { id } } }', {}, 33),
    "an order, too": ('{ contacts(first: 10, orderBy: [{email: ASC}]) { nodes { id } } }', {}, 33),
    "both count once": ('{ contacts(first: 10, where: {}, orderBy: {lang: ASC}) { nodes { id } } }', {}, 33),
    "pages multiply pages": (f"{{ contacts(first: 10) {{ nodes {{ {VISITS} }} }} }}", {}, 1 + 10 + 1 + 10 * 61),
    "a price is two rows": ("{ products(first: 10) { nodes { payable } } }", {}, 1 + 10 + 1 + 20),
    "a fragment costs as its fields": (
        "{ contacts(first: 100) { ...P } } fragment P on ContactConnection { nodes { ...C } } "
        "fragment C on Contact { email }", {}, 121,
    ),
    "inline fragments too": ("{ contacts(first: 100) { ... { nodes { ... on Contact { email } } } } }", {}, 121),
    "aliases each cost": ("{ a: contacts(first: 5) { nodes { id } } b: contacts(first: 5) { nodes { id } } }", {}, 14),
    "a variable counts with its value": (N % "", {"n": 100}, 121),
    "a variable not sent counts with its default": (N % " = 100", {}, 121),
    "a value goes before a default": (N % " = 100", {"n": 10}, 13),
    "a variable not sent and without default is as absent": (N % "", {}, 25),
    "null is as absent": (N % " = 100", {"n": None}, 25),
    "a value that is no number counts as the longest page": (N % "", {"n": 1.5}, 121),
    "a template for each contact": (
        "query($of: [ContactReference!]!) { renderTemplates(template: \"\", contacts: $of) { text missing } }",
        {"of": [{"email": "a@b"}] * 500}, 500 + 100,
    ),
    "a variable of ids": (
        "query($ids: [ID!]) { products(ids: $ids) { nodes { name } } }", {"ids": ["a"] * 50}, 1 + 50 + 5 + 5,
    ),
    "aggregates look at all there is": (
        '{ customDataAggregate(definition: "visit", first: 10) { groups { count } } }', {}, 100 + 2,
    ),
    "a hundred groups unless sent": (
        '{ contactsAggregate { groups { count sum(field: "a") } } }', {}, 100 + 10 + 20,
    ),
    "up to a thousand groups": (
        "query($n: Int) { productsAggregate(first: $n) { groups { count } } }", {"n": 5_000}, 100 + 200,
    ),
    "aggregates behind parents": (
        '{ contacts(first: 2) { nodes { customDataAggregate(definition: "a", first: 10) { groups { count } } } } }',
        {}, 1 + 2 + 2 * (20 + 2) + 1,
    ),
    "a mutation costs by its items": (SAVE, {"input": {"records": [{}] * 50}}, 10 + 100 + 5 + 55 + 5 + 1),
    "one item": (SAVE, {"input": {"records": [{}]}}, 14),
    "items inside the document": (
        'mutation { saveCustomDataRecords(input: {definition: "x", records: [{}, {}]}) { created } }', {}, 15,
    ),
    "items in a variable inside the document": (
        'mutation($r: [JSON!]!) { saveCustomDataRecords(input: {definition: "x", records: $r}) { created } }',
        {"r": [1] * 50}, 111,
    ),
    "an input that was not sent": (SAVE, {}, 14),
    "introspection has one price": ("{ __schema { types { fields { name type { name } } } } }", {}, 500),
    "of one type a smaller one": ('{ __type(name: "Shop") { fields { name } } }', {}, 20),
    "unknown fields cost little: they will be refused": ("{ nonsense { more { stuff } } }", {}, 1),
}  # fmt: skip


@pytest.mark.parametrize("case", COSTS)
def test_cost(case: str) -> None:
    document, variables, expected = COSTS[case]
    assert plan(document).cost(None, variables) == expected


SHAPES = {
    "levels": ("{ shop { limits { pageSize } } }", Shape(3, 0, 1, 0)),
    "fragments add no level": ("{ ...A ... { shop { ...B } } } fragment A on Query { __typename } "
                               "fragment B on Shop { name }", Shape(2, 0, 2, 0)),
    "aliases and directives, wherever": ("{ a: shop { b: name @include(if: true) } ...F @skip(if: false) } "
                                         "fragment F on Query { c: __typename }", Shape(2, 3, 2, 2)),
    "a fragment counts each time": ("{ ...F ...F } fragment F on Query { a: __typename }", Shape(1, 2, 2, 0)),
    "introspection has no depth": ("{ __schema { types { fields { type { ofType { name } } } } } }", Shape(1, 0, 1, 0)),
    "nor have fragments on it": ("{ __schema { types { ...T } } } fragment T on __Type { ofType { ofType { name } } }",
                                 Shape(1, 0, 1, 0)),
    "a fragment that is missing is nothing": ("{ ...Missing }", Shape(0, 0, 0, 0)),
}  # fmt: skip


@pytest.mark.parametrize("case", SHAPES)
def test_shape(case: str) -> None:
    document, expected = SHAPES[case]
    assert plan(document).shapes == [expected]


def test_the_cost_is_that_of_the_operation_that_runs() -> None:
    both = plan("query A { shop { name } } query B { contacts(first: 100) { nodes { email } } }")
    assert [both.cost("A", {}), both.cost("B", {})] == [1, 121]


def test_fragments_in_a_circle_are_told() -> None:
    with pytest.raises(CycleError):
        plan("{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }")


def chained(length: int, body: str = "...F{0} ...F{0}") -> str:
    """Fragments that each spread the next one twice: 2 to the power of `length` fields when written out."""
    links = " ".join(f"fragment F{n} on Query{{{body.format(n + 1)}}}" for n in range(length))
    return f"{{...F0}} {links} fragment F{length} on Query{{a:shop{{name}}}}"


@pytest.mark.parametrize("length", [5, 30, 300])
def test_every_selection_is_looked_at_once(length: int) -> None:
    """However often it is spread: 30 links are about 1 kB, and a thousand million fields."""
    document = parse(chained(length))

    class Selections(Visitor):
        count = 0

        def enter(self, node: object, *_args: object) -> None:
            self.count += isinstance(node, FieldNode | FragmentSpreadNode | InlineFragmentNode)

    selections = Selections()
    visit(document, selections)
    measured = Plan(schema._schema, document)
    assert measured.visits == selections.count
    assert measured.shapes[0].aliases == min(2**length, BEYOND)


def test_multiplying_ends_somewhere() -> None:
    selection = "id"
    for _ in range(12):
        selection = f'relatedBy(definition: "d", first: $n) {{ nodes {{ {selection} }} }}'
    cost = plan(f"query($n: Int) {{ customDataRecord(id: 1) {{ {selection} }} }}").cost(None, {"n": 100})
    assert BEYOND // 20 <= cost <= BEYOND


def test_full_introspection_is_within_every_limit() -> None:
    """As GraphiQL asks it."""
    document = get_introspection_query(
        specified_by_url=True, directive_is_repeatable=True, schema_description=True, input_value_deprecation=True
    )
    measured = plan(document)
    assert measured.shapes == [Shape(1, 0, 1, 0)]
    assert measured.cost(None, {}) == 500
