"""How often the primary is asked where shops stand, and what happens between two questions."""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Any

import asyncpg
import pytest

from app.store.embedded import EmbeddedUrls
from app.store.positions import ASKED, Positions
from tests.scale.conftest import Pair, gateway, paused, until
from tests.scale.standby import Standby
from tests.scale.test_read_your_writes import count
from tests.shops import new_shop


class Counted:
    """Connections that may ask for positions, and the shops of each question."""

    def __init__(self, url: str) -> None:
        self._url = url
        self.questions: list[list[int]] = []
        self.asking = asyncio.Event()

    async def connect(self) -> Any:
        connection = await asyncpg.connect(self._url, server_settings={"app.positions": "on"})
        return _Watched(connection, self)


class _Watched:
    def __init__(self, connection: Any, counted: Counted) -> None:
        self._connection = connection
        self._counted = counted

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    async def fetch(self, sql: str, shops: list[int], **more: Any) -> Any:
        self._counted.questions.append(shops)
        self._counted.asking.set()
        return await self._connection.fetch(sql, shops, **more)


async def test_questions_of_a_moment_are_one_statement(pair: Pair, servers: tuple[EmbeddedUrls, Standby]) -> None:
    other = await new_shop(pair.first.database, pair.first.http, servers[0].admin)
    await other.contact("ada@example.com")
    counted = Counted(servers[0].gateway)
    positions = Positions(counted.connect)
    ids = [pair.first.id, other.id, other.id + 1_000_000]
    try:
        told = await asyncio.gather(*(positions.ask(ids[n % 3]) for n in range(300)))
    finally:
        await positions.close()
    assert len(counted.questions) == 1
    assert sorted(counted.questions[0]) == sorted(ids)
    assert set(told[2::3]) == {0}, "there is no such shop: nothing was written to it"
    assert len(set(told[1::3])) == 1
    assert told[1] > 0


async def test_a_question_is_never_answered_by_one_that_was_sent_before_it(
    pair: Pair, servers: tuple[EmbeddedUrls, Standby]
) -> None:
    counted = Counted(servers[0].gateway)
    positions = Positions(counted.connect)
    try:
        for _ in range(20):
            early = positions.ask(pair.first.id)
            await asyncio.sleep(0)
            await pair.first.contact("ada@example.com", firstName=str(len(counted.questions)))
            late = await positions.ask(pair.first.id)
            assert late is not None
            assert late >= (await early or 0)
            now = await pair.admin.primary(
                "select sequence + unlogged from change_heads where shop_id = $1", pair.first.id
            )
            assert late == now
    finally:
        await positions.close()


async def test_nothing_but_positions_is_seen_of_other_shops(servers: tuple[EmbeddedUrls, Standby]) -> None:
    """By that connection; and by no other."""
    for settings, sees in (({"app.positions": "on"}, True), ({}, False)):
        connection = await asyncpg.connect(servers[0].gateway, server_settings=settings)
        try:
            every = [row["shop_id"] for row in await connection.fetch("select shop_id from change_heads")]
            assert bool(every) is sees
            for table in ("shops", "changes", "records", "contacts", "api_keys"):
                assert await connection.fetchval(f"select count(*) from {table}") == 0
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute("insert into change_heads values (1, 1)")
            assert await connection.execute("update change_heads set sequence = 0") == "UPDATE 0"
            assert await connection.execute("delete from change_heads") == "DELETE 0"
        finally:
            await connection.close()
    assert "shop_id = any($1::bigint[])" in ASKED


async def test_a_write_while_a_question_is_under_way_is_not_forgotten(
    pair: Pair, servers: tuple[EmbeddedUrls, Standby]
) -> None:
    """Its answer may be older than the write, so it is used for whoever asked and not trusted after that."""
    counted = Counted(servers[0].gateway)
    positions = Positions(counted.connect, trust=10_000.0)
    try:
        asked = positions.ask(pair.first.id)
        await counted.asking.wait()
        positions.moved(pair.first.id)
        await asked
        await positions.ask(pair.first.id)
        assert len(counted.questions) == 2
        await positions.ask(pair.first.id)
        assert len(counted.questions) == 2, "nothing was written since"
    finally:
        await positions.close()


async def test_a_connection_that_sees_no_positions_says_nothing(
    pair: Pair, servers: tuple[EmbeddedUrls, Standby]
) -> None:
    """To it every shop would seem never written to."""
    await pair.first.contact("ada@example.com")
    positions = Positions(lambda: asyncpg.connect(servers[0].gateway))
    try:
        assert await positions.ask(pair.first.id) is None
    finally:
        await positions.close()


async def test_with_staleness_allowed_only_others_writes_may_be_late(
    pair: Pair, servers: tuple[EmbeddedUrls, Standby]
) -> None:
    """For the time that is allowed, here without end; what this gateway writes is seen at once all the same."""
    urls, standby = servers
    await pair.first.define("Note", {"text": "STRING"})
    await pair.caught_up()
    async with AsyncExitStack() as stack:
        database, http = await stack.enter_async_context(
            gateway(urls.gateway, replica_urls=[standby.urls.gateway], trust=10_000.0)
        )
        shop = replace(pair.first, database=database, http=http)
        assert database.replicas is not None
        for _ in range(3):
            assert await count(shop) == 0
        async with paused(pair):
            assert await count(shop) == 0
            await shop.save_one("note", {"text": "mine"})
            assert await count(shop) == 1
        await pair.caught_up()
        await until(lambda: _listens(database))
        await pair.first.save_one("note", {"text": "another's"})

        async def heard() -> bool:
            return await count(shop) == 2

        await until(heard)


async def _listens(database: Any) -> bool:
    return bool(database.wakes.listens)
