"""How the database would run a statement, whatever the values: no value is needed to know, and none is told."""

import re

from app.store.failures import translated
from app.store.pool import Connection, Pool
from app.telemetry.observation import Query

_LINES = 60
_PLANNED = re.compile(r"(\s|--[^\n]*\n)*(select|with|insert|update|delete|merge|values)\b", re.IGNORECASE)
_PARAMETERS = "select cardinality(parameter_types) from pg_prepared_statements where name = 'asked'"


async def generic_plan(pool: Pool, shop_id: int, query: Query) -> list[str]:
    """The lines of the plan inside a shop, where every policy applies; none for a command that has no plan. Raises the
    store's failures.

    It is the plan of a prepared statement. What EXPLAIN is asked to plan for values is planned for these, and for
    nulls that is a plan to read nothing."""
    if not _PLANNED.match(query.sql):
        return []
    with translated():
        async with pool.acquire() as connection:
            transaction = connection.transaction(readonly=True)
            await transaction.start()
            try:
                own = "; ".join([*pool.server.own, f"set local app.shop_id = '{int(shop_id)}'"])
                await connection.execute(f"{own}; set local plan_cache_mode = force_generic_plan")
                return (await _explained(connection, query))[:_LINES]
            finally:
                await transaction.rollback()


async def _explained(connection: Connection, query: Query) -> list[str]:
    """What is prepared outlives its transaction, and behind a pooler the connection: so it goes, whatever happens."""
    await connection.execute(f"prepare asked as {query.sql}")
    try:
        async with connection.transaction():
            nulls = ", ".join(["null"] * await connection.fetchval(_PARAMETERS))
            rows = await connection.fetch(f"explain (costs off) execute asked{f'({nulls})' if nulls else ''}")
    finally:
        if not connection.is_closed():
            await connection.execute("deallocate asked")
    return [str(row[0]) for row in rows]
