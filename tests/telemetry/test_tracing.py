"""Spans of an operation, as OpenTelemetry's conventions name them."""

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from app.telemetry.tracing import Tracing
from tests.shops import VetShop
from tests.telemetry.conftest import Listening
from tests.telemetry.test_observations import PRICES

CALLER = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


async def spans(listening: Listening, query: str, **headers: str) -> list[ReadableSpan]:
    exporter = InMemorySpanExporter()
    tracing = Tracing(exporter)
    async with listening(tracing) as shop:
        await shop.post(query, {"first": 5}, headers=headers)
    tracing.close()
    return list(exporter.get_finished_spans())


async def test_an_operation_its_levels_and_its_statements(vets: VetShop, listening: Listening) -> None:
    found = await spans(listening, PRICES)
    [operation] = [span for span in found if span.kind is SpanKind.SERVER]
    assert operation.name == "query Prices"
    attributes = operation.attributes or {}
    assert attributes["graphql.operation.type"] == "query"
    assert attributes["graphql.operation.name"] == "Prices"
    assert attributes["custom_data.shop.id"] == vets.shop.id
    assert operation.parent is None
    statements = [span for span in found if span.kind is SpanKind.CLIENT]
    assert len(statements) == attributes["custom_data.statements"]
    assert {(span.attributes or {})["db.system.name"] for span in statements} == {"postgresql"}
    levels = {span.context.span_id: span for span in found if span.name.startswith("level ")}
    assert sorted(span.name for span in levels.values())[:2] == ["level 1", "level 2"]
    within = [span for span in statements if span.parent is not None and span.parent.span_id in levels]
    assert within
    for span in found:
        assert span.start_time is not None
        assert span.end_time is not None
        assert operation.start_time is not None
        assert operation.end_time is not None
        assert operation.start_time <= span.start_time <= span.end_time <= operation.end_time + 1_000


async def test_it_is_part_of_the_callers_trace(listening: Listening) -> None:
    found = await spans(listening, "{ __typename }", traceparent=CALLER)
    [operation] = [span for span in found if span.kind is SpanKind.SERVER]
    assert operation.parent is not None
    assert f"{operation.context.trace_id:032x}" == CALLER[3:35]
    assert f"{operation.parent.span_id:016x}" == CALLER[36:52]


async def test_a_trace_that_is_none_is_not_followed(listening: Listening) -> None:
    found = await spans(listening, "{ __typename }", traceparent="marie@example.com")
    [operation] = [span for span in found if span.kind is SpanKind.SERVER]
    assert operation.parent is None


@pytest.mark.usefixtures("vets")
async def test_only_our_own_failures_are_errors(listening: Listening) -> None:
    [refused] = [span for span in await spans(listening, "{ nothing }") if span.kind is SpanKind.SERVER]
    assert refused.status.status_code is StatusCode.UNSET
    assert (refused.attributes or {})["error.type"] == "GRAPHQL_VALIDATION_FAILED"
