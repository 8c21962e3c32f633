"""Requests made up from the schema by schemathesis: none is answered by a failure of ours."""

from typing import Any

import httpx
import pytest
import schemathesis
from graphql import build_schema
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis_graphql import nodes

from tests.processes import CHECKOUT, Gateway
from tests.shops import VetShop

_EXAMPLES = 40  # for each root field
_TEXTS = st.text(max_size=20) | st.sampled_from(["diet", "vet_pricing", "price", "\x00", "1", "1e9", "NaN", "9" * 40])
_NUMBERS = st.sampled_from(["0", "-1", "1.10", "1e999999", "9" * 400, "0.1000000000000000000001"])

schemathesis.graphql.scalar("Decimal", _TEXTS.map(nodes.String) | _NUMBERS.map(nodes.Float))
schemathesis.graphql.scalar("JSON", _TEXTS.map(nodes.String) | _NUMBERS.map(nodes.Float) | st.just(nodes.Null))
for name in ("Date", "DateTime", "Upload"):
    schemathesis.graphql.scalar(name, _TEXTS.map(nodes.String))

SCHEMA = schemathesis.graphql.from_path(CHECKOUT / "schema.graphql")
OPERATIONS = [found.ok() for found in SCHEMA.get_all_operations()]


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: str(operation.label))
async def test_made_up_requests_are_answered(operation: Any, gateway: Gateway, vets: VetShop) -> None:
    headers = {"spm-api-key": vets.shop.key}
    with httpx.Client(base_url=gateway.url, headers=headers, timeout=30) as client:

        @settings(
            max_examples=_EXAMPLES, derandomize=True, deadline=None, database=None,
            phases=(Phase.generate,), suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        @given(case=operation.as_strategy())
        def ask(case: Any) -> None:
            answer = client.post("/graphql", json={"query": case.body})
            codes = [error["extensions"]["code"] for error in answer.json().get("errors", [])]
            assert answer.status_code in (200, 429), (answer.text, case.body)
            assert "INTERNAL" not in codes, (answer.text, case.body)

        ask()


def test_every_query_and_mutation_is_among_them() -> None:
    schema = build_schema((CHECKOUT / "schema.graphql").read_text())
    expected = {f"{root}.{field}" for root in ("Query", "Mutation") for field in schema.type_map[root].fields}  # type: ignore[attr-defined]
    assert {operation.label for operation in OPERATIONS} == expected
