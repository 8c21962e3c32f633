"""No log, metric or trace tells of the person: neither afterwards nor before."""

import asyncio
import io
import logging

import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from prometheus_client import REGISTRY, generate_latest

from app.server.slow_operations import SlowOperations
from app.store.administration import connected
from app.store.database import Database
from app.telemetry import lines, metrics
from app.telemetry.tracing import Tracing
from tests.bulk.files import import_text
from tests.erasing.canary import erase, new_canary
from tests.processes import PATIENCE
from tests.shops import ShopClient
from tests.telemetry.conftest import Listening


async def test_nor_does_any_logger_tell_of_it(shop: ShopClient, caplog: pytest.LogCaptureFixture) -> None:
    canary = await new_canary(shop)
    with caplog.at_level(logging.DEBUG):
        await erase(shop, {"email": canary.email}, dryRun=True)
        await erase(shop, {"email": canary.email})
        await erase(shop, {"email": canary.email})
    assert caplog.records
    assert canary.found_in({"logged": [caplog.text]}) == {}


class _Told:
    """All that a gateway tells whoever runs it: lines, slow operations with their plans, spans, metrics."""

    def __init__(self, database: Database) -> None:
        self.stream = io.StringIO()
        self.exporter = InMemorySpanExporter()
        self.tracing = Tracing(self.exporter)
        written = lines.Lines(self.stream, lines.as_json)
        slow = SlowOperations(written, database, 0.0)
        self.tellers = (lines.OperationLines(written), slow, self.tracing, metrics.metrics())
        self.written = written

    def texts(self) -> dict[str, list[str]]:
        self.written.flush()
        self.tracing.close()
        spans = [span.to_json() for span in self.exporter.get_finished_spans()]
        told = {"log": [self.stream.getvalue()], "traces": spans, "metrics": [generate_latest(REGISTRY).decode()]}
        assert all("".join(each) for each in told.values())
        return told


async def test_nothing_that_is_told_of_operations_tells_of_the_person(
    database: Database, listening: Listening, caplog: pytest.LogCaptureFixture
) -> None:
    """Of all that there is to do with somebody, sound and mistaken: values in documents and in variables, and texts of
    errors. Every operation is slow, so each is told with its document."""
    told = _Told(database)
    with caplog.at_level(logging.DEBUG):
        async with listening(*told.tellers) as shop:
            canary = await new_canary(shop)
            email, first = canary.texts[:2]
            for document in (
                f'{{ contact(by: {{ email: "{email}" }}) {{ firstName }} }}',
                f'{{ contacts(where: {{ email: {{ eq: "{email}" }} }}, search: "{first}") {{ nodes {{ email }} }} }}',
                f'{{ contacts(where: {{ emial: {{ eq: "{email}" }} }}) {{ nodes {{ email }} }} }}',
                f'{{ customDataRecords(definition: "{email}") {{ nodes {{ id }} }} }}',
                f'mutation {{ custom {{ saveCard(records: [{{ holder: "{first}", tier: """{email}""" }}]) {{'
                " results { errors { message } } } } }",
                f'{{ renderTemplates(template: "{{var={email}}}", contacts: [{{ email: "{email}" }}]) {{ text }} }}',
                f'{{ contact(by: {{ email: "{email}" }}) {{ {first} }} }}',
                f'{{ shop {{ name }} }} # "{email}"',
                f'{{ "{email}" }}',
            ):
                await shop.post(document, {"unused": email})
            await shop.save("note", {"contact_id": {"by": "email", "value": f"not.{email}"}, email: first})
            await import_text(shop, f"contact_id.email,text\n{email},{first}\nnot.{email},{first}\n", "note")
            await erase(shop, {"email": email}, dryRun=True)
            assert (await erase(shop, {"email": email}))["userErrors"] == []
            await shop.post("{ shop { name } }", {"unused": email}, {"x-request-id": email, "traceparent": email})
    async with asyncio.timeout(PATIENCE):
        while '"plan":' not in told.stream.getvalue():  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    assert canary.found_in({"logged": [caplog.text], **told.texts()}) == {}


async def test_nor_does_the_databases_own_log(shop: ShopClient, admin_url: str) -> None:
    """Though it tells of what it has refused, such as a key that is an address and is there already."""
    canary = await new_canary(shop)
    await shop.define("Member", {"email": "STRING"}, uniqueKeys=["email"])
    await shop.save("member", {"email": canary.email})
    other = await shop.save_one("member", {"email": "other@example.com"})
    changed = {"id": str(other), "data": {"email": canary.email}}
    refused = await shop.run("updateCustomDataRecord", "userErrors { code }", **changed)
    assert refused["userErrors"] == [{"code": "DUPLICATE_KEY"}]
    await erase(shop, {"email": canary.email})
    async with connected(admin_url) as connection:
        log = await connection.fetchval("select pg_read_file(current_setting('data_directory') || '.log')")
    assert 'violates unique constraint "records_unique_key"' in log
    assert canary.found_in({"log": [log]}) == {}
