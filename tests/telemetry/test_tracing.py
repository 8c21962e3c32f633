"""Spans of an operation, as OpenTelemetry's conventions name them."""

from urllib.parse import urlsplit

import asyncpg
import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.semconv._incubating.attributes import graphql_attributes
from opentelemetry.semconv.attributes import db_attributes, error_attributes, http_attributes, server_attributes
from opentelemetry.trace import SpanKind, StatusCode

from app.store.database import Database
from app.store.servers import place_of
from app.store.statements import Statement
from app.telemetry.telemetry import Telemetry
from app.telemetry.tracing import Tracing, wanted
from tests.shops import ShopClient, VetShop
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
    assert operation.name == "query"  # clients choose the rest
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


async def test_attributes_are_those_of_the_conventions_or_plainly_ours(vets: VetShop, listening: Listening) -> None:
    """None that the conventions have given up, and none of a name that is theirs to give."""
    current = {
        name for module in (db_attributes, error_attributes, graphql_attributes, http_attributes, server_attributes)
        for constant, name in vars(module).items() if constant.isupper() and isinstance(name, str)
    }  # fmt: skip
    found = await spans(listening, PRICES) + await spans(listening, "{ nothing }")
    used = {name for span in found for name in span.attributes or {}}
    assert {name for name in used if not name.startswith("custom_data.")} <= current
    assert {"graphql.operation.name", "db.query.text", "db.namespace", "error.type", "custom_data.level.fields"} <= used
    names = {span.name for span in found if span.kind is SpanKind.SERVER}
    assert names == {"query", "GraphQL Operation"}
    assert vets.shop.id in {(span.attributes or {}).get("custom_data.shop.id") for span in found}


async def test_a_failure_of_ours_behind_a_clients_mistake_is_an_error() -> None:
    exporter = InMemorySpanExporter()
    tracing = Tracing(exporter)
    with Telemetry([tracing], detailed=True).observing("http", {}) as seen:
        seen.codes = ("CONTACT_NOT_FOUND", "INTERNAL")
    tracing.close()
    [span] = exporter.get_finished_spans()
    assert span.status.status_code is StatusCode.ERROR
    assert (span.attributes or {})["error.type"] == "INTERNAL"


@pytest.mark.usefixtures("vets")
async def test_only_our_own_failures_are_errors(listening: Listening) -> None:
    [refused] = [span for span in await spans(listening, "{ nothing }") if span.kind is SpanKind.SERVER]
    assert refused.status.status_code is StatusCode.UNSET
    assert (refused.attributes or {})["error.type"] == "GRAPHQL_VALIDATION_FAILED"


async def test_a_statement_says_where_it_was_asked_and_what_went_wrong(
    database: Database, shop: ShopClient, gateway_url: str
) -> None:
    exporter = InMemorySpanExporter()
    tracing = Tracing(exporter)
    with Telemetry([tracing], detailed=True).observing("http", {}):
        async with database.reading(shop.id) as session:
            with pytest.raises(asyncpg.DivisionByZeroError):
                await session.fetch(Statement("wrong", "select 1 / (shop_id - shop_id) from shops where shop_id = $1"))
    tracing.close()
    [failed, *others] = sorted(exporter.get_finished_spans(), key=lambda span: span.name != "wrong")
    attributes = failed.attributes or {}
    assert failed.status.status_code is StatusCode.ERROR
    assert (attributes["error.type"], attributes["db.response.status_code"]) == ("22012", "22012")
    assert [span.name for span in others if "error.type" in (span.attributes or {})] == []
    for span in exporter.get_finished_spans():
        if span.kind is SpanKind.CLIENT:
            told = span.attributes or {}
            found = told.get("db.namespace"), told.get("server.address"), told.get("server.port")
            assert found == place_of(gateway_url)
    assert attributes["db.namespace"] == urlsplit(gateway_url).path[1:]


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("postgresql://me:secret@db.example.com:6432/shops", ("shops", "db.example.com", 6432)),
        ("postgresql://db.example.com/shops%20too", ("shops too", "db.example.com", 5432)),
        ("postgresql://me@[::1]:6432/shops", ("shops", "::1", 6432)),
        ("postgresql://me@/shops?host=/run/postgresql", ("shops", "/run/postgresql", None)),
        ("postgresql://me@/shops?host=/run/postgresql&port=6432", ("shops", "/run/postgresql", None)),
        ("postgresql://me@%2Frun%2Fpostgresql/shops", ("shops", "/run/postgresql", None)),
        ("postgresql:///shops", ("shops", None, None)),
        ("postgresql://one:1,two:2/shops", (None, None, None)),
    ],
)
def test_where_a_url_leads_to(url: str, place: tuple[object, ...]) -> None:
    assert place_of(url) == place


async def test_the_callers_state_goes_on(listening: Listening) -> None:
    found = await spans(listening, "{ __typename }", traceparent=CALLER, tracestate="vendor=of-theirs")
    [operation] = [span for span in found if span.kind is SpanKind.SERVER]
    assert operation.context.trace_state.get("vendor") == "of-theirs"


async def test_files_have_spans(vets: VetShop, listening: Listening) -> None:
    exporter = InMemorySpanExporter()
    tracing = Tracing(exporter)
    async with listening(tracing) as shop:
        await shop.http.get("/bulk/products", headers={"spm-api-key": shop.key})
    tracing.close()
    [operation] = [span for span in exporter.get_finished_spans() if span.kind is SpanKind.SERVER]
    attributes = operation.attributes or {}
    assert (operation.name, attributes["custom_data.shop.id"]) == ("bulk export", vets.shop.id)
    assert "graphql.operation.type" not in attributes


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"}, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://127.0.0.1:4318"}, True),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318", "OTEL_TRACES_EXPORTER": "none"}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318", "OTEL_TRACES_EXPORTER": ""}, True),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318", "OTEL_SDK_DISABLED": "True"}, False),
        ({"OTEL_TRACES_EXPORTER": "otlp"}, True),
        ({"OTEL_TRACES_EXPORTER": "console, otlp"}, True),
        ({"OTEL_TRACES_EXPORTER": "otlp", "OTEL_SDK_DISABLED": "true"}, False),
    ],
)
def test_the_environment_says_whether_traces_are_sent(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], expected: bool
) -> None:
    for name in ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_TRACES_EXPORTER",
                 "OTEL_SDK_DISABLED"):  # fmt: skip
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert wanted() is expected
