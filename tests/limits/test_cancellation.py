"""A session may be cancelled anywhere: no statement goes on, no connection is lost, none is given back in disorder."""

import asyncio
import gc
import random
import secrets
import time
from contextlib import suppress

import pytest
from aiodataloader import DataLoader

from app.domain.access import ALL_SCOPES, Viewer
from app.graphql.context import Context
from app.graphql.schema import schema
from app.store.database import Database
from app.store.failures import NoConnection
from app.store.session import Session
from app.store.shops import find_shop
from app.store.statements import Statement
from tests.limits.edge import PATIENCE, assert_whole, locked, pool_of
from tests.shops import ShopClient

NOTHING = Statement("test.nothing", "select $1::bigint as shop_id")
MARK = f"asleep in {secrets.token_hex(8)}"
SLEEP = Statement("test.sleep", f"select $1::bigint as shop_id, pg_sleep($2) -- {MARK}")
ASLEEP = "select count(*) from pg_stat_activity where state = 'active' and position($1 in query) > 0"
LOCK = "select from records where id = $1 for update"
WRITE = Statement("test.write", "update records set version = 99 where shop_id = $1")
SIZE = 3


async def until_asleep(database: Database, expected: int) -> None:
    """Returns when so many of our statements sleep in the database."""
    deadline = time.monotonic() + PATIENCE
    async with database.pool.acquire() as connection:
        while (count := await connection.fetchval(ASLEEP, MARK)) != expected:
            assert time.monotonic() < deadline, f"{count} asleep"
            await asyncio.sleep(0.01)


async def test_a_cancelled_statement_ends_at_once_and_its_connection_serves_again(
    shop: ShopClient, gateway_url: str
) -> None:
    async with pool_of(gateway_url, SIZE) as database:
        session = database.read_session(shop.id)
        asking = asyncio.create_task(session.fetch(SLEEP, 60))
        await until_asleep(database, 1)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        await session.close()
        await until_asleep(database, 0)


async def test_closing_ends_what_a_loader_still_asks(shop: ShopClient, gateway_url: str) -> None:
    """A loader asks in a task of its own: cancelling those who wait for the answer does not reach it."""
    async with pool_of(gateway_url, SIZE) as database:
        session = database.read_session(shop.id)

        async def many(keys: list[int]) -> list[int]:
            await session.fetch(SLEEP, 60)
            return keys

        first, second = DataLoader(many), DataLoader(many)  # the second one waits for the first one's statement
        waiting = [asyncio.ensure_future(each.load(1)) for each in (first, second)]
        await until_asleep(database, 1)
        for task in waiting:
            task.cancel()
        await asyncio.wait(waiting)
        await session.close()
        await until_asleep(database, 0)


async def test_a_cancelled_write_is_undone(shop: ShopClient, record: int, gateway_url: str) -> None:
    async with pool_of(gateway_url, SIZE) as database:

        async def write() -> None:
            async with database.writing(shop.id) as session:
                await session.fetch(WRITE)
                await session.fetch(SLEEP, 60)

        writing = asyncio.create_task(write())
        await until_asleep(database, 1)
        writing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await writing
        await until_asleep(database, 0)
        assert (await shop.ask("query($id: ID!) { customDataRecord(id: $id) { version } }", id=record)) == {
            "customDataRecord": {"version": 1}
        }


async def worked(database: Database, shop_id: int) -> None:
    """All that an operation does with its sessions."""
    async with database.reading(shop_id) as session:
        await asyncio.gather(*(session.fetch(NOTHING) for _ in range(3)))
    async with database.writing(shop_id) as session:
        await session.fetch(NOTHING)
        await session.run_many(NOTHING, [(), ()])


@pytest.mark.parametrize("seed", range(6))
async def test_cancelling_at_any_point_leaves_the_pool_whole(seed: int, shop: ShopClient, gateway_url: str) -> None:
    """Acquiring, beginning, asking, committing, giving back; with more operations than connections."""
    chance = random.Random(seed)
    async with pool_of(gateway_url, SIZE) as database:
        await worked(database, shop.id)

        async def cancelled_somewhere() -> None:
            task = asyncio.create_task(worked(database, shop.id))
            for _ in range(chance.randrange(60)):
                await asyncio.sleep(0)
            if chance.random() < 0.5:
                await asyncio.sleep(chance.random() * 0.004)
            task.cancel()
            if chance.random() < 0.3:  # and again, while it cleans up
                await asyncio.sleep(0)
                task.cancel()
            with suppress(asyncio.CancelledError, NoConnection):
                await task

        for _ in range(6):
            await asyncio.gather(*(cancelled_somewhere() for _ in range(8)))
            await assert_whole(database, SIZE)


# graphql-core, cancelled, leaves resolvers' coroutines that it never awaited
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
async def test_cancelling_whole_operations_leaves_the_pool_whole(shop: ShopClient, gateway_url: str) -> None:
    """The same through GraphQL, with its tasks and loaders."""
    document = (
        "{ contacts { nodes { customers { source } customDataDefinitions { key } } } products { totalCount { count } } "
        '  customDataDefinitions { key } contact(by: {email: "dubois@example.com"}) { id } }'
    )
    await shop.contact("dubois@example.com")
    chance = random.Random(7)
    async with pool_of(gateway_url, SIZE) as database:
        async with database.reading(shop.id) as session:
            row = await find_shop(session)
        assert row is not None

        async def operation() -> None:
            context = Context(database, row, Viewer(ALL_SCOPES, api_key_id=1))
            try:
                await schema.execute(document, context_value=context)
            finally:
                await context.close()

        async def cancelled_somewhere() -> None:
            task = asyncio.create_task(operation())
            await asyncio.sleep(chance.random() * 0.02)
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

        for _ in range(10):
            await asyncio.gather(*(cancelled_somewhere() for _ in range(SIZE)))
            await assert_whole(database, SIZE)
    gc.collect()


async def test_after_a_close_nothing_begins(shop: ShopClient, gateway_url: str) -> None:
    """A task that was waiting for a connection when its session closed gives it back."""
    async with pool_of(gateway_url, 1) as database:
        session: Session = database.read_session(shop.id)
        async with database.pool.acquire():
            asking = asyncio.create_task(session.fetch(NOTHING))
            await asyncio.sleep(0.01)
            await session.close()
        with suppress(asyncio.CancelledError):
            await asking
        with pytest.raises(RuntimeError, match="closed"):
            await session.fetch(NOTHING)


async def test_a_session_that_got_no_connection_does_not_wait_again(shop: ShopClient, gateway_url: str) -> None:
    async with pool_of(gateway_url, 1) as database:
        session = database.read_session(shop.id)
        async with database.pool.acquire():
            answers = await asyncio.gather(*(session.fetch(NOTHING) for _ in range(20)), return_exceptions=True)
        assert {type(answer) for answer in answers} == {NoConnection}
        with pytest.raises(NoConnection):
            await session.fetch(NOTHING)
        await session.close()


async def test_a_cancelled_write_stops_waiting_for_its_lock(
    shop: ShopClient, record: int, gateway_url: str, admin_url: str
) -> None:
    async def write(database: Database) -> None:
        async with database.writing(shop.id) as session:
            await session.fetch(WRITE)

    async with pool_of(gateway_url, SIZE) as database, locked(admin_url, LOCK, record) as lock:
        writing = asyncio.create_task(write(database))
        await lock.until_waited_for()
        writing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await writing
        await lock.until_waited_for(False)
