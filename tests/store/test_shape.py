"""The shape of the data: the tenant comes first everywhere, and a running gateway cannot change the shape."""

import asyncpg

_KEYS = """
    select c.relname || ' ' || coalesce(con.conname, i.relname) as name,
           (select attname from pg_attribute where attrelid = c.oid and attnum = x.indkey[0]) as first
    from pg_index x join pg_class c on c.oid = x.indrelid join pg_class i on i.oid = x.indexrelid
    left join pg_constraint con on con.conindid = x.indexrelid and con.conrelid = c.oid
    where c.relnamespace = current_schema()::regnamespace and x.indisunique and c.relname <> 'schema_migrations'
    union all
    select c.relname || ' ' || con.conname,
           (select attname from pg_attribute where attrelid = c.oid and attnum = con.conkey[1])
    from pg_constraint con join pg_class c on c.oid = con.conrelid
    where con.contype = 'f' and con.connamespace = current_schema()::regnamespace
"""


async def test_the_shop_comes_first_in_every_primary_key_unique_index_and_foreign_key(admin_url: str) -> None:
    admin = await asyncpg.connect(admin_url)
    try:
        keys = await admin.fetch(_KEYS)
    finally:
        await admin.close()
    assert len(keys) > 20
    assert [key["name"] for key in keys if key["first"] != "shop_id"] == []


async def test_the_gateway_has_no_right_to_change_the_shape(gateway_url: str) -> None:
    gateway = await asyncpg.connect(gateway_url)
    try:
        assert not await gateway.fetchval("select has_schema_privilege(current_schema(), 'CREATE')")
        owned = await gateway.fetch("select relname from pg_class where pg_has_role(relowner, 'USAGE')")
        assert [row["relname"] for row in owned] == []
    finally:
        await gateway.close()
