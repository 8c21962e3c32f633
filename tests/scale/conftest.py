"""Two gateways that share nothing but the database, and a replica of it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace

import asyncpg
import httpx
import pytest
from starlette.applications import Starlette

from app.server.app import mount
from app.store.database import Database
from app.store.embedded import EmbeddedUrls
from tests.processes import PATIENCE
from tests.scale.standby import Standby, primary_and_standby
from tests.shops import ShopClient, new_shop


@pytest.fixture(scope="module")
def servers() -> Iterator[tuple[EmbeddedUrls, Standby]]:
    """A server of its own, whose replica may be paused and stopped."""
    with primary_and_standby() as both:
        yield both


@pytest.fixture
def expendable() -> Iterator[tuple[EmbeddedUrls, Standby]]:
    """Servers of one test."""
    with primary_and_standby() as both:
        yield both


@asynccontextmanager
async def gateway(url: str, **settings: object) -> AsyncIterator[tuple[Database, httpx.AsyncClient]]:
    """One more gateway over the database."""
    database = await Database.connect(url, size=8, **settings)  # type: ignore[arg-type]
    app = Starlette()
    mount(app, database)
    database.wakes.start()
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://gateway") as client:
        try:
            yield database, client
        finally:
            await database.close()


class Pair:
    """One shop as it is asked through gateway A (`first`) and through gateway B (`second`)."""

    def __init__(self, first: ShopClient, second: ShopClient, standby: Standby, admin: "Admin", url: str) -> None:
        self.first = first
        self.second = second
        self.standby = standby
        self.admin = admin
        self.primary_url = url

    @property
    def from_replica(self) -> int:
        """How many snapshots gateway B has had from the replica."""
        replicas = self.second.database.replicas
        assert replicas is not None
        return sum(each.begun for each in replicas.all)

    async def caught_up(self) -> None:
        """Returns when the replica has replayed what the primary has written until now."""
        target = await self.admin.primary("select pg_current_wal_insert_lsn()")
        await until(lambda: self.admin.replica("select pg_last_wal_replay_lsn() >= $1", target))
        await asyncio.sleep(0.03)  # the pause after it was found behind


class Admin:
    """Asks the two servers as their superuser."""

    def __init__(self, primary: str, replica: str) -> None:
        self._primary, self._replica = primary, replica

    async def primary(self, sql: str, *args: object) -> object:
        return await _asked(self._primary, sql, *args)

    async def replica(self, sql: str, *args: object) -> object:
        return await _asked(self._replica, sql, *args)


async def until(holds: Callable[[], Awaitable[object]]) -> None:
    """Returns when it holds; a test that never sees that fails."""
    async with asyncio.timeout(PATIENCE):
        while True:
            if await holds():
                return
            await asyncio.sleep(0.01)


@asynccontextmanager
async def paused(pair: Pair) -> AsyncIterator[None]:
    """The replica replays nothing meanwhile."""
    await pair.admin.replica("select pg_wal_replay_pause()")
    await until(lambda: pair.admin.replica("select pg_get_wal_replay_pause_state() = 'paused'"))
    try:
        yield
    finally:
        await pair.admin.replica("select pg_wal_replay_resume()")


async def _asked(url: str, sql: str, *args: object) -> object:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(sql, *args)
    finally:
        await connection.close()


@pytest.fixture
async def pair(servers: tuple[EmbeddedUrls, Standby]) -> AsyncIterator[Pair]:
    """A new shop through both, with the replica in order and caught up."""
    urls, standby = servers
    async with AsyncExitStack() as stack:
        url, replicas = urls.gateway, [standby.urls.gateway]
        first, http = await stack.enter_async_context(gateway(url, replica_urls=replicas))
        second, other_http = await stack.enter_async_context(gateway(url, replica_urls=replicas))
        shop = await new_shop(first, http, urls.admin)
        admin = Admin(urls.admin, standby.urls.admin)
        made = Pair(shop, replace(shop, database=second, http=other_http), standby, admin, url)
        await made.caught_up()
        yield made
