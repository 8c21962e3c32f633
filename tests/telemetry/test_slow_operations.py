"""Slow operations are told in full, but for what was sent."""

import asyncio
import io
import json

import pytest
from graphql import parse

from app.server.slow_operations import SlowOperations, signature
from app.store.database import Database
from app.telemetry import lines
from tests.telemetry.conftest import Listening


@pytest.fixture
def stream() -> io.StringIO:
    return io.StringIO()


async def told(stream: io.StringIO, number: int) -> list[dict[str, object]]:
    async with asyncio.timeout(20):
        while len(found := [json.loads(line) for line in stream.getvalue().splitlines()]) < number:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    return found


@pytest.mark.usefixtures("vets")
async def test_a_slow_operation_is_told_with_its_document_statements_and_plan(
    database: Database, listening: Listening, stream: io.StringIO
) -> None:
    written = lines.Lines(stream, lines.as_json)
    query = """query Slow { customDataRecords(definition: "vet_pricing", first: 7) { nodes { data } }
        contact(by: { email: "dubois@example.com" }) { firstName } }"""
    async with listening(SlowOperations(written, database, 0.0)) as shop:
        await shop.ask(query)
        await shop.ask(query)
    second, first = sorted(await told(stream, 2), key=lambda line: "plan" in line)  # plans are told once
    assert (first["event"], first["level"], first["name"]) == ("slow operation", "warning", "Slow")
    assert first["document"] == (
        'query Slow { customDataRecords(definition: "", first: 0) { nodes { data } } '
        'contact(by: { email: "" }) { firstName } }'
    )
    asked = first["asked"]
    assert isinstance(asked, list)
    assert {"records.page", "contacts.by_ids"} & {each["statement"] for each in asked}
    assert first["plan"]
    assert second["document"] == first["document"]


async def test_a_fast_operation_is_not(database: Database, listening: Listening, stream: io.StringIO) -> None:
    written = lines.Lines(stream, lines.as_json)
    async with listening(SlowOperations(written, database, 100.0)) as shop:
        await shop.ask("{ shop { name } }")
    written.flush()
    assert stream.getvalue() == ""


@pytest.mark.usefixtures("vets")
async def test_every_statement_of_the_price_query_has_a_generic_plan(database: Database, listening: Listening) -> None:
    """The plan is made without values, so a statement must be one that can be planned so."""
    from app.store.generic_plans import generic_plan
    from app.telemetry.observation import Observation

    seen: list[Observation] = []
    async with listening(seen.append) as shop:
        await shop.ask(
            """{ customDataRecords(definition: "vet_pricing", first: 5, where: {price: {gt: 1}}) { totalCount { count }
            nodes { data } } products { nodes { pricing(contact: {email: "dubois@example.com"}) { payable } } } }"""
        )
        await shop.save("veterinarian", {"nom": "Dr Neu"})
    queries = {each.query.name: each.query for noted in seen for each in noted.statements}
    plans = {name: await generic_plan(database.pool, shop.id, query) for name, query in queries.items()}
    empty = {name for name, plan in plans.items() if not plan}
    assert empty <= {"session.begin", "session.end"}


def test_a_signature_has_no_values() -> None:
    text = '''query Q($a: Int = 5) {
        a(b: "x", c: 1.5, d: [1, 2], e: """block""", f: ENUM, g: true, h: {i: "y"}) @skip(if: $b) }'''
    assert signature(parse(text)) == (
        'query Q($a: Int = 0) { a(b: "", c: 0, d: [0, 0], e: "", f: ENUM, g: true, h: { i: "" }) @skip(if: $b) }'
    )
