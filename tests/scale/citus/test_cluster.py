"""All tables are distributed by shop, and each statement is one shard's."""

import re
from typing import Any

import pytest

from app.store.administration import connected
from app.store.session import Session
from app.store.statements import Statement, writes
from tests.shops import ShopClient
from tests.tour import COMPOSED, named_statements, tour

TASKS = re.compile(r"Task Count: (\d+)")
# an insert of rows that are given: the coordinator sends them to the shard of the shop that each names
GIVEN = "INSERT/SELECT method: pull to coordinator"
ONE, SENT = "one shard", "sent to the shop's shard"


def _place(plan: str) -> str:
    """Where a plan runs."""
    tasks = TASKS.findall(plan)
    if GIVEN in plan:
        return SENT if tasks == [] else plan
    return ONE if set(tasks) == {"1"} else plan


@pytest.mark.usefixtures("cluster")
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
    """Explained in the transaction that issues it, with its own values. A shop is all the tour's, so each statement has
    something to find."""
    places: dict[str, set[str]] = {}
    fetch, run_many = Session.fetch, Session.run_many

    async def explain(session: Session, statement: Statement, args: Any) -> None:
        async with session._asking():
            connection = await session._ready()
            explained = f"explain {statement.sql}"
            plan = "\n".join(row[0] for row in await connection.fetch(explained, session.shop_id, *args))
        place = _place(plan)
        assert place != SENT or writes(statement)
        places.setdefault(statement.name, set()).add(place)

    async def explained(self: Session, statement: Statement, *args: Any) -> Any:
        await explain(self, statement, args)
        return await fetch(self, statement, *args)

    async def explained_many(self: Session, statement: Statement, rows: Any) -> None:
        for row in rows[:1]:
            await explain(self, statement, row)
        await run_many(self, statement, rows)

    monkeypatch.setattr(Session, "fetch", explained)
    monkeypatch.setattr(Session, "run_many", explained_many)
    await tour(shop, owner)
    apart = {name for name in places if name.startswith("changes_apart.")}
    assert {name: found for name, found in places.items() if found - {ONE, SENT}} == {}
    assert len(apart) == 3
    assert {*named_statements(), *COMPOSED} - places.keys() == {"changes.record", "definitions.model_known"}


async def test_neighbours_are_on_several_nodes(owner: str) -> None:
    """Else this would be no cluster, and nothing here would show anything."""
    async with connected(owner) as admin:
        nodes = await admin.fetchval(
            "select count(distinct nodename || nodeport) from citus_shards where table_name = 'shops'::regclass"
        )
    assert nodes > 1
