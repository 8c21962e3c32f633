"""Numbered plain SQL migrations, each applied once, in one transaction, under one lock for the whole run."""

import hashlib
from contextlib import suppress
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

import asyncpg

from app.store.administration import connected
from app.store.commands import commands
from app.store.distribution import distribute
from app.store.roles import GATEWAY_ROLE, ready_contact_role
from app.store.servers import is_pooled

OLDEST_SERVER = 15
_LOCK = 0x637573746F6D  # any number of our own: whoever migrates this database holds it
_HISTORY = """
    create table schema_migrations (
        number     integer primary key,
        name       text not null,
        checksum   text not null,
        applied_at timestamptz not null default now()
    )
"""
_ROLE = """
    select exists (select from pg_roles where rolname = $1),
           login.rolsuper or login.rolcreaterole,
           pg_has_role(history.relowner, 'USAGE')
    from pg_roles login, pg_class history
    where login.rolname = current_user and history.oid = 'schema_migrations'::regclass
"""
_RIGHTS = """
    grant usage on schema {schema} to {role};
    grant select, insert, update, delete on all tables in schema {schema} to {role};
    grant usage, update on all sequences in schema {schema} to {role};
    revoke insert, update, delete on schema_migrations from {role};
"""
# Granting what is granted would write to the catalogue all the same, and have every gateway that runs plan anew.
_RIGHTS_THERE = """
    select has_schema_privilege($1::name, n.oid, 'USAGE')
       and not has_table_privilege($1::name, 'schema_migrations', 'INSERT, UPDATE, DELETE')
       and not exists (
           select from pg_class c where c.relnamespace = n.oid and not case
               when c.relkind in ('r', 'p') then has_table_privilege($1::name, c.oid, 'SELECT') and (
                   c.relname = 'schema_migrations' or (
                       has_table_privilege($1::name, c.oid, 'INSERT')
                       and has_table_privilege($1::name, c.oid, 'UPDATE')
                       and has_table_privilege($1::name, c.oid, 'DELETE')))
                   and ($2::text is null or has_table_privilege($1::name, c.oid, $2))
               when c.relkind = 'S' then has_sequence_privilege($1::name, c.oid, 'USAGE')
                   and has_sequence_privilege($1::name, c.oid, 'UPDATE')
               else true end)
    from pg_namespace n where n.nspname = current_schema()
"""
_MAINTAIN = "grant maintain on all tables in schema {schema} to {role}"  # to analyze what an import fills
_MAINTAIN_SINCE = 17


class MigrationRefused(Exception):
    """The database cannot be brought to this version's shape. The text names the migration and what to do."""


@dataclass(frozen=True, slots=True)
class Migrated:
    """What a run did. `role_ready` is false when the login could not create the gateway's role: then the login itself
    serves, and since row-level security is forced it binds the tables' owner too. `distributed` are tables of a Citus
    cluster."""

    applied: tuple[str, ...]
    role_ready: bool
    distributed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Migration:
    """One file: its number, and the checksum that is remembered when it is applied."""

    number: int
    name: str
    sql: str

    @property
    def checksum(self) -> str:
        return hashlib.sha256(self.sql.encode()).hexdigest()


async def migrate(url: str, folder: Traversable | None = None) -> Migrated:
    """Applies what is missing and readies the gateway's role. Two gateways starting at once migrate once: the second
    waits for the first. Raises MigrationRefused."""
    migrations = _read(folder) if folder is not None else known_migrations()
    async with connected(url) as connection:
        await _refuse_pooler(connection)
        _refuse_old(connection.get_server_version().major)
        await connection.execute("select pg_advisory_lock($1)", _LOCK)  # the connection's end releases it
        try:
            applied = await _apply(connection, migrations)
            distributed = await distribute(connection)
            return Migrated(tuple(applied), await _ready_role(connection), tuple(distributed))
        except asyncpg.ReadOnlySQLTransactionError as error:
            raise MigrationRefused(
                "Something is to be migrated, and the database takes no writes. Name the server that does."
            ) from error
        except asyncpg.InsufficientPrivilegeError as error:
            raise MigrationRefused(f"The login may not migrate: {error}. Use the database's owner.") from error


async def _refuse_pooler(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    """The lock of a run is its connection's; behind a pooler it would be anybody's."""
    if await is_pooled(connection):
        raise MigrationRefused(
            "A pooler stands before this database, and migrations need a connection of their own. Set "
            "DATABASE_DIRECT_URL, or DATABASE_ADMIN_URL for the owner's login, to the server itself."
        )


def known_migrations() -> list[Migration]:
    """Those of this version, in order."""
    return _read(_folder())


def _refuse_old(major: int) -> None:
    if major < OLDEST_SERVER:
        raise MigrationRefused(f"The server is PostgreSQL {major}; at least {OLDEST_SERVER} is needed.")


def _folder() -> Traversable:
    """An installed wheel carries the migrations inside the package, a checkout beside it."""
    packaged = files("app") / "migrations"
    return packaged if packaged.is_dir() else Path(__file__).parents[2] / "db" / "migrations"


def _read(folder: Traversable) -> list[Migration]:
    paths = sorted((path for path in folder.iterdir() if path.name.endswith(".sql")), key=lambda path: path.name)
    names = [path.name.removesuffix(".sql") for path in paths]
    return [
        Migration(int(name.split("_")[0]), name, path.read_text(encoding="utf-8"))
        for name, path in zip(names, paths, strict=True)
    ]


async def _apply(connection: "asyncpg.Connection[asyncpg.Record]", migrations: list[Migration]) -> list[str]:
    if await connection.fetchval("select to_regclass('schema_migrations') is null"):
        await connection.execute(_HISTORY)
    history = {row["number"]: row for row in await connection.fetch("select * from schema_migrations")}
    _refuse_altered(migrations, history)
    missing = [migration for migration in migrations if migration.number not in history]
    for migration in missing:
        async with connection.transaction():
            for command in commands(migration.sql):
                await connection.execute(command)
            await connection.execute(
                "insert into schema_migrations (number, name, checksum) values ($1, $2, $3)",
                migration.number, migration.name, migration.checksum,
            )  # fmt: skip
    return [migration.name for migration in missing]


def _refuse_altered(migrations: list[Migration], history: dict[int, asyncpg.Record]) -> None:
    known = {migration.number: migration for migration in migrations}
    for number, row in history.items():
        if number not in known:
            raise MigrationRefused(
                f"The database already has migration {row['name']}, which this version does not know. "
                "Install the version that made it, or a later one."
            )
        if known[number].checksum != row["checksum"]:
            raise MigrationRefused(
                f"Migration {row['name']} was altered after it was applied. Restore the file, and put the change into "
                "a migration with a new number."
            )


async def _ready_role(connection: "asyncpg.Connection[asyncpg.Record]") -> bool:
    """Whether the gateway's role exists, with its rights, for this login to take on."""
    [(exists, may_create, owns)] = await connection.fetch(_ROLE, GATEWAY_ROLE)
    if not owns:
        return bool(exists)  # nothing to give: a migration by the owner has done it
    if not exists and not may_create:
        return False
    if not exists:
        await _create_role(connection)
    await _give_rights(connection)
    if may_create:
        await ready_contact_role(connection, await connection.fetchval("select current_schema()"))
    return await _take_membership(connection)


async def _give_rights(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    maintains = connection.get_server_version().major >= _MAINTAIN_SINCE
    if await connection.fetchval(_RIGHTS_THERE, GATEWAY_ROLE, "MAINTAIN" if maintains else None):
        return
    schema = await connection.fetchval("select quote_ident(current_schema())")
    await connection.execute(_RIGHTS.format(schema=schema, role=GATEWAY_ROLE))
    if maintains:
        await connection.execute(_MAINTAIN.format(schema=schema, role=GATEWAY_ROLE))


async def _create_role(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    # roles are shared by all databases of a server: another one's migration may be faster
    with suppress(asyncpg.DuplicateObjectError, asyncpg.UniqueViolationError):
        await connection.execute(f"create role {GATEWAY_ROLE} login nosuperuser nobypassrls")


async def _take_membership(connection: "asyncpg.Connection[asyncpg.Record]") -> bool:
    """A login that bypasses row-level security serves as the gateway's role, so it must be a member."""
    right = "SET" if connection.get_server_version().major >= 16 else "MEMBER"
    if await connection.fetchval("select pg_has_role(current_user, $1::name, $2)", GATEWAY_ROLE, right):
        return True
    try:
        await connection.execute(f"grant {GATEWAY_ROLE} to current_user")
    except asyncpg.InsufficientPrivilegeError:
        return False
    return True
