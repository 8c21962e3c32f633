"""A gateway of a test's own, with bounds of its own, and a look at what it holds of the database."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import asyncpg
import httpx
from starlette.applications import Starlette

from app.server.app import mount
from app.server.settings import Settings
from app.store.administration import connected
from app.store.database import Database
from tests.shops import ShopClient

PATIENCE = 20  # seconds; a test that waits this long has failed


@asynccontextmanager
async def bounded(shop: ShopClient, database: Database | None = None, **settings: Any) -> AsyncIterator[ShopClient]:
    """The same shop behind another gateway with these settings."""
    app = Starlette()
    mount(app, database or shop.database, Settings.model_construct(**settings))
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
        yield replace(shop, http=client)


@asynccontextmanager
async def pool_of(gateway_url: str, size: int) -> AsyncIterator[Database]:
    """A pool of a test's own; at the end all of it must be usable."""
    database = await Database.connect(gateway_url, size=size)
    try:
        yield database
        await assert_whole(database, size)
    finally:
        await database.close()


async def assert_whole(database: Database, size: int) -> None:
    """Every connection can be had at once, is in no transaction and answers."""
    held = await asyncio.gather(*(database.pool.acquire(timeout=PATIENCE) for _ in range(size)))
    try:
        for connection in held:
            assert not connection.is_in_transaction()
            assert await connection.fetchval("select nullif(current_setting('app.shop_id', true), '')") is None
    finally:
        for connection in held:
            await database.pool.release(connection)


@asynccontextmanager
async def locked(admin_url: str, sql: str, *args: Any) -> AsyncIterator[None]:
    """Holds the locks that the statement takes."""
    async with connected(admin_url) as connection, connection.transaction():
        await connection.execute(sql, *args)
        yield


async def running(admin_url: str, marker: str) -> list[int]:
    """The server processes that run a statement with this text."""
    async with connected(admin_url) as connection:
        return await processes(connection, marker)


async def processes(connection: "asyncpg.Connection[asyncpg.Record]", marker: str) -> list[int]:
    rows = await connection.fetch(
        "select pid from pg_stat_activity where state = 'active' and application_name = 'custom-data'"
        " and datname = current_database() and position($1 in query) > 0 and pid <> pg_backend_pid()",
        marker,
    )
    return [row["pid"] for row in rows]


async def until_running(admin_url: str, marker: str, expected: bool = True) -> None:
    """Returns when such a statement runs, or none does any more."""
    deadline = time.monotonic() + PATIENCE
    async with connected(admin_url) as connection:
        while bool(await processes(connection, marker)) is not expected:
            assert time.monotonic() < deadline, f"{marker!r} running: {not expected}"
            await asyncio.sleep(0.02)
