"""Spreads the tenant tables over a Citus cluster by shop, where the database is one. Nothing else knows about it.

All tables are distributed by shop_id and co-located: a shop lives on one node with all it has, foreign keys hold, and
every statement, which names its shop, is one node's. There are no reference tables: shops share nothing.
"""

import asyncpg

_COLUMN = "shop_id"
_IS_CITUS = "select to_regclass('pg_dist_partition') is not null"
_DISTRIBUTE = "select create_distributed_table($1::text::regclass, $2::text, colocate_with => $3::text)"
# what is not distributed yet, a table after those that it refers to
_LOCAL = """
    with recursive tenant as (
        select c.oid, c.relname from pg_class c
        join pg_attribute a on a.attrelid = c.oid and a.attname = 'shop_id' and not a.attisdropped
        where c.relkind in ('r', 'p') and c.relnamespace = current_schema()::regnamespace
    ), depths as (
        select oid, relname, 0 as depth from tenant
        union all
        select t.oid, t.relname, d.depth + 1
        from tenant t
        join pg_constraint f on f.conrelid = t.oid and f.contype = 'f' and f.confrelid <> f.conrelid
        join depths d on d.oid = f.confrelid
    )
    select relname from depths where not exists (select from pg_dist_partition p where p.logicalrelid = depths.oid)
    group by relname order by max(depth), relname <> 'shops', relname
"""
# "set local" of a shop reaches its node too, in every session from now on; see README, "Beyond one machine"
_HAND_ON_SETTINGS = (
    "select format('alter database %I set citus.propagate_set_commands = ''local''', current_database())"
)


async def is_spread(connection: "asyncpg.Connection[asyncpg.Record]") -> bool:
    """Whether the database is a Citus cluster."""
    return bool(await connection.fetchval(_IS_CITUS))


async def distribute(connection: "asyncpg.Connection[asyncpg.Record]") -> list[str]:
    """The tables that it distributed, in order; none where all are, or where the database is no cluster. Needs their
    owner."""
    if not await is_spread(connection):
        return []
    await connection.execute(await connection.fetchval(_HAND_ON_SETTINGS))
    tables = [row["relname"] for row in await connection.fetch(_LOCAL)]
    for table in tables:
        together = "default" if table == "shops" else "shops"
        await connection.execute(_DISTRIBUTE, table, _COLUMN, together)
    return tables
