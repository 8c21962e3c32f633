"""Gateways that start at once on one empty database migrate it once, and all serve."""

import asyncio
from contextlib import ExitStack

import httpx
import pytest

from app.store.administration import connected
from tests.processes import CHECKOUT, PATIENCE, Gateway, serving
from tests.store.scratch import scratch_database

GATEWAYS = 3
MIGRATIONS = sorted(path.stem for path in (CHECKOUT / "db" / "migrations").glob("*.sql"))


@pytest.mark.parametrize("attempt", range(3))
async def test_an_empty_database_is_migrated_once(attempt: int, admin_url: str) -> None:
    del attempt
    async with scratch_database(admin_url) as url:
        with ExitStack() as stack:
            starts = (asyncio.to_thread(_started, stack, url) for _ in range(GATEWAYS))
            gateways = await asyncio.gather(*starts)
            async with connected(url) as admin:
                applied = await admin.fetch("select name from schema_migrations order by number")
            assert [row["name"] for row in applied] == MIGRATIONS
            for gateway in gateways:
                answer = await asyncio.to_thread(httpx.get, f"{gateway.url}/readyz", timeout=PATIENCE)
                assert answer.status_code == 200
            assert [await asyncio.to_thread(gateway.end) for gateway in gateways] == [0] * GATEWAYS


def _started(stack: ExitStack, url: str) -> Gateway:
    return stack.enter_context(serving(DATABASE_URL=url))
