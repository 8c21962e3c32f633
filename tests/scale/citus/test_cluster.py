"""Each statement is one shard's, and row-level security holds on the workers."""

import os
import re
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import httpx
import pytest
from starlette.applications import Starlette

from app.server.app import mount
from app.store.administration import connected
from app.store.database import Database
from app.store.migrate import migrate
from app.store.roles import GATEWAY_ROLE
from app.store.session import Session
from app.store.statements import Statement
from tests.shops import ShopClient, new_shop
from tests.store.scratch import as_login
from tests.tour import tour

TASKS = re.compile(r"Task Count: (\d+)")


@pytest.fixture(scope="module")
def owner() -> str:
    return os.environ["CITUS_DATABASE_URL"]


@pytest.fixture(scope="module")
async def shop(owner: str) -> AsyncIterator[ShopClient]:
    await migrate(owner)
    database = await Database.connect(as_login(owner, GATEWAY_ROLE), size=8)
    app = Starlette()
    mount(app, database)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://gateway") as http:
        yield await new_shop(database, http, owner)
    await database.close()


@pytest.mark.usefixtures("shop")
async def test_all_tables_of_shops_are_distributed_together(owner: str) -> None:
    async with connected(owner) as admin:
        local = await admin.fetch(
            "select c.relname from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'shop_id'"
            " where c.relkind in ('r', 'p') and c.relnamespace = current_schema()::regnamespace"
            " and not exists (select from pg_dist_partition p where p.logicalrelid = c.oid)"
        )
        groups = await admin.fetchval("select count(distinct colocationid) from pg_dist_partition")
    assert [row["relname"] for row in local] == []
    assert groups == 1


async def test_each_statement_is_one_shards(owner: str, shop: ShopClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """Explained in the transaction that issues it, with its own values."""
    tasks: dict[str, set[int]] = {}
    fetch = Session.fetch

    async def explained(self: Session, statement: Statement, *args: Any) -> Any:
        async with self._asking():
            connection = await self._ready()
            prepared = f"explain {statement.sql}"
            plan = "\n".join(row[0] for row in await connection.fetch(prepared, self.shop_id, *args))
        tasks.setdefault(statement.name, set()).update(map(int, TASKS.findall(plan)))
        return await fetch(self, statement, *args)

    monkeypatch.setattr(Session, "fetch", explained)
    await tour(shop, owner)
    assert len(tasks) > 50
    assert {name: counts for name, counts in tasks.items() if counts - {1}} == {}


async def test_row_level_security_holds_on_the_workers(owner: str, shop: ShopClient) -> None:
    """Without the first lock, another shop's transaction finds nothing."""
    await shop.contact("ada@example.com")
    connection = await asyncpg.connect(as_login(owner, GATEWAY_ROLE))
    try:
        for tenant, seen in ((shop.id, True), (shop.id + 1_000_000, False)):
            async with connection.transaction():
                await connection.execute(f"set local app.shop_id = '{tenant}'")
                found = await connection.fetch("select id from contacts where shop_id = $1", shop.id)
            assert bool(found) is seen
    finally:
        await connection.close()
