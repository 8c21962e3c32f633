"""Slow operations are told in full, but for what was sent."""

import asyncio
import io
import json
import re
from contextlib import suppress

import asyncpg
import pytest
from graphql import parse

from app.server.slow_operations import SlowOperations, signature
from app.store.database import Database
from app.store.generic_plans import generic_plan
from app.store.statements import Statement
from app.telemetry import lines
from app.telemetry.observation import Observation, Query
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


async def queries_of(listening: Listening) -> tuple[int, dict[str, Query]]:
    """The shop, and every statement that prices, pages and writes ask."""
    seen: list[Observation] = []
    async with listening(seen.append) as shop:
        await shop.ask(
            """{ customDataRecords(definition: "vet_pricing", first: 5, where: {price: {gt: 1}}) { totalCount { count }
            nodes { data } } products { nodes { pricing(contact: {email: "dubois@example.com"}) { payable } } } }"""
        )
        await shop.save("veterinarian", {"nom": "Dr Neu"})
    return shop.id, {each.query.name: each.query for noted in seen for each in noted.statements}


@pytest.mark.usefixtures("vets")
async def test_every_statement_has_a_plan_that_reads_its_tables(database: Database, listening: Listening) -> None:
    """Not the plan for nulls, which reads nothing."""
    shop_id, queries = await queries_of(listening)
    plans = {name: await generic_plan(database.pool, shop_id, query) for name, query in queries.items()}
    assert {name for name, plan in plans.items() if not plan} <= {"session.begin", "session.end"}
    told = {name: "\n".join(plan) for name, plan in plans.items() if plan}
    assert [name for name, plan in told.items() if "One-Time Filter: false" in plan] == []
    assert {"records.page", "products.page", "prices.walk"} & {*told}
    assert [name for name, plan in told.items() if not re.search(r"Scan|Insert on|Update on|Delete on", plan)] == []
    of_records = "\n".join(plan for name, plan in told.items() if name.startswith("records."))
    assert re.search(r"Index (Only )?Scan using records_\w+ on records", of_records)
    assert "shop_id = $1" in of_records or "(NULLIF(current_setting('app.shop_id'" in of_records  # the tenant's policy


async def test_nothing_is_left_of_a_plan_on_its_connection(database: Database) -> None:
    """Also of one that cannot be made."""
    for sql in ("select from shops where shop_id = $1", "select 1 / 0 from shops where shop_id = $1 and 1 / 0 = 1"):
        with suppress(asyncpg.DivisionByZeroError):
            await generic_plan(database.pool, 1, Statement("asked", sql))
        async with database.pool.acquire() as connection:
            assert await connection.fetchval("select count(*) from pg_prepared_statements where name = 'asked'") == 0
            assert not connection.is_in_transaction()


def test_a_signature_has_no_values() -> None:
    text = '''query Q($a: Int = 5) {
        a(b: "x", c: 1.5, d: [1, 2], e: """block""", f: ENUM, g: true, h: {i: "y"}) @skip(if: $b) }'''
    assert signature(parse(text)) == (
        'query Q($a: Int = 0) { a(b: "", c: 0, d: [0, 0], e: "", f: ENUM, g: true, h: { i: "" }) @skip(if: $b) }'
    )
