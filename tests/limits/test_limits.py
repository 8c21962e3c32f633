"""What asks for too much is refused before it costs anything, and says which limit it met."""

from typing import Any

import pytest
from graphql import get_introspection_query

from tests.limits.edge import bounded
from tests.limits.test_cost import N, chained
from tests.shops import ShopClient

WIDE = '{ contacts(first: 100) { nodes { customData(definition: "d", first: 100) { nodes { id } } } } }'


def nested(depth: int) -> str:
    """Definitions lead to definitions for ever: a field, then two for each step, then a leaf."""
    steps = (depth - 2) // 2
    inner = "relationships { targetDefinition { " * steps + "name" + " } }" * steps
    return f"{{ customDataDefinitions {{ {inner if depth % 2 == 0 else inner.replace('name', 'fields { name }')} }} }}"


REFUSED: dict[str, tuple[str, str, int, int]] = {
    "tokens": ("{ shop { " + "name " * 4_996 + "} }", "tokens", 5_001, 5_000),
    "depth": (nested(14), "depth", 14, 12),
    "depth 150": ("{" + "shop{" * 149 + "name" + "}" * 150, "depth", 150, 12),
    "aliases": ("{ shop { " + " ".join(f"a{n}: name" for n in range(31)) + " } }", "aliases", 31, 30),
    "aliases of one name": ("{ shop { " + "a: name " * 31 + " } }", "aliases", 31, 30),
    "root fields": ("{ " + "shop { name } " * 21 + "}", "rootFields", 21, 20),
    "root fields in fragments": ("{ ...F ...F ...F } fragment F on Query { " + "__typename " * 7 + "}", "rootFields",
                                 21, 20),
    "directives": ("{ shop { " + "name @include(if: true) " * 51 + "} }", "directives", 51, 50),
    "cost": (WIDE, "cost", 1 + 100 + 10 + 100 * (1 + 100 + 10 + 10), 10_000),
    "chained fragments": (chained(30), "aliases", 1_000_000_000, 30),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
async def test_refusals_name_the_limit(case: str, shop: ShopClient) -> None:
    document, limit, value, maximum = REFUSED[case]
    await shop.ask("{ __typename }")  # from now on the shop's schema is known
    with shop.statements() as statements:
        answer = await shop.answer(document)
    [error] = answer["errors"]
    told = error["extensions"]
    assert told == {"code": "QUERY_TOO_COMPLEX", "limit": limit, "value": value, "maximum": maximum}
    assert str(value) in error["message"]
    assert "data" not in answer
    assert statements == []


ALLOWED = {
    "tokens": "{ shop { " + "name " * 490 + "} }",
    "depth": nested(12),
    "aliases": "{ shop { " + " ".join(f"a{n}: name" for n in range(30)) + " } }",
    "root fields": "{ " + "shop { name } " * 20 + "}",
    "directives": "{ shop { " + "name @include(if: true) " * 50 + "} }",
    "introspection": get_introspection_query(),
    "introspection as deep as it goes": "{ __schema { types { " + "ofType { " * 150 + "name" + " }" * 150 + " } } }",
}


@pytest.mark.parametrize("case", ALLOWED)
async def test_what_is_just_within_is_answered(case: str, shop: ShopClient) -> None:
    assert await shop.ask(ALLOWED[case])


DEEP = {
    "fields": "{" + "shop{" * 199 + "name" + "}" * 200,
    "more fields than the parser takes": "{" + "shop{" * 2_000 + "name" + "}" * 2_001,
    "inline fragments": "{" + "...{" * 198 + "shop{name}" + "}" * 199,
    "lists": "{ node(id: " + "[" * 190 + "]" * 190 + ") { id } }",
    "objects": '{ customDataRecord(by: {definition: "d", key: ' + "{a: " * 190 + "1" + "}" * 190 + "}) { id } }",
    "types of variables": "query($a: " + "[" * 190 + "Int" + "]" * 190 + ") { shop { name } }",
    "fragments in fragments": chained(400, "...F{0}"),
    "fragments in inline fragments": chained(350, "...{{...F{0}}}"),
    "fragments in introspection": chained(400, "...F{0}").replace("Query", "__Type").replace("{a:shop", "{ofType"),
    "introspection": "{ __schema { types { " + "fields { type { " * 60 + "name" + " } }" * 60 + " } } }",
}


@pytest.mark.parametrize("case", DEEP)
async def test_depth_of_any_kind_is_answered_and_never_overflows(case: str, shop: ShopClient) -> None:
    answer = await shop.answer(DEEP[case])
    codes = {error["extensions"]["code"] for error in answer.get("errors", [])}
    assert codes <= {"QUERY_TOO_COMPLEX", "GRAPHQL_VALIDATION_FAILED", "GRAPHQL_PARSE_FAILED", "DEFINITION_NOT_FOUND"}


async def test_fragments_in_a_circle_are_refused(shop: ShopClient) -> None:
    circle = "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }"
    [(code, message)] = await shop.errors(circle)
    assert code == "GRAPHQL_VALIDATION_FAILED"
    assert "circle" in message


async def test_an_answer_tells_its_cost(shop: ShopClient) -> None:
    answer = await shop.answer(N % "", n=100)
    assert answer["extensions"] == {"cost": {"requested": 121, "maximum": 10_000}}
    assert (await shop.answer(N % "", n=50))["extensions"]["cost"]["requested"] == 61


async def test_an_answer_with_errors_tells_its_cost_too(shop: ShopClient) -> None:
    answer = await shop.answer("{ contacts(first: 101) { nodes { email } } }")
    assert answer["errors"][0]["extensions"]["code"] == "LIMIT_EXCEEDED"
    assert answer["extensions"]["cost"]["requested"] == 121


async def test_the_cost_depends_on_the_variables_each_time(shop: ShopClient) -> None:
    """The document is measured once, its cost is not."""
    async with bounded(shop, max_cost=100) as strict:
        for n, codes in ((50, []), (100, ["QUERY_TOO_COMPLEX"]), (50, [])):
            answer = await strict.answer(N % "", n=n)
            assert [error["extensions"]["code"] for error in answer.get("errors", [])] == codes


SETTINGS: dict[str, tuple[dict[str, Any], str]] = {
    "tokens": ({"max_tokens": 5}, "{ shop { name } __typename }"),
    "depth": ({"max_depth": 1}, "{ shop { id } }"),
    "aliases": ({"max_aliases": 1}, "{ a: shop { b: name } }"),
    "rootFields": ({"max_root_fields": 1}, "{ shop { name } __typename }"),
    "directives": ({"max_directives": 1}, "{ shop @include(if: true) { name @include(if: true) } }"),
    "cost": ({"max_cost": 20}, "{ contacts { nodes { id } } }"),
}


@pytest.mark.parametrize("limit", SETTINGS)
async def test_limits_are_settings(limit: str, shop: ShopClient) -> None:
    settings, document = SETTINGS[limit]
    async with bounded(shop, **settings) as strict:
        answer = await strict.answer(document)
    assert answer["errors"][0]["extensions"]["limit"] == limit
    assert "errors" not in await shop.answer(document)
