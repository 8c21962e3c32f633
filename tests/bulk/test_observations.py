"""What is told of files in and out: as of other operations."""

import io
import json
import logging

import httpx
import pytest
from starlette.applications import Starlette

from app.server import bulk
from app.server.app import mount
from app.server.settings import Settings
from app.server.slow_operations import SlowOperations
from app.store.database import Database
from app.telemetry import lines
from app.telemetry.observation import Observation
from app.telemetry.telemetry import Telemetry
from tests.bulk.test_http import PRICES, post
from tests.bulk.uploads import imported, posted
from tests.shops import VetShop
from tests.telemetry.conftest import Listening, listening
from tests.telemetry.test_lines import CANARY

__all__ = ["listening"]

_ROWS = b"veto_id.nom,product_id,price\nDr Martin,diet,60\nDr Nobody,diet,1\nDr Durand,diet,71\n"


async def test_an_import_and_an_export_are_observed(vets: VetShop, listening: Listening) -> None:
    seen: list[Observation] = []
    async with listening(seen.append) as shop:
        answer = await post(shop, PRICES, _ROWS, **{"x-request-id": "file-17"})
        exported = await shop.http.get(PRICES, headers={"spm-api-key": shop.key})
    first, second = seen
    assert answer.headers["x-request-id"] == first.request_id == "file-17"
    assert exported.headers["x-request-id"] == second.request_id
    assert [(each.kind, each.name, each.status, each.shop_id, each.codes) for each in seen] == [
        ("bulk", "import", 200, vets.shop.id, ()), ("bulk", "export", 200, vets.shop.id, ()),
    ]  # fmt: skip
    assert dict(first.items) == {
        ("import", "UPDATED"): 1, ("import", "UNCHANGED"): 1, ("import", "REJECTED"): 1,
    }  # fmt: skip
    assert first.definitions == second.definitions == {"vet_pricing"}
    assert first.statement_count > 3
    assert "records.page_forward" in [each.query.name for each in second.statements]


async def test_rows_are_counted_once_when_a_file_goes_on(
    vets: VetShop, listening: Listening, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "ROWS", 2)
    rows = "".join(f"{vets.martin},diet,{n}\n" for n in range(1, 5)).encode()
    seen: list[Observation] = []
    async with listening(seen.append) as shop:
        await post(shop, PRICES, b"veto_id,product_id,price\n" + rows + b"\xff,,\n")
        await post(shop, PRICES, b"veto_id,product_id,price\n" + rows)
        await post(shop, PRICES + "&dryRun=true", b"veto_id,product_id,price\n" + rows)
    assert sum(number for each in seen for number in each.items.values()) == 4
    assert [(each.status, each.codes) for each in seen] == [(200, ("BAD_REQUEST",)), (200, ()), (200, ())]


@pytest.mark.parametrize(
    ("path", "headers", "status", "code"),
    [
        (PRICES, {"spm-api-key": "cdg_1_x"}, 401, "UNAUTHENTICATED"),
        (PRICES, {"content-type": "text/plain"}, 415, "UNSUPPORTED_MEDIA_TYPE"),
        ("/bulk/orders", {}, 404, "NOT_FOUND"),
        ("/bulk/records", {}, 400, "BAD_REQUEST"),
    ],
)
@pytest.mark.usefixtures("vets")
async def test_a_refusal_has_its_line_and_its_id(
    listening: Listening, path: str, headers: dict[str, str], status: int, code: str
) -> None:
    stream = io.StringIO()
    written = lines.Lines(stream, lines.as_json)
    async with listening(lines.OperationLines(written)) as shop:
        response = await shop.http.post(
            path, content=b"price\n1\n", headers={"spm-api-key": shop.key, "content-type": "text/csv"} | headers
        )
    written.flush()
    told = json.loads(stream.getvalue())
    assert response.status_code == told["status"] == status
    assert response.headers["x-request-id"] == told["request"]
    assert (told["type"], told["name"], told["codes"]) == ("bulk", "import", [code])


async def test_a_body_beyond_the_bound_has_its_line(vets: VetShop) -> None:
    seen: list[Observation] = []
    app = Starlette()
    mount(app, vets.shop.database, Settings.model_construct(max_bulk_bytes=1_000), Telemetry([seen.append]))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://gateway") as client:
        headers = {"spm-api-key": vets.shop.key, "content-type": "text/csv"}
        response = await client.post(PRICES, content="price\n" * 200, headers=headers)
    assert (seen[0].status, seen[0].codes) == (413, ("PAYLOAD_TOO_LARGE",))
    assert response.headers["x-request-id"] == seen[0].request_id


async def test_an_uploaded_file_is_observed_alike(vets: VetShop, database: Database, listening: Listening) -> None:
    seen: list[Observation] = []
    stream = io.StringIO()
    written = lines.Lines(stream, lines.as_json)
    async with listening(seen.append, SlowOperations(written, database, 0.0)) as shop:
        for dry in (True, False):
            await imported(shop, _ROWS, definition="vet_pricing", dryRun=dry)
        await posted(shop, b"--b--")
    written.flush()
    assert stream.getvalue() == ""
    assert [(each.kind, each.name, each.status, each.shop_id, each.codes) for each in seen] == [
        ("bulk", "import", 200, vets.shop.id, ()), ("bulk", "import", 200, vets.shop.id, ()),
        ("bulk", "import", 400, vets.shop.id, ("BAD_REQUEST",)),
    ]  # fmt: skip
    assert (dict(seen[0].items), dict(seen[1].items)) == ({}, {
        ("importRecords", "UPDATED"): 1, ("importRecords", "UNCHANGED"): 1, ("importRecords", "REJECTED"): 1,
    })  # fmt: skip
    assert seen[1].definitions == {"vet_pricing"}
    assert 1_000 < seen[1].cost < 1_200


@pytest.mark.usefixtures("vets")
async def test_what_was_not_expected_is_logged_under_the_requests_id(
    listening: Listening, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> None:
        raise ValueError(CANARY)

    monkeypatch.setattr(bulk, "run", broken)
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(lines.Formatter(lines.as_json))
    logging.getLogger().addHandler(handler)
    try:
        async with listening() as shop:
            response = await post(shop, PRICES, _ROWS, **{"x-request-id": "file-18"})
    finally:
        logging.getLogger().removeHandler(handler)
    assert response.status_code == 500
    assert json.loads(stream.getvalue())["request"] == "file-18"
    assert CANARY not in stream.getvalue() + response.text


@pytest.mark.usefixtures("vets")
async def test_a_file_is_not_called_slow(database: Database, listening: Listening) -> None:
    """It lasts as long as it is."""
    stream = io.StringIO()
    written = lines.Lines(stream, lines.as_json)
    async with listening(SlowOperations(written, database, 0.0)) as shop:
        await post(shop, PRICES, _ROWS)
    written.flush()
    assert stream.getvalue() == ""
