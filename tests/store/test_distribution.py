"""What `migrate` does on a Citus cluster, and what the gateway does otherwise there, with a stand-in for Citus that
refuses what Citus is known to refuse. The cluster itself is tested by tests/scale/citus where there is one."""

from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.applications import Starlette

from app.server.app import mount
from app.store.administration import connected
from app.store.database import Database
from app.store.migrate import Migrated, migrate
from app.store.roles import CONTACT_ROLE, GATEWAY_ROLE, contact_role_usable
from tests.shops import new_shop
from tests.store.scratch import as_login, scratch_database
from tests.tour import tour

STAND_IN = """
    create table pg_dist_partition (logicalrelid regclass, colocated text, n int generated always as identity);
    create function create_distributed_table(relation regclass, by text, colocate_with text) returns void
    language plpgsql as $$
    begin
        if exists (select from pg_constraint f where f.conrelid = relation and f.contype = 'f'
                   and f.confrelid <> relation
                   and f.confrelid not in (select logicalrelid from pg_dist_partition)) then
            raise 'referenced table of % must be a distributed table', relation;
        end if;
        if exists (select from pg_index x where x.indrelid = relation and x.indisunique and not exists (
                   select from pg_attribute a where a.attrelid = relation and a.attname = by
                   and a.attnum = any(x.indkey))) then
            raise 'cannot create constraint on %', relation;
        end if;
        if exists (select from pg_constraint f where f.conrelid = relation and f.contype = 'f' and not exists (
                   select from pg_attribute a join pg_attribute b on b.attrelid = f.confrelid and b.attname = by
                   where a.attrelid = relation and a.attname = by
                   and array_position(f.conkey, a.attnum) = array_position(f.confkey, b.attnum))) then
            raise 'foreign keys of % do not share the distribution column', relation;
        end if;
        if exists (select from pg_trigger where tgrelid = relation and not tgisinternal) then
            raise 'triggers are not supported on distributed tables: %', relation;
        end if;
        if exists (select from pg_attribute a where a.attrelid = relation and a.attidentity <> ''
                   and a.atttypid <> 'bigint'::regtype) then
            raise 'identity columns of % are not bigint', relation;
        end if;
        insert into pg_dist_partition values (relation, colocate_with);
    end $$;
"""
TENANT = """
    select c.relname from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'shop_id'
    where c.relkind in ('r', 'p') and c.relnamespace = 'public'::regnamespace
"""


@pytest.fixture
async def cluster(admin_url: str) -> AsyncIterator[str]:
    async with scratch_database(admin_url) as url:
        async with connected(url) as admin:
            await admin.execute(STAND_IN)
        yield url


async def test_every_table_of_a_shop_is_distributed_beside_shops_once(cluster: str) -> None:
    migrated = await migrate(cluster)
    async with connected(cluster) as admin:
        tenant = {row["relname"] for row in await admin.fetch(TENANT)}
        placed = await admin.fetch("select logicalrelid::text as name, colocated from pg_dist_partition order by n")
        setting = await admin.fetchval("select current_setting('citus.propagate_set_commands', true)")
    assert set(migrated.distributed) == tenant
    assert len(migrated.distributed) == len(tenant) > 10
    assert {row["name"]: row["colocated"] for row in placed} == {
        name: "default" if name == "shops" else "shops" for name in tenant
    }
    assert setting == "local"
    assert (await migrate(cluster)).distributed == ()


async def test_a_table_of_a_later_version_joins_the_others(cluster: str) -> None:
    await migrate(cluster)
    async with connected(cluster) as admin:
        await admin.execute(
            "create table later (shop_id bigint references shops, id bigint, primary key (shop_id, id))"
        )
    assert (await migrate(cluster)).distributed == ("later",)


async def test_elsewhere_nothing_is_distributed(admin_url: str) -> None:
    async with scratch_database(admin_url) as url:
        assert (await migrate(url)).distributed == Migrated((), role_ready=True).distributed


async def test_a_shops_whole_life_in_the_forms_that_a_cluster_takes(cluster: str) -> None:
    await migrate(cluster)
    database = await Database.connect(as_login(cluster, GATEWAY_ROLE), size=8)
    try:
        app = Starlette()
        mount(app, database)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://gateway") as http:
            shop = await new_shop(database, http, cluster)
            with shop.statements() as seen:
                await tour(shop, cluster)
    finally:
        await database.close()
    assert database.pool.server.spread
    assert "changes.record" not in seen
    assert seen.count("changes_apart.move") == seen.count("changes_apart.write") > 20


_VISIBLE = "select shop_id, id from contacts order by shop_id, id"


async def test_what_a_contact_sees_does_not_rest_on_restrictive_policies(cluster: str) -> None:
    """Nodes make all of them permissive."""
    await migrate(cluster)
    async with connected(cluster) as admin:
        assert {row["permissive"] for row in await admin.fetch("select permissive from pg_policies")} == {"PERMISSIVE"}
        shops = [
            row["shop_id"] for row in await admin.fetch("insert into shops (name) values ('a'), ('b') returning *")
        ]
        await admin.execute(
            "insert into contacts (shop_id, id) select shop, id"
            " from unnest($1::bigint[]) shop, generate_series(1, 3) id",
            shops,
        )
        for role, seen in (
            (GATEWAY_ROLE, [(shops[0], 1), (shops[0], 2), (shops[0], 3)]),
            (CONTACT_ROLE, [(shops[0], 2)]),
        ):
            async with admin.transaction():
                await admin.execute(
                    f"set local app.shop_id = '{shops[0]}'; set local app.contact_id = '2'; set local role {role}"
                )
                assert [tuple(row) for row in await admin.fetch(_VISIBLE)] == seen


async def test_contacts_are_refused_where_they_would_see_the_whole_shop_until_it_is_mended(admin_url: str) -> None:
    async with scratch_database(admin_url) as url:
        await migrate(url)
        async with connected(as_login(url, GATEWAY_ROLE)) as gateway, connected(url) as admin:
            assert await contact_role_usable(gateway)
            await admin.execute(STAND_IN)
            assert not await contact_role_usable(gateway)
            await migrate(url)
            assert await contact_role_usable(gateway)
