"""What the doctor finds: nothing on a sound database, and each thing that is broken on purpose."""

from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import pytest

from app.store.administration import connected
from app.store.examination import Finding, Health, examine
from app.store.migrate import migrate
from tests.store.scratch import as_login, scratch_database, scratch_role


@pytest.fixture
async def admin(admin_url: str) -> AsyncIterator[str]:
    """A database of this test, migrated."""
    async with scratch_database(admin_url) as url:
        await migrate(url)
        yield url


async def found(admin: str, login: str = "custom_data_gateway", pool_size: int = 16) -> dict[str, Finding]:
    return {each.subject: each async for each in examine(as_login(admin, login), pool_size)}


def ills(findings: dict[str, Finding]) -> dict[str, Finding]:
    """All but what the run's own server does for speed."""
    return {name: each for name, each in findings.items() if each.health is not Health.SOUND and name != "durability"}


async def test_nothing_on_a_sound_database(admin: str) -> None:
    findings = await found(admin)
    assert ills(findings) == {}
    assert [*findings] == [
        "connection", "server", "migrations", "role", "row security", "contact tokens", "indexes", "clock",
        "connections", "durability", "replicas", "citus",
    ]  # fmt: skip


async def test_a_login_that_takes_on_the_gateways_role_is_sound(admin: str) -> None:
    assert ills(await found(admin, "postgres")) == {}


@pytest.mark.parametrize(
    ("damage", "subject", "told"),
    [
        ("alter table records no force row level security", "row security", "not forced on records"),
        ("alter table contacts disable row level security", "row security", "not forced on contacts"),
        ("drop policy tenant on products", "row security", "'tenant' is missing on products"),
        ("drop index records_num1", "indexes", "Missing: records_num1"),
        ("update schema_migrations set checksum = 'x' where number = 3", "migrations", "Altered"),
        ("delete from schema_migrations where number = 7", "migrations", "Missing: 0007_triggers"),
        ("insert into schema_migrations values (999, '0999_later', 'x')", "migrations", "it has 0999_later"),
        ("drop policy own_records on records", "contact tokens", "cannot read"),
        (
            "update pg_index set indisvalid = false where indexrelid = 'records_ref1'::regclass", "indexes",
            "Not usable: records_ref1",
        ),
    ],
)  # fmt: skip
async def test_what_is_broken_is_found_and_nothing_else(admin: str, damage: str, subject: str, told: str) -> None:
    async with connected(admin) as connection:
        await connection.execute(damage)
    found_ills = ills(await found(admin))
    assert [*found_ills] == [subject]
    assert told in found_ills[subject].told
    assert found_ills[subject].mend


async def test_an_empty_database(admin_url: str) -> None:
    async with scratch_database(admin_url) as url:
        findings = ills(await found(url))
    assert findings["migrations"].mend == "Run 'custom-data migrate'."
    assert findings["row security"].health is Health.FAULT


async def test_a_login_that_nothing_binds(admin: str, admin_url: str) -> None:
    async with scratch_role(admin_url, "bypassrls") as login:
        async with connected(admin) as connection:
            await connection.execute(f"grant usage on schema public to {login}; grant pg_read_all_data to {login}")
        findings = ills(await found(admin, login))
        async with connected(admin) as connection:
            await connection.execute(f"drop owned by {login}")
    assert "bypasses row-level security" in findings["role"].told


async def test_a_pool_that_the_server_has_no_room_for(admin: str) -> None:
    findings = ills(await found(admin, pool_size=500))
    assert findings["connections"].health is Health.FAULT


async def test_a_database_that_is_not_there(admin_url: str) -> None:
    findings = await found(urlsplit(admin_url)._replace(path="/nowhere").geturl())
    assert [*findings] == ["connection"]
    assert findings["connection"].health is Health.FAULT
