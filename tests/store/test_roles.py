"""The gateway serves only as a role that row-level security binds, over tables that force it."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from app.store.administration import administering, connected
from app.store.database import Database, UnsafeRole
from app.store.migrate import migrate
from app.store.shops import create_shop, list_shops
from tests.store.scratch import as_login, scratch_database, scratch_role


@pytest.fixture
async def migrated(admin_url: str) -> AsyncIterator[str]:
    async with scratch_database(admin_url) as url:
        await migrate(url)
        yield url


async def role_of(url: str) -> str:
    database = await Database.connect(url, size=1)
    try:
        async with database.pool.acquire() as connection:
            return str(await connection.fetchval("select current_user::text"))
    finally:
        await database.close()


async def test_a_superuser_takes_on_the_gateways_role(migrated: str) -> None:
    assert await role_of(migrated) == "custom_data_gateway"


async def test_the_gateways_role_serves_as_itself(migrated: str) -> None:
    assert await role_of(as_login(migrated, "custom_data_gateway")) == "custom_data_gateway"


async def test_a_role_that_bypasses_and_is_no_member_is_refused(migrated: str) -> None:
    async with scratch_role(migrated, "bypassrls") as login:
        with pytest.raises(UnsafeRole, match="bypasses row-level security"):
            await role_of(as_login(migrated, login))


async def test_a_role_that_bypasses_and_is_a_member_takes_on_the_gateways(migrated: str) -> None:
    async with scratch_role(migrated, "bypassrls in role custom_data_gateway") as login:
        assert await role_of(as_login(migrated, login)) == "custom_data_gateway"


async def test_an_owner_is_bound_too(admin_url: str) -> None:
    async with scratch_role(admin_url) as owner, scratch_database(admin_url, owner) as url:
        await migrate(as_login(url, owner))
        async with administering(as_login(url, owner)) as connection:
            await create_shop(connection, "unseen")
        async with connected(as_login(url, owner)) as connection:
            assert await connection.fetch("select * from shops") == []
        assert await role_of(as_login(url, owner)) == owner


@pytest.mark.parametrize("how", ["no force", "disable"])
async def test_a_tenant_table_without_forced_security_is_refused(migrated: str, how: str) -> None:
    async with connected(migrated) as connection:
        await connection.execute(f"alter table products {how} row level security")
    with pytest.raises(UnsafeRole, match="not forced on products"):
        await role_of(migrated)


async def test_the_gateways_role_sees_shops_only_while_administering(migrated: str) -> None:
    url = as_login(migrated, "custom_data_gateway")
    async with administering(url) as connection:
        created = await create_shop(connection, "a shop", "Europe/Paris")
        assert await list_shops(connection) == [created]
    async with connected(url) as connection:
        assert await connection.fetch("select * from shops") == []


async def test_the_gateways_role_may_not_change_the_tables(migrated: str) -> None:
    async with connected(as_login(migrated, "custom_data_gateway")) as connection:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute("alter table shops disable row level security")
