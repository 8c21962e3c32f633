"""How the database would run a statement, whatever the values: no value is needed to know, and none is told."""

import re

from app.store.failures import translated
from app.store.pool import Pool
from app.telemetry.observation import Query

_SINCE = 16  # PostgreSQL's first version with EXPLAIN (GENERIC_PLAN)
_LINES = 60
_PLANNED = re.compile(r"(\s|--[^\n]*\n)*(select|with|insert|update|delete|merge|values)\b", re.IGNORECASE)


async def generic_plan(pool: Pool, shop_id: int, query: Query) -> list[str]:
    """The lines of the plan inside a shop, where every policy applies; none where the server cannot tell, or a
    pooler stands before it, or the statement is none that has a plan. Raises the store's failures."""
    if not _PLANNED.match(query.sql) or pool.server.pooled:  # what is prepared would stay behind a pooler
        return []
    with translated():
        async with pool.acquire() as connection:
            if connection.get_server_version().major < _SINCE:
                return []
            async with connection.transaction(readonly=True):
                await connection.execute(f"set local app.shop_id = '{int(shop_id)}'")
                explained = await connection.prepare(f"explain (generic_plan, costs off) {query.sql}")
                rows = await explained.fetch(*(None for _ in explained.get_parameters()))
    return [str(row[0]) for row in rows[:_LINES]]
