"""A replica that dies, hangs, breaks off or is promoted is left out, and comes back by itself; no query fails."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from asyncpg import InvalidPasswordError

from app.store.database import Database
from app.store.embedded import EmbeddedUrls
from app.store.failures import Unavailable
from app.store.replicas import Begun, Replica, Replicas
from app.store.servers import Server
from tests.scale.conftest import Pair, gateway, until
from tests.scale.standby import Standby
from tests.scale.test_read_your_writes import count
from tests.shops import new_shop


@pytest.fixture
async def notes(pair: Pair) -> AsyncIterator[Pair]:
    """With one note that the replica has, and gateway B knows of."""
    await pair.first.define("Note", {"text": "STRING"})
    await pair.first.save_one("note", {"text": "one"})
    await pair.caught_up()
    await count(pair.second)
    return pair


async def answered(pair: Pair) -> bool:
    before = pair.from_replica
    assert await count(pair.second) == 1
    return pair.from_replica > before


async def until_answered(pair: Pair) -> None:
    await until(lambda: answered(pair))


async def test_a_replica_that_dies_under_load_fails_no_query_and_comes_back(notes: Pair) -> None:
    stopped = asyncio.Event()

    async def ask() -> int:
        asked = 0
        while not stopped.is_set():
            assert await count(notes.second) == 1
            asked += 1
        return asked

    asking = [asyncio.create_task(ask()) for _ in range(8)]
    await until_answered(notes)
    await asyncio.to_thread(notes.standby.stop)
    assert not await answered(notes)
    stopped.set()
    assert all(await asyncio.gather(*asking))
    replicas = notes.second.database.replicas
    assert replicas is not None
    assert [replica.serves for replica in replicas.all] == [False]
    await asyncio.to_thread(notes.standby.start)
    await until_answered(notes)


async def test_a_query_that_a_replica_breaks_off_is_answered_by_the_primary(
    notes: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The connection ends between the beginning of the snapshot and its first statement."""
    begin, broken = Replicas.begin, 0

    async def broken_off(self: Replicas, *args: Any) -> Begun | None:
        nonlocal broken
        begun = await begin(self, *args)
        if begun is not None:
            broken += 1
            await notes.admin.replica("select pg_terminate_backend($1)", begun.connection.get_server_pid())
        return begun

    monkeypatch.setattr(Replicas, "begin", broken_off)
    assert await count(notes.second) == 1
    assert broken == 1
    monkeypatch.undo()
    await until_answered(notes)


async def test_a_replica_that_hangs_is_left_out(notes: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it is asked to begin takes too long: so long the query waits, and those after it do not."""
    command = Server.command

    def slow(self: Server, *args: Any) -> str:
        return f"select pg_sleep(5); {command(self, *args)}"

    monkeypatch.setattr(Server, "command", slow)
    before = notes.from_replica
    replicas = notes.second.database.replicas
    assert replicas is not None
    begun = await replicas.begin(notes.second.id, "begin read only; select 1", 0)
    assert begun is None
    assert [replica.serves for replica in replicas.all] == [False]
    monkeypatch.undo()
    assert await count(notes.second) == 1
    assert notes.from_replica == before
    await until_answered(notes)


async def test_the_primary_answers_while_nobody_says_where_the_shop_stands(notes: Pair) -> None:
    """The connection over which positions are asked is ended again and again."""
    replicas = notes.second.database.replicas
    assert replicas is not None
    for _ in range(5):
        await notes.admin.primary(
            "select count(pg_terminate_backend(pid)) from pg_stat_activity where query like '%any($1::bigint[])%'"
            " and query like '%unlogged%' and pid <> pg_backend_pid()"
        )
        assert await count(notes.second) == 1
    await until_answered(notes)


async def test_a_promoted_replica_answers_nothing(expendable: tuple[EmbeddedUrls, Standby]) -> None:
    """It has a history of its own from then on."""
    urls, standby = expendable
    async with gateway(urls.gateway, replica_urls=[standby.urls.gateway]) as (database, http):
        shop = await new_shop(database, http, urls.admin)
        await shop.define("Note", {"text": "STRING"})
        assert database.replicas is not None
        [replica] = database.replicas.all

        async def used() -> bool:
            assert await count(shop) == 0
            return replica.begun > 0

        await until(used)
        await asyncio.to_thread(standby.promote)
        before = replica.begun
        for _ in range(20):
            assert await count(shop) == 0
        assert replica.begun == before


async def test_a_gateway_starts_without_its_replica_and_finds_it_later(notes: Pair) -> None:
    await asyncio.to_thread(notes.standby.stop)
    urls = notes.standby.urls
    async with gateway(notes.primary_url, replica_urls=[urls.gateway]) as (database, http):
        notes.second.database, notes.second.http = database, http
        for _ in range(3):
            assert await count(notes.second) == 1
        await asyncio.to_thread(notes.standby.start)
        await until_answered(notes)


async def test_a_replica_of_another_database_is_not_asked(notes: Pair, gateway_url: str) -> None:
    """Nor is another database taken for the way past a pooler."""
    async with gateway(notes.primary_url, replica_urls=[gateway_url]) as (database, http):
        notes.second.database, notes.second.http = database, http
        assert await count(notes.second) == 1
        assert database.replicas is not None
        [replica] = database.replicas.all
        assert not replica.begun
        assert not replica.pool.open
    with pytest.raises(Unavailable, match="another database"):
        await Database.connect(notes.primary_url, direct_url=gateway_url)


async def test_a_replica_that_lets_nobody_in_costs_no_query_a_try(notes: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    """A password that it does not take, say: it is tried once a second, not by each query."""
    tries = 0

    async def refused() -> Any:
        nonlocal tries
        tries += 1
        raise InvalidPasswordError("password authentication failed")

    async with gateway(notes.primary_url, replica_urls=[notes.standby.urls.gateway]) as (database, http):
        notes.second.database, notes.second.http = database, http
        assert database.replicas is not None
        [replica] = database.replicas.all
        monkeypatch.setattr(replica.pool, "_connect", refused)
        await count(notes.second)
        assert not replica.serves
        monkeypatch.setattr(Replica, "_probe", lambda _: asyncio.sleep(0))
        before = tries
        for _ in range(10):
            assert await count(notes.second) == 1
        assert tries == before <= 2


async def test_a_replica_that_comes_back_as_another_database_is_not_asked(notes: Pair) -> None:
    """Whether it is the same is looked at again once it was gone: its address may lead to another server by then."""
    await until_answered(notes)
    replicas = notes.second.database.replicas
    assert replicas is not None
    [replica] = replicas.all
    server, primary = replica.pool.server, replica.pool.server.same_as
    assert primary is not None
    identity = primary.identity
    assert identity == server.identity
    await asyncio.to_thread(notes.standby.stop)
    assert not await answered(notes)
    primary.identity = "another database"
    await asyncio.to_thread(notes.standby.start)
    try:
        with pytest.raises(Unavailable, match="another database"):
            await server.connect()
        before = replica.begun
        for _ in range(10):
            assert await count(notes.second) == 1
        assert replica.begun == before
    finally:
        primary.identity = identity
    await until_answered(notes)
