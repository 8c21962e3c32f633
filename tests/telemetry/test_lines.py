"""Log lines, and what never stands in them."""

import asyncio
import io
import json
import logging

import pytest

from app.server.slow_operations import SlowOperations
from app.store.database import Database
from app.telemetry import lines
from tests.telemetry.conftest import Listening

CANARY = "canary.marie@example.com"


async def test_each_operation_has_a_line(listening: Listening) -> None:
    stream = io.StringIO()
    written = lines.Lines(stream, lines.as_json)
    async with listening(lines.OperationLines(written)) as shop:
        await shop.ask("query Name { shop { name } }")
        await shop.post("{ nothing }")
    written.flush()
    first, second = map(json.loads, stream.getvalue().splitlines())
    assert {key: first[key] for key in ("level", "event", "transport", "shop", "type", "name", "status")} == {
        "level": "info", "event": "operation", "transport": "http", "shop": shop.id, "type": "query", "name": "Name",
        "status": 200,
    }  # fmt: skip
    assert first["ms"] > 0
    assert first["statements"] >= 0
    assert second["codes"] == ["GRAPHQL_VALIDATION_FAILED"]


async def test_only_those_that_failed_when_so_wanted(listening: Listening) -> None:
    stream = io.StringIO()
    written = lines.Lines(stream, lines.as_json)
    async with listening(lines.OperationLines(written, only_failed=True)) as shop:
        await shop.ask("{ shop { name } }")
        await shop.post("{ nothing }")
    written.flush()
    assert stream.getvalue().count("\n") == 1


async def test_lines_are_written_by_themselves_soon() -> None:
    stream = io.StringIO()
    lines.Lines(stream, lines.as_json).write({"event": "a"})
    async with asyncio.timeout(20):
        while not stream.getvalue():  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    assert stream.getvalue() == '{"event":"a"}\n'


async def test_a_stream_that_is_gone_costs_nothing_else() -> None:
    stream = io.StringIO()
    written = lines.Lines(stream, lines.as_json)
    stream.close()
    written.write({"event": "a"})
    written.flush()


def test_text_is_for_people() -> None:
    line = {"time": "2026-01-02T03:04:05.678Z", "level": "info", "event": "operation", "name": "Q", "codes": ["A", "B"]}
    assert lines.as_text(line) == '03:04:05 INFO    operation name=Q codes=["A","B"]'


@pytest.mark.parametrize("form", [lines.as_json, lines.as_text])
async def test_no_line_holds_what_was_sent(database: Database, listening: Listening, form: object) -> None:
    """Values in the document, in variables, in headers, in a record, in a mistake, in an exception."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(lines.Formatter(form))  # type: ignore[arg-type]
    written = lines.Lines(stream, form)  # type: ignore[arg-type]
    logging.getLogger().addHandler(handler)
    try:
        async with listening(lines.OperationLines(written), SlowOperations(written, database, 0.0)) as asked:
            await asked.contact(CANARY)
            await asked.define("Note", {"text": "STRING"})
            await asked.save("note", {"text": CANARY}, {"text": {"no": CANARY}}, {CANARY: 1})
            await asked.answer(f'{{ contact(by: {{ email: "{CANARY}" }}) {{ idContact }} }}')
            await asked.answer("query($e: String!) { contact(by: { email: $e }) { idContact } }", e=CANARY)
            await asked.answer(f'{{ contact(by: {{ email: "{CANARY}" }}) {{ nothing }} }}')
            await asked.answer(f'{{ customDataRecords(definition: "{CANARY}") {{ nodes {{ id }} }} }}')
            await asked.post("{ shop { name } }", headers={"x-request-id": CANARY, "traceparent": CANARY})
            await asked.post("{ shop { name } }", headers={"spm-api-key": CANARY})
            try:
                raise ValueError(CANARY)
            except ValueError:
                logging.getLogger("app.test").exception("A mistake.")
            await asyncio.sleep(0.3)  # plans are told in their own time
        written.flush()
    finally:
        logging.getLogger().removeHandler(handler)
    assert "A mistake." in stream.getvalue()
    assert stream.getvalue().count("operation") > 15
    assert CANARY not in stream.getvalue().lower()
