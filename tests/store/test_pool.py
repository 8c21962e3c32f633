"""What is taken and given back: in order, never broken, never in another's transaction, and none is lost."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import asyncpg
import pytest

from app.store.administration import connected
from app.store.pool import Connection, Pool
from tests.limits.edge import PATIENCE

SIZE = 2


@pytest.fixture
async def pool(gateway_url: str) -> AsyncIterator[Pool]:
    """At the end all of it must be idle and usable."""
    made = Pool(lambda: asyncpg.connect(gateway_url), SIZE)
    yield made
    held = [await made.take(PATIENCE) for _ in range(SIZE)]
    for connection in held:
        assert await connection.fetchval("select 1") == 1
        made.give(connection)
    assert made.idle == made.size == SIZE
    await made.close()


async def ticks(count: int = 3) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


async def ended_by_the_server(admin_url: str, connection: Connection) -> None:
    ended = asyncio.Event()
    connection.add_termination_listener(lambda _: ended.set())
    async with connected(admin_url) as admin:
        await admin.execute("select pg_terminate_backend($1)", connection.get_server_pid())
    await ended.wait()


async def test_connections_are_made_when_they_are_wanted_and_the_last_given_is_the_first_taken(pool: Pool) -> None:
    assert pool.size == 0
    first = await pool.take()
    pool.give(first)
    assert await pool.take() is first
    second = await pool.take()
    pool.give(first)
    pool.give(second)
    assert await pool.take() is second
    pool.give(second)
    assert pool.size == 2


async def test_who_waits_longest_is_next(pool: Pool) -> None:
    held = [await pool.take() for _ in range(SIZE)]
    waiting = [asyncio.create_task(pool.take()) for _ in range(SIZE)]
    await ticks()
    for connection in held:
        pool.give(connection)
    assert await asyncio.gather(*waiting) == held
    for connection in held:
        pool.give(connection)


async def test_waiting_has_an_end(pool: Pool) -> None:
    held = [await pool.take() for _ in range(SIZE)]
    with pytest.raises(TimeoutError):
        await pool.take(0.01)
    for connection in held:
        pool.give(connection)


@pytest.mark.parametrize("after", ["before anything comes free", "when it was just given one"])
async def test_who_stops_waiting_takes_nothing_along(pool: Pool, after: str) -> None:
    held = [await pool.take() for _ in range(SIZE)]
    waiting = asyncio.create_task(pool.take())
    await ticks()
    if after == "when it was just given one":
        pool.give(held.pop())
    waiting.cancel()
    for connection in held:
        pool.give(connection)
    with pytest.raises(asyncio.CancelledError):
        await waiting


async def test_an_idle_connection_that_broke_is_not_handed_out(pool: Pool, admin_url: str) -> None:
    broken = await pool.take()
    pool.give(broken)
    await ended_by_the_server(admin_url, broken)
    fresh = await pool.take()
    assert fresh is not broken
    assert await fresh.fetchval("select 1") == 1
    pool.give(fresh)


async def test_the_room_of_one_that_broke_in_use_goes_to_whoever_waits(pool: Pool, admin_url: str) -> None:
    held = [await pool.take() for _ in range(SIZE)]
    waiting = asyncio.create_task(pool.take(PATIENCE))
    await ended_by_the_server(admin_url, held[0])
    pool.give(held[0])
    fresh = await waiting
    assert fresh not in held
    for connection in (fresh, held[1]):
        pool.give(connection)


async def test_a_connection_that_could_not_be_made_leaves_its_room(gateway_url: str) -> None:
    refusals = [OSError(), OSError(), OSError()]

    async def connect() -> Connection:
        await asyncio.sleep(0.01)
        if refusals:
            raise refusals.pop()
        connection: Connection = await asyncpg.connect(gateway_url)
        return connection

    pool = Pool(connect, 1)
    answers = await asyncio.gather(*(pool.take() for _ in range(3)), return_exceptions=True)
    assert [type(answer) for answer in answers] == [OSError] * 3
    pool.give(await pool.take())
    assert pool.size == 1
    await pool.close()


async def test_whoever_acquires_is_in_no_transaction_and_leaves_none(pool: Pool) -> None:
    lingering = await pool.take()
    await lingering.execute("begin read only; set local app.shop_id = '1'")
    pool.give(lingering)
    async with pool.acquire() as connection:
        assert connection is lingering
        assert not connection.is_in_transaction()
        assert await connection.fetchval("select current_setting('app.shop_id')") == ""
        await connection.execute("begin")
    assert lingering.is_closed()


async def test_a_transaction_left_open_is_ended_when_nobody_comes(pool: Pool, admin_url: str) -> None:
    """So nothing waits for an idle reader for long: not a change of the tables, not a vacuum."""
    held = [await pool.take() for _ in range(SIZE)]
    for connection in held:
        await connection.execute("begin isolation level repeatable read read only; select from products")
        pool.give(connection)
    async with connected(admin_url) as admin, admin.transaction():
        await admin.execute(f"set local lock_timeout = '{PATIENCE}s'; lock table products in access exclusive mode")
    assert pool.idle == pool.size == SIZE


async def test_closing_waits_for_what_is_used_and_nothing_can_be_taken_then(gateway_url: str) -> None:
    pool = Pool(lambda: asyncpg.connect(gateway_url), SIZE)
    used, lingering = await pool.take(), await pool.take()
    await lingering.execute("begin read only")
    pool.give(lingering)
    closing = asyncio.create_task(pool.close())
    await ticks()
    with pytest.raises(asyncpg.InterfaceError, match="closed"):
        await pool.take()
    assert await used.fetchval("select 1") == 1
    assert not closing.done()
    pool.give(used)
    await closing
    assert used.is_closed()
    assert lingering.is_closed()
    assert pool.size == 0


async def test_terminating_ends_what_is_used(gateway_url: str) -> None:
    pool = Pool(lambda: asyncpg.connect(gateway_url), SIZE)
    used = await pool.take()
    asking = asyncio.create_task(used.fetchval("select pg_sleep(60)"))
    await asyncio.sleep(0.01)
    pool.terminate()
    with suppress(asyncpg.PostgresError, asyncpg.InterfaceError):
        await asking
    pool.give(used)
    assert used.is_closed()
    assert pool.size == 0


async def test_who_is_to_be_first_goes_before_all_others_that_wait(gateway_url: str) -> None:
    pool = Pool(lambda: asyncpg.connect(gateway_url), 1)
    held = await pool.take()
    order: list[str] = []

    async def wait(name: str, *, first: bool) -> None:
        connection = await pool.take(PATIENCE, first=first)
        order.append(name)
        pool.give(connection)

    async with asyncio.TaskGroup() as group:
        for name in ("a", "b"):
            group.create_task(wait(name, first=False))
        await asyncio.sleep(0)
        group.create_task(wait("probe", first=True))
        await asyncio.sleep(0)
        pool.give(held)
    await pool.close()
    assert order == ["probe", "a", "b"]
