"""A gateway of a test's own, with bounds of its own, and a look at what it holds of the database."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from typing import Any

import asyncpg
import httpx
from starlette.applications import Starlette

from app.server.app import mount
from app.server.settings import Settings
from app.server.shared_rates import SharedRates
from app.store.administration import connected
from app.store.database import Database
from tests.shops import ShopClient

PATIENCE = 20  # seconds; a test that waits this long has failed
NEVER_MS = 3 * PATIENCE * 1000  # for time-outs that must not be what ends a wait


@asynccontextmanager
async def bounded(
    shop: ShopClient, database: Database | None = None, rates: SharedRates | None = None, **settings: Any
) -> AsyncIterator[ShopClient]:
    """The same shop behind another gateway with these settings."""
    app = Starlette()
    mount(app, database or shop.database, Settings.model_construct(**settings), rates=rates)
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
        yield replace(shop, http=client)


@asynccontextmanager
async def pool_of(gateway_url: str, size: int) -> AsyncIterator[Database]:
    """A pool of a test's own; at the end all of it must be usable."""
    database = await Database.connect(gateway_url, size=size, statement_timeout_ms=NEVER_MS)
    try:
        yield database
        await assert_whole(database, size)
    finally:
        await database.close()


async def assert_whole(database: Database, size: int) -> None:
    """Every connection can be had at once, is in no transaction and answers."""
    async with AsyncExitStack() as stack:
        for _ in range(size):
            connection = await stack.enter_async_context(database.pool.acquire(PATIENCE))
            assert not connection.is_in_transaction()
            assert await connection.fetchval("select nullif(current_setting('app.shop_id', true), '')") is None
    assert database.pool.idle == database.pool.size == size


class Lock:
    """Locks held by a connection of ours, and who waits for them."""

    def __init__(self, holder: "asyncpg.Connection[asyncpg.Record]", admin_url: str) -> None:
        self._holder = holder.get_server_pid()
        self._admin_url = admin_url

    async def until_waited_for(self, expected: bool = True) -> None:
        """Returns when a statement waits for the lock, or none does any more."""
        deadline = time.monotonic() + PATIENCE
        async with connected(self._admin_url) as admin:
            while await admin.fetchval(_WAITED_FOR, self._holder) is not expected:
                assert time.monotonic() < deadline, f"waited for: {not expected}"
                await asyncio.sleep(0.02)


@asynccontextmanager
async def locked(admin_url: str, sql: str, *args: Any) -> AsyncIterator[Lock]:
    """Holds the locks that the statement takes."""
    async with connected(admin_url) as connection, connection.transaction():
        await connection.execute(sql, *args)
        yield Lock(connection, admin_url)


_WAITED_FOR = "select exists (select from pg_stat_activity where $1 = any(pg_blocking_pids(pid)))"
