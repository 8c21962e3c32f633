"""A document that was asked before takes a shorter way, and nobody can tell."""

from typing import Any

import pytest

from app.graphql.schema import BREADTH_FIRST, GRAPHQL_CORE, schema, schema_for
from app.server.settings import InvalidSettings, read_settings
from tests.limits.edge import bounded
from tests.shops import ShopClient

SAVE = (
    'mutation { saveProducts(input: {products: [{idProduct: "p", name: "P", price: "9.90"}]}) { userErrors { code } } }'
)

PAGE = "query($n: Int!) { products(first: $n) { nodes { name } } }"

ASKED: dict[str, tuple[str, dict[str, Any]]] = {
    "a question": ("{ shop { name } }", {}),
    "by name": ("query A { __typename }", {"operationName": "A"}),
    "by another name": ("query A { __typename }", {"operationName": "B"}),
    "the second of two": ("query A { shop { name } } query B { __typename }", {"operationName": "B"}),
    "of two, none named": ("query A { shop { name } } query B { __typename }", {}),
    "a mutation": (SAVE, {}),
    "a subscription": ("subscription { ping }", {}),
    "variables": (PAGE, {"variables": {"n": 2}}),
    "variables that are wrong": (PAGE, {"variables": {"n": "x"}}),
    "variables that are missing": (PAGE, {}),
    "an error in a field": ('{ customDataRecords(definition: "x") { nodes { id } } }', {}),
    "too dear": ('{ contacts(first: 100) { nodes { customData(definition: "d", first: 100) { nodes { id } } } } }', {}),
    "what is not valid": ("{ nothing }", {}),
    "what does not parse": ("{", {}),
    "introspection": ("{ __schema { queryType { name } } }", {}),
}  # fmt: skip


@pytest.mark.parametrize("executor", [BREADTH_FIRST, GRAPHQL_CORE])
@pytest.mark.parametrize("case", ASKED)
async def test_it_is_answered_as_the_first_time(case: str, executor: str, shop: ShopClient) -> None:
    document, more = ASKED[case]
    document += f" # {shop.id}"  # new to this schema
    async with bounded(shop, executor=executor) as gateway:
        sent = {"spm-api-key": shop.key, "accept": "application/graphql-response+json", "x-request-id": "one"}
        answers = [
            await gateway.http.post("/graphql", json={"query": document, **more}, headers=sent) for _ in range(3)
        ]
        told = [(answer.status_code, dict(answer.headers), answer.json()) for answer in answers]
    assert told[1] == told[0]
    assert told[2] == told[0]


async def test_a_mutation_stays_forbidden_to_get(shop: ShopClient) -> None:
    assert await shop.ask(SAVE) == {"saveProducts": {"userErrors": []}}
    refused = await shop.http.get("/graphql", params={"query": SAVE}, headers={"spm-api-key": shop.key})
    assert (refused.status_code, refused.headers["allow"]) == (405, "POST")


async def test_smaller_limits_count_for_what_is_known_within_larger_ones(shop: ShopClient) -> None:
    document = f"{{ customDataDefinitions {{ fields {{ name }} }} }} # {shop.id}"
    assert await shop.ask(document) == {"customDataDefinitions": []}
    async with bounded(shop, max_depth=2) as strict:
        for _ in range(2):
            [(code, message)] = await strict.errors(document)
            assert (code, "at most 2" in message) == ("QUERY_TOO_COMPLEX", True)
            assert await shop.ask(document) == {"customDataDefinitions": []}


async def test_what_is_not_valid_is_no_known_document(shop: ShopClient) -> None:
    for document in ("{ shop { name } }", "{ nothing }"):
        await shop.post(document)
    assert schema.documents.valid("{ shop { name } }") is not None
    assert schema.documents.find("{ nothing }") is not None
    assert schema.documents.valid("{ nothing }") is None


@pytest.mark.parametrize("executor", [BREADTH_FIRST, GRAPHQL_CORE])
def test_the_executor_is_a_setting(executor: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert read_settings().executor == BREADTH_FIRST
    monkeypatch.setenv("CUSTOM_DATA_EXECUTOR", executor)
    assert schema_for(read_settings().executor).as_str() == schema.as_str()


def test_another_executor_is_refused_by_the_settings_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUSTOM_DATA_EXECUTOR", "depth-first")
    with pytest.raises(InvalidSettings, match=r"^CUSTOM_DATA_EXECUTOR: Input should be 'breadth-first' or"):
        read_settings()
