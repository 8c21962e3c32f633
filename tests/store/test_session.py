"""What a session costs beside its statements, and what it leaves to the next one."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest

from app.store.administration import connected
from app.store.ahead import Ahead
from app.store.database import Database
from app.store.failures import Retryable, TimedOut, Unavailable, translation
from app.store.session import Session
from app.store.statements import Statement
from tests.shops import ShopClient

WHO = Statement("test.who", "select current_setting('app.shop_id')::bigint as shop_id, $1::bigint as asked")
MODEL = ["definitions.model_version", "definitions.all", "overrides.all", "segments.all", "definitions.model_version"]


@pytest.fixture
async def narrow(gateway_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Database]:
    """One connection, so that whoever comes next gets the one that was given back, as it was given back."""
    monkeypatch.setattr("app.store.pool._LINGERING_SECONDS", 1000)
    opened = await Database.connect(gateway_url, size=1, statement_timeout_ms=300)
    yield opened
    await opened.close()


@pytest.fixture
async def sent(narrow: Database, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[list[str]]:
    """Every round trip of the one connection, by its text; what is sent ahead of a statement is part of its."""
    texts: list[str] = []

    def sent_ahead(connection: object, commands: str) -> Ahead:
        texts.append(f"{commands} +")
        return Ahead(connection, commands)

    monkeypatch.setattr("app.store.session.Ahead", sent_ahead)
    connection = await narrow.pool.take()
    with connection.query_logger(lambda query: texts.append(query.query)):
        narrow.pool.give(connection)
        yield texts


async def lingering(database: Database) -> bool:
    connection = await database.pool.take()
    try:
        return connection.is_in_transaction()
    finally:
        database.pool.give(connection)


async def test_a_session_ends_the_one_before_in_the_round_trip_that_begins_it(
    narrow: Database, sent: list[str], shop: ShopClient, other_shop: ShopClient
) -> None:
    for each in (shop, other_shop):
        async with narrow.reading(each.id) as session:
            assert tuple((await session.fetch(WHO))[0]) == (each.id, each.id)
        await asyncio.sleep(0)  # the driver tells of a statement a moment later
    async with narrow.writing(shop.id) as session:
        await session.fetch(WHO)
    await asyncio.sleep(0)
    snapshot = "begin isolation level repeatable read read only; set local app.shop_id"
    assert sent == [
        f"{snapshot} = '{shop.id}' +", WHO.sql,
        f"commit; {snapshot} = '{other_shop.id}' +", WHO.sql,
        f"commit; begin; set local app.shop_id = '{shop.id}'", WHO.sql, "commit",
    ]  # fmt: skip


async def test_a_write_is_committed_at_once(narrow: Database, shop: ShopClient) -> None:
    async with narrow.writing(shop.id) as session:
        await session.fetch(WHO)
    assert not await lingering(narrow)


async def test_a_session_in_which_something_failed_leaves_no_transaction(narrow: Database, shop: ShopClient) -> None:
    session = narrow.read_session(shop.id)
    with pytest.raises(TimedOut):
        await session.fetch(Statement("test.slow", "select pg_sleep(5) where $1::bigint is not null"))
    await session.close()
    assert not await lingering(narrow)


async def test_a_session_that_asked_nothing_takes_nothing(narrow: Database, shop: ShopClient) -> None:
    connection = await narrow.pool.take()
    await narrow.read_session(shop.id).close()
    narrow.pool.give(connection)


async def test_a_model_is_used_as_soon_as_and_as_long_as_it_is_the_snapshots(
    narrow: Database, sent: list[str], shop: ShopClient
) -> None:
    """The shop's definitions are changed by another worker; ours hears nothing of it."""
    seen: list[str] = []
    narrow.observers.append(lambda _, statement: seen.append(statement.name))

    async def used() -> tuple[int, list[str]]:
        seen.clear()
        session = narrow.read_session(shop.id)
        model = await narrow.models.current(session)
        await session.close()
        return model.version, list(seen)

    assert await used() == (1, MODEL)
    await asyncio.sleep(0)
    sent.clear()
    assert await used() == (1, ["definitions.model_known"])
    await asyncio.sleep(0)
    assert len(sent) == 1  # the beginning, and nothing else
    await shop.define("Thing", {"name": "STRING"})
    assert await used() == (2, ["definitions.model_known", *MODEL])
    assert await used() == (2, ["definitions.model_known"])


async def test_a_snapshot_keeps_the_model_it_began_with(narrow: Database, shop: ShopClient) -> None:
    async def used(session: Session) -> int:
        return (await narrow.models.current(session)).version

    early = narrow.read_session(shop.id)
    assert await used(early) == 1
    await early.close()
    early = narrow.read_session(shop.id)
    assert await used(early) == 1
    await shop.define("Thing", {"name": "STRING"})
    assert await used(early) == 1
    await early.close()
    late = narrow.read_session(shop.id)
    assert await used(late) == 2
    await late.close()


async def test_after_a_change_of_a_table_one_statement_fails_and_not_one_on_each_connection(
    shop: ShopClient, gateway_url: str, admin_url: str
) -> None:
    """What PostgreSQL calls "cached plan must not change result type"."""
    database = await Database.connect(gateway_url, size=2)
    star = Statement("test.star", "select * from changing where $1::bigint is not null")
    async with connected(admin_url) as admin:
        await admin.execute("create table changing (a int); grant select on changing to custom_data_gateway")
        try:
            await asked_on_both(database, shop, star)
            await admin.execute("alter table changing add column b int")
            with pytest.raises(Retryable):
                await asked_on_both(database, shop, star)
            await asked_on_both(database, shop, star)
        finally:
            await admin.execute("drop table changing")
    await database.close()


async def asked_on_both(database: Database, shop: ShopClient, statement: Statement) -> None:
    async with database.reading(shop.id) as one, database.reading(shop.id) as other:
        await one.fetch(statement)
        await other.fetch(statement)


TOLD = {
    "a closed connection": (asyncpg.InterfaceError("connection is closed"), Unavailable),
    "a connection that the server is closing": (
        asyncpg.InternalClientError("cannot switch to state 15; another operation (2) is in progress"), Unavailable),
    "a network that is gone": (ConnectionResetError(), Unavailable),
    "a statement that took too long": (asyncpg.QueryCanceledError(), TimedOut),
    "a wait that took too long": (TimeoutError(), TimedOut),
    "a deadlock": (asyncpg.DeadlockDetectedError(), Retryable),
    "a bug of ours": (asyncpg.UndefinedTableError(), None),
    "a misuse of the driver": (asyncpg.InterfaceError("another operation is in progress"), None),
    "a bug of the driver": (asyncpg.InternalClientError("no such codec"), None),
}  # fmt: skip


@pytest.mark.parametrize("case", TOLD)
def test_what_the_driver_says_is_sorted_by_who_can_act(case: str) -> None:
    error, ours = TOLD[case]
    failure = translation(error)
    assert failure is None if ours is None else type(failure) is ours
