"""A database that does not answer: nobody waits for ever, nothing is kept that leads nowhere."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from app.store import wakes
from app.store.database import Database
from app.store.failures import TimedOut, Unavailable
from app.store.shops import find_shop
from tests.faults.proxy import Proxy, proxied
from tests.limits.edge import PATIENCE
from tests.shops import ShopClient

SIZE = 3


@asynccontextmanager
async def reached(proxy: Proxy, gateway_url: str) -> AsyncIterator[Database]:
    """The run's database through the proxy; the server keeps a tenth of a second for a statement."""
    database = await Database.connect(proxy.url(gateway_url), size=SIZE, statement_timeout_ms=100)
    try:
        yield database
    finally:
        await database.close()


@pytest.fixture
async def proxy(admin_url: str) -> AsyncIterator[Proxy]:
    async with proxied(admin_url) as proxy:
        yield proxy


@pytest.fixture
async def behind(proxy: Proxy, gateway_url: str) -> AsyncIterator[Database]:
    async with reached(proxy, gateway_url) as database:
        yield database


async def answers(database: Database, shop: ShopClient) -> bool:
    async with database.reading(shop.id) as session:
        return await find_shop(session) is not None


async def fill(database: Database) -> None:
    """As many connections as there may be, all idle."""
    held = [await database.pool.take(PATIENCE) for _ in range(SIZE)]
    for connection in held:
        database.pool.give(connection)


async def test_a_statement_without_an_answer_ends_its_connection_and_the_idle_ones(
    proxy: Proxy, behind: Database, shop: ShopClient
) -> None:
    await fill(behind)
    proxy.lose()
    with pytest.raises(TimedOut):
        await answers(behind, shop)
    assert behind.pool.size == 0
    assert await answers(behind, shop)


async def test_a_statement_in_the_midst_of_a_session_too(proxy: Proxy, behind: Database, shop: ShopClient) -> None:
    async def ask() -> None:
        async with behind.reading(shop.id) as session:
            await find_shop(session)
            proxy.lose()
            await find_shop(session)

    await fill(behind)
    with pytest.raises(TimedOut):
        await ask()
    assert behind.pool.size == 0


async def test_a_commit_without_an_answer_is_not_acknowledged(proxy: Proxy, behind: Database, shop: ShopClient) -> None:
    async def write() -> None:
        async with behind.writing(shop.id) as session:
            await find_shop(session)
            proxy.lose()

    with pytest.raises(TimedOut):
        await write()
    assert behind.pool.size == 0


async def test_what_went_wrong_first_is_told_though_undoing_it_fails(
    proxy: Proxy, behind: Database, shop: ShopClient
) -> None:
    async def fail() -> None:
        async with behind.writing(shop.id) as session:
            await find_shop(session)
            proxy.lose()
            raise LookupError

    with pytest.raises(LookupError):
        await fail()


async def test_a_cancelled_statement_is_not_waited_for(proxy: Proxy, behind: Database, shop: ShopClient) -> None:
    async def ask() -> None:
        async with behind.writing(shop.id) as session:
            await find_shop(session)
            proxy.silence()
            asking.set()
            await find_shop(session)

    asking = asyncio.Event()
    task = asyncio.create_task(ask())
    await asking.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(task, PATIENCE)
    assert behind.pool.size == 0


async def test_a_ping_without_an_answer_leaves_no_connection(proxy: Proxy, behind: Database) -> None:
    await fill(behind)
    proxy.silence()
    with pytest.raises(TimedOut):
        await behind.ping()
    assert behind.pool.size == 0
    proxy.speak()
    await behind.ping()


async def test_closing_does_not_wait_for_answers(proxy: Proxy, gateway_url: str) -> None:
    async with reached(proxy, gateway_url) as database:
        await fill(database)
        proxy.silence()
        await asyncio.wait_for(database.close(), PATIENCE)
        assert database.pool.size == 0


async def test_whoever_listens_notices(proxy: Proxy, behind: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wakes, "_SILENCE_SECONDS", 0.1)

    async def until(listens: bool) -> None:
        deadline = time.monotonic() + PATIENCE
        while behind.wakes.listens is not listens:
            assert time.monotonic() < deadline
            await asyncio.sleep(0.01)

    behind.wakes.start()
    await until(True)
    proxy.lose()
    await until(False)
    await until(True)


async def test_who_starts_in_an_outage_waits_for_its_end(proxy: Proxy, gateway_url: str) -> None:
    proxy.cut()
    url = proxy.url(gateway_url)
    with pytest.raises(Unavailable):
        await Database.connect(url, size=1)
    starting = asyncio.create_task(Database.connect_in_time(url, size=1))
    await asyncio.wait([starting], timeout=0.2)
    assert not starting.done()
    proxy.mend()
    database = await asyncio.wait_for(starting, PATIENCE)
    await database.ping()
    await database.close()


async def test_a_server_frees_what_a_vanished_gateway_held(behind: Database) -> None:
    async with behind.pool.acquire() as connection:
        names = ("idle_in_transaction_session_timeout", "tcp_keepalives_idle", "statement_timeout")
        told = [await connection.fetchval("select current_setting($1)", name) for name in names]
    assert told == ["30s", "0", "100ms"]  # over a socket of the system there is nothing to keep alive
