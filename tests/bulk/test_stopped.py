"""Imports that were stopped from outside go on where they were, for some days."""

from typing import Any

import asyncpg
import pytest

from app.bulk import importing
from app.domain.limits import RESUME_DAYS
from app.operations.import_chunk import ImportStopped
from app.store.failures import Unavailable
from app.store.session import Session
from app.store.statements import Statement
from tests.bulk.files import every_record, import_text
from tests.shops import ShopClient

ROWS = "reason\n" + "".join(f"R{n}\n" for n in range(25))
_BACKEND = Statement("backend", "select pg_backend_pid() as pid where $1::bigint > 0")


@pytest.fixture
async def visits(shop: ShopClient, monkeypatch: pytest.MonkeyPatch) -> ShopClient:
    """In chunks of 10 rows, which have no unique key."""
    monkeypatch.setattr(importing, "ROWS_PER_CHUNK", 10)
    await shop.define("Visit", {"reason": "STRING"})
    return shop


async def _goes_on(shop: ShopClient) -> None:
    """Behind the first chunk; nothing is lost, and nothing there twice."""
    assert len(await every_record(shop, "visit")) == 10
    again = await import_text(shop, ROWS, "visit")
    assert (again.begun[0].tally.created, again.counts) == (10, (25, 0, 0, 0))
    found = await every_record(shop, "visit")
    assert sorted(each["data"]["reason"] for each in found) == sorted(ROWS.split()[1:])


async def test_a_lost_connection_undoes_its_chunk_alone(
    visits: ShopClient, admin_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lost when the rows of the second chunk are written, and not yet committed."""
    with monkeypatch.context() as patched:
        advance = importing.imports.advance

        async def cut_off(session: Session, before: Any, after: Any) -> bool:
            if before.tally.rows == 10:
                [row] = await session.fetch(_BACKEND)
                connection = await asyncpg.connect(admin_url)
                await connection.execute("select pg_terminate_backend($1)", row["pid"])
                await connection.close()
            return await advance(session, before, after)

        patched.setattr(importing.imports, "advance", cut_off)
        with pytest.raises(Unavailable):
            await import_text(visits, ROWS, "visit")
    await _goes_on(visits)


async def test_a_definition_that_is_deactivated_meanwhile_stops_it_until_it_is_active(
    visits: ShopClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        write, written = importing.import_chunk, 0

        async def deactivated_behind_the_first(*arguments: Any) -> Any:
            nonlocal written
            written += 1
            if written == 2:
                await visits.run("deactivateCustomDataDefinition", "userErrors { code }", definition="visit")
            return await write(*arguments)

        patched.setattr(importing, "import_chunk", deactivated_behind_the_first)
        with pytest.raises(ImportStopped, match="inactive"):
            await import_text(visits, ROWS, "visit")
    with pytest.raises(ImportStopped, match="inactive"):
        await import_text(visits, ROWS, "visit")
    await visits.run("activateCustomDataDefinition", "userErrors { code }", definition="visit")
    await _goes_on(visits)


@pytest.mark.parametrize(("days", "goes_on"), [(RESUME_DAYS - 1, True), (RESUME_DAYS + 1, False)])
async def test_an_import_is_gone_on_with_for_some_days(
    visits: ShopClient, admin_url: str, days: int, goes_on: bool
) -> None:
    assert (await import_text(visits, "".join(ROWS.splitlines(keepends=True)[:11]), "visit")).counts[0] == 10
    connection = await asyncpg.connect(admin_url)
    await connection.execute(
        "update imports set finished_at = null, started_at = now() - make_interval(days => $2) where shop_id = $1",
        visits.id, days,
    )  # fmt: skip
    await connection.close()
    begun = (await import_text(visits, ROWS, "visit")).begun[0]
    assert begun.tally.created == (10 if goes_on else 0)
