"""What the doctor finds: nothing on a sound database, and each thing that is broken on purpose."""

import time
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import pytest

from app.store import policies, roles, server_examination
from app.store.addresses import Addresses
from app.store.administration import connected
from app.store.examination import examine, findings
from app.store.findings import Finding, Health
from app.store.migrate import migrate
from tests.processes import run
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
        "connection", "server", "migrations", "role", "rights", "row security", "contact tokens", "primary keys",
        "indexes", "clock", "durability", "server log", "replicas", "citus", "connections",
    ]  # fmt: skip


async def test_a_login_that_takes_on_the_gateways_role_is_sound(admin: str) -> None:
    assert ills(await found(admin, "postgres")) == {}


@pytest.mark.parametrize(
    ("damage", "subject", "told"),
    [
        ("alter table records no force row level security", "row security", "not forced on records"),
        ("alter table contacts disable row level security", "row security", "not forced on contacts"),
        ("drop policy tenant on products", "row security", "'tenant' is missing on products"),
        (
            "create policy everybody on contacts using (true)", "row security",
            "no migration made: everybody on contacts",
        ),
        (
            "create policy nobody on records as restrictive using (false)", "row security",
            "no migration made: nobody on records",
        ),
        ("alter policy tenant on records using (true)", "row security", "not those of the migrations: tenant on rec"),
        ("alter policy tenant on records with check (true)", "row security", "tenant on records"),
        ("alter policy tenant on products to custom_data_contact", "row security", "tenant on products"),
        ("alter policy administration on shops using (true)", "row security", "administration on shops"),
        ("drop policy own_contact on contacts", "row security", "own_contact on contacts"),
        ("alter policy own_customers on customers using (true)", "row security", "own_customers on customers"),
        (
            "revoke select on products from custom_data_gateway", "rights",
            "custom_data_gateway lacks select on products",
        ),
        (
            "revoke all on records from custom_data_gateway", "rights",
            "custom_data_gateway lacks delete, insert, select, update on records",
        ),
        ("revoke usage on sequence records_id_seq from custom_data_gateway", "rights", "lacks usage on records_id_seq"),
        ("revoke select on products from custom_data_contact", "rights", "data_contact lacks select on products"),
        ("alter table segments drop constraint segments_pkey", "primary keys", "Missing on segments"),
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


@pytest.mark.parametrize("attribute", ["bypassrls", "superuser"])
@pytest.mark.parametrize("login", ["custom_data_gateway", "postgres"])
async def test_a_gateways_role_that_nothing_binds(admin: str, attribute: str, login: str) -> None:
    """Seen by itself and by a login that takes it on; in a transaction that is undone, as roles are the server's."""
    async with connected(admin) as connection:
        transaction = connection.transaction()
        await transaction.start()
        await connection.execute(f"alter role custom_data_gateway {attribute}")
        if login != "postgres":
            await connection.execute(f"set local session authorization {login}")
        found = {each.subject: each async for each in findings(connection, 16)}
        await transaction.rollback()
    assert found["role"].health is Health.FAULT
    assert "alter role custom_data_gateway nosuperuser nobypassrls" in found["role"].mend


@pytest.mark.parametrize(("ahead", "told"), [(5.0, "behind this machine's"), (-5.0, "ahead of this machine's")])
async def test_a_clock_that_is_off(admin: str, monkeypatch: pytest.MonkeyPatch, ahead: float, told: str) -> None:
    ours = time.time
    monkeypatch.setattr(server_examination.time, "time", lambda: ours() + ahead)
    found_ills = ills(await found(admin))
    assert [*found_ills] == ["clock"]
    assert told in found_ills["clock"].told
    assert "NTP" in found_ills["clock"].mend


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ("log_error_verbosity = 'verbose'", "log_error_verbosity is verbose"),
        ("log_statement = 'all'", "log_parameter_max_length is -1"),
        ("log_min_duration_statement = 100", "log_parameter_max_length is -1"),
        ("log_parameter_max_length_on_error = -1", "log_parameter_max_length_on_error is -1"),
    ],
)
async def test_a_log_of_the_server_that_quotes_people(admin: str, setting: str, told: str) -> None:
    name = urlsplit(admin).path[1:]
    async with connected(admin) as connection:
        await connection.execute(f"alter database {name} set {setting}")
    found_ills = ills(await found(admin))
    assert [*found_ills] == ["server log"]
    assert found_ills["server log"].health is Health.WORTH_KNOWING
    assert told in found_ills["server log"].told


async def test_what_makes_a_missing_policy_anew_is_said_whole(admin: str) -> None:
    """As the person who is called at night may copy it."""
    async with connected(admin) as connection:
        await connection.execute("drop policy tenant on products; drop policy tenant on segments")
        mend = ills(await found(admin))["row security"].mend
        for command in mend.removeprefix("As the owner: ").removesuffix(".").split("; "):
            await connection.execute(command)
    assert ills(await found(admin)) == {}


async def test_a_server_that_takes_no_writes(admin: str) -> None:
    async with connected(admin) as connection:
        await connection.execute(f"alter database {urlsplit(admin).path[1:]} set default_transaction_read_only = on")
    told = ills(await found(admin))["server"]
    assert told.health is Health.FAULT
    assert "takes no writes: default_transaction_read_only is on" in told.told


async def test_a_server_that_has_no_room_for_another_connection(admin: str, admin_url: str) -> None:
    async with scratch_role(admin_url, "connection limit 0") as login:
        told = await found(admin, login)
    assert [*told] == ["connection"]
    assert "too many connections" in told["connection"].told
    assert told["connection"].mend.startswith("Raise max_connections")


async def test_a_login_that_there_is_not(admin: str) -> None:
    findings = await found(admin, "nobody_here")
    assert [*findings] == ["connection"]
    assert 'role "nobody_here" does not exist' in findings["connection"].told
    assert "custom-data migrate" in findings["connection"].mend


async def test_the_policies_of_a_cluster(admin: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As its nodes keep them; those of a plain server would let contacts see everything there."""

    async def spread(_connection: object) -> bool:
        return True

    monkeypatch.setattr(policies, "is_spread", spread)
    async with connected(admin) as connection:
        assert (await policies.look_at_row_security(connection)).health is Health.FAULT
        await roles._make_policies(connection, "public", spread=True)
        assert (await policies.look_at_row_security(connection)).health is Health.SOUND
        await connection.execute("alter policy own_contact on contacts using (true)")
        assert "own_contact on contacts" in (await policies.look_at_row_security(connection)).told


async def test_policies_of_contacts_as_they_were_made_before(admin: str) -> None:
    async with connected(admin) as connection:
        await connection.execute("alter policy active_catalogue on products using (is_active)")
    assert ills(await found(admin)) == {}


async def test_other_addresses_that_lead_where_they_should(admin: str) -> None:
    login = as_login(admin, "custom_data_gateway")
    told = {each.subject: each async for each in examine(login, 16, Addresses(admin, login))}
    assert ills(told) == {}
    assert {"administration", "direct connection"} <= {*told}


async def test_other_addresses_that_lead_elsewhere(admin: str, admin_url: str) -> None:
    login = as_login(admin, "custom_data_gateway")
    nowhere = "postgresql://me:a-secret@127.0.0.1:1/x"
    unknown = urlsplit(admin_url)._replace(path="/nowhere").geturl()
    told = [each async for each in examine(login, 16, Addresses(login, admin_url, (login, nowhere, unknown)))]
    found = {each.subject: each for each in told if each.health is not Health.SOUND and each.subject != "durability"}
    assert {name: (each.told.split(":")[0], each.mend.split("DATABASE")[1]) for name, each in found.items()} == {
        "direct connection": ("It is another database than DATABASE_URL names.", "_DIRECT_URL."),
        "administration": ("Its login does not own the tables, so it cannot migrate them.",
                           "_ADMIN_URL, or one that is a member of it."),
        "replica 1": ("It is no replica", "_URL in "),
        "replica 2": ("It cannot be reached", "_REPLICA_URLS."),
        "replica 3": ("It cannot be reached", "_REPLICA_URLS."),
    }  # fmt: skip
    assert "a-secret" not in str(told)


async def test_a_pool_that_the_server_has_no_room_for(admin: str) -> None:
    findings = ills(await found(admin, pool_size=500))
    assert findings["connections"].health is Health.FAULT


async def test_a_database_that_is_not_there(admin_url: str) -> None:
    findings = await found(urlsplit(admin_url)._replace(path="/nowhere").geturl())
    assert [*findings] == ["connection"]
    assert findings["connection"].health is Health.FAULT


def test_the_command_looks_at_every_address_it_is_given(gateway_url: str, admin_url: str) -> None:
    given = {"DATABASE_URL": gateway_url, "DATABASE_ADMIN_URL": admin_url, "DATABASE_DIRECT_URL": gateway_url}
    done = run("doctor", **given, DATABASE_REPLICA_URLS="postgresql://me:a-secret@127.0.0.1:1/x")
    assert done.returncode == 1, done.stderr
    assert [line for line in done.stdout.splitlines() if line.startswith("fault")] == [
        "fault  replica: It cannot be reached: [Errno 111] Connect call failed ('127.0.0.1', 1)."
    ]
    assert "ok     direct connection: It leads where it should." in done.stdout
    assert "a-secret" not in done.stdout + done.stderr
    assert run("doctor", **given).returncode == 0
