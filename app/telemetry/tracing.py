"""OpenTelemetry traces: a span for each operation, for each level of its document and each of its statements. An
extra: `pip install 'custom-data-gateway[tracing]'`, then set up by OpenTelemetry's own OTEL_* variables.

Spans are made when the operation has ended, with the times that were noted meanwhile. Span names and attributes follow
OpenTelemetry's semantic conventions for GraphQL servers and database clients. Statements' texts hold no values, and
documents are not told at all.
"""

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from app.telemetry.observation import Asked, Level, Observation, Place

if TYPE_CHECKING:
    from opentelemetry.sdk.trace.export import SpanExporter

_EXPORTERS = "OTEL_TRACES_EXPORTER"
_ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
_ERRORS = ("INTERNAL", "UNAVAILABLE", "TIMEOUT")  # ours; whatever else goes wrong is the client's


class TracingMissing(Exception):
    """Traces are wanted, but what sends them is not installed."""


def wanted() -> bool:
    """Whether the environment says that traces are sent: by OTLP, which is the only way we know."""
    if os.environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return False
    if exporters := os.environ.get(_EXPORTERS):
        return "otlp" in [each.strip() for each in exporters.split(",")]
    return any(os.environ.get(name) for name in _ENDPOINTS)


def check() -> None:
    """Raises TracingMissing where traces are wanted and cannot be sent."""
    try:
        import opentelemetry.exporter.otlp.proto.http
        import opentelemetry.sdk.trace  # noqa: F401
    except ImportError:
        raise TracingMissing(
            "OpenTelemetry's variables ask for traces, but it is not installed: "
            "pip install 'custom-data-gateway[tracing]'."
        ) from None


class Tracing:
    """Sends the spans of this process in the background; `close` sends what is left."""

    def __init__(self, exporter: "SpanExporter | None" = None) -> None:
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor

        if exporter is None:
            from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

            exporter = OTLPSpanExporter()
        name = {} if "OTEL_SERVICE_NAME" in os.environ else {"service.name": "custom-data-gateway"}
        self._provider = TracerProvider(resource=Resource.create(name))
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer("custom_data_gateway")

    def __call__(self, seen: Observation) -> None:
        """Makes the spans of an operation that ended. Where the caller has a trace they are part of it."""
        from opentelemetry.trace import SpanKind, Status, StatusCode, set_span_in_context
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        caller = TraceContextTextMapPropagator().extract(seen.parent)
        span = self._tracer.start_span(
            _title(seen), caller, SpanKind.SERVER, _attributes(seen), start_time=seen.started
        )
        if (failed := _failure(seen.codes)) in _ERRORS:
            span.set_status(Status(StatusCode.ERROR, failed))
        if span.is_recording():
            within = set_span_in_context(span, caller)
            self._levels(seen, within)
        span.end(_at(seen, seen.began + seen.seconds))

    def _levels(self, seen: Observation, operation: Any) -> None:
        """The levels, each with the statements asked in it; other statements stand beside them."""
        from opentelemetry.trace import set_span_in_context

        left = list(seen.statements)
        for number, level in enumerate(seen.levels, 1):
            own, left = _within(level, left)
            attributes = {"custom_data.level.fields": level.fields}
            span = self._tracer.start_span(
                f"level {number}", operation, attributes=attributes, start_time=_at(seen, level.began)
            )
            self._statements(seen, own, set_span_in_context(span, operation))
            span.end(_at(seen, level.began + level.seconds))
        self._statements(seen, left, operation)

    def _statements(self, seen: Observation, statements: Sequence[Asked], parent: Any) -> None:
        from opentelemetry.trace import SpanKind, Status, StatusCode

        for asked in statements:
            attributes = _of_statement(asked)
            span = self._tracer.start_span(
                asked.query.name, parent, SpanKind.CLIENT, attributes, start_time=_at(seen, asked.began)
            )
            if asked.error is not None:
                span.set_status(Status(StatusCode.ERROR))
            span.end(_at(seen, asked.began + asked.seconds))

    def close(self) -> None:
        self._provider.shutdown()


def _title(seen: Observation) -> str:
    """Never the operation's name, which clients choose: there may be any number of them."""
    return f"bulk {seen.name or ''}".strip() if seen.kind == "bulk" else seen.kind or "GraphQL Operation"


def _of_statement(asked: Asked) -> dict[str, Any]:
    place, error = asked.place or Place(), asked.error
    code = getattr(error, "sqlstate", None)
    failed = None if error is None else code or f"{type(error).__module__}.{type(error).__qualname__}"
    told = {
        "db.system.name": "postgresql", "db.namespace": place.database, "db.query.summary": asked.query.name,
        "db.query.text": asked.query.sql, "server.address": place.address, "server.port": place.port,
        "error.type": failed, "db.response.status_code": code,
    }  # fmt: skip
    return _known(told)


def _failure(codes: Sequence[str]) -> str | None:
    """What went wrong, ours first."""
    return next((code for code in codes if code in _ERRORS), codes[0] if codes else None)


def _known(attributes: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in attributes.items() if value is not None}


def _attributes(seen: Observation) -> dict[str, Any]:
    graphql = seen.kind and seen.kind != "bulk"
    told = {
        "graphql.operation.type": seen.kind if graphql else None,
        "graphql.operation.name": seen.name if graphql else None,
        "http.response.status_code": seen.status or None, "error.type": _failure(seen.codes),
        "custom_data.shop.id": seen.shop_id, "custom_data.request.id": seen.request_id,
        "custom_data.cost": seen.cost, "custom_data.statements": seen.statement_count,
    }  # fmt: skip
    return _known(told)


def _within(level: Level, statements: Sequence[Asked]) -> tuple[list[Asked], list[Asked]]:
    ends = level.began + level.seconds
    own = [each for each in statements if level.began <= each.began <= ends]
    return own, [each for each in statements if each not in own]


def _at(seen: Observation, moment: float) -> int:
    """A moment of the performance counter as nanoseconds of the clock."""
    return seen.started + int((moment - seen.began) * 1e9)
