"""Migrations: each once, whole or not at all, never altered, by one gateway at a time."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.store.administration import connected
from app.store.failures import Unavailable
from app.store.migrate import Migrated, MigrationRefused, _refuse_old, migrate
from tests.store.scratch import as_login, scratch_database, scratch_role


@pytest.fixture
async def empty(admin_url: str) -> AsyncIterator[str]:
    async with scratch_database(admin_url) as url:
        yield url


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "0001_one.sql").write_text("create table one (id int);")
    (tmp_path / "0002_two.sql").write_text("create table two (id int);")
    return tmp_path


async def tables(url: str) -> set[str]:
    async with connected(url) as connection:
        rows = await connection.fetch(
            "select relname from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace"
        )
    return {row["relname"] for row in rows}


async def test_what_is_missing_is_applied_in_order_and_once(empty: str, folder: Path) -> None:
    assert await migrate(empty, folder) == Migrated(("0001_one", "0002_two"), role_ready=True)
    (folder / "0003_three.sql").write_text("create table three (id int);")
    assert (await migrate(empty, folder)).applied == ("0003_three",)
    assert (await migrate(empty, folder)).applied == ()


async def test_our_own_migrations_apply_to_an_empty_database(empty: str) -> None:
    assert (await migrate(empty)).applied[0] == "0001_shops"
    assert "records" in await tables(empty)


async def test_an_altered_migration_is_refused_by_name(empty: str, folder: Path) -> None:
    await migrate(empty, folder)
    (folder / "0001_one.sql").write_text("create table one (id bigint);")
    with pytest.raises(MigrationRefused, match="0001_one was altered"):
        await migrate(empty, folder)


async def test_a_database_of_a_later_version_is_refused_by_name(empty: str, folder: Path) -> None:
    await migrate(empty, folder)
    (folder / "0002_two.sql").unlink()
    with pytest.raises(MigrationRefused, match="0002_two, which this version does not know"):
        await migrate(empty, folder)


async def test_a_failing_migration_leaves_nothing_and_those_before_it_stay(empty: str, folder: Path) -> None:
    (folder / "0002_two.sql").write_text("create table two (id int); select 1 / 0;")
    with pytest.raises(Exception, match="division by zero"):
        await migrate(empty, folder)
    assert await tables(empty) == {"schema_migrations", "one"}


async def test_gateways_starting_at_once_migrate_once(empty: str) -> None:
    runs = await asyncio.gather(*(migrate(empty) for _ in range(5)))
    assert sum(bool(run.applied) for run in runs) == 1
    assert all(run.role_ready for run in runs)


async def test_the_gateway_may_not_touch_the_history(empty: str) -> None:
    await migrate(empty)
    async with connected(empty) as connection:
        rights = [
            await connection.fetchval(
                "select has_table_privilege('custom_data_gateway', 'schema_migrations', $1)", right
            )
            for right in ("select", "insert", "update", "delete")
        ]
    assert rights == [True, False, False, False]


async def test_an_owner_that_may_not_create_roles_migrates(admin_url: str, folder: Path) -> None:
    async with (
        scratch_role(admin_url) as owner,
        scratch_database(admin_url, owner) as url,
    ):
        migrated = await migrate(as_login(url, owner), folder)
    assert migrated == Migrated(("0001_one", "0002_two"), role_ready=False)


async def test_a_login_that_may_only_use_the_tables_finds_nothing_to_do(empty: str, folder: Path) -> None:
    await migrate(empty, folder)
    assert await migrate(as_login(empty, "custom_data_gateway"), folder) == Migrated((), role_ready=True)


async def test_a_login_that_may_only_use_the_tables_cannot_migrate(empty: str, folder: Path) -> None:
    await migrate(empty, folder)
    (folder / "0003_three.sql").write_text("create table three (id int);")
    with pytest.raises(MigrationRefused, match="may not migrate"):
        await migrate(as_login(empty, "custom_data_gateway"), folder)


async def test_a_database_that_does_not_exist_is_said_in_the_servers_words(empty: str) -> None:
    with pytest.raises(Unavailable, match="does not exist"):
        await migrate(empty.replace("/scratch", "/absent"))


def test_a_server_before_15_is_refused() -> None:
    _refuse_old(15)
    with pytest.raises(MigrationRefused, match="PostgreSQL 14; at least 15"):
        _refuse_old(14)
