"""A pgbouncer before a database of its own, and two gateways behind it as processes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass

import httpx
import pytest

from app.store.database import Database
from app.store.migrate import migrate
from app.store.roles import GATEWAY_ROLE
from tests.processes import PATIENCE, serving
from tests.scale.pooler.pgbouncer import pgbouncer
from tests.shops import ShopClient, new_shop
from tests.store.scratch import as_login, scratch_database


@dataclass(frozen=True)
class Pooled:
    """The URLs past the pooler and through it, and two gateways that a shop is asked through."""

    admin: str
    direct: str
    url: str
    database: Database
    first: httpx.AsyncClient
    second: httpx.AsyncClient

    async def shop(self, through: httpx.AsyncClient | None = None) -> ShopClient:
        return await new_shop(self.database, through or self.first, self.admin)


@pytest.fixture(scope="module")
async def pooled(admin_url: str) -> AsyncIterator[Pooled]:
    async with AsyncExitStack() as stack:
        admin = await stack.enter_async_context(scratch_database(admin_url))
        await migrate(admin)
        direct = as_login(admin, GATEWAY_ROLE)
        url = stack.enter_context(pgbouncer(direct))
        settings = {"DATABASE_URL": url, "DATABASE_DIRECT_URL": direct, "DATABASE_ADMIN_URL": admin}
        gateways = [serving(**settings) for _ in range(2)]
        served = await asyncio.gather(*(asyncio.to_thread(stack.enter_context, each) for each in gateways))
        database = await Database.connect(direct, size=2)
        stack.push_async_callback(database.close)
        first, second = [
            await stack.enter_async_context(httpx.AsyncClient(base_url=each.url, timeout=PATIENCE)) for each in served
        ]
        yield Pooled(admin, direct, url, database, first, second)
