"""Looks at a deployment, as `custom-data doctor` does: what is right, what is not, how to mend it. Changes nothing."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial

import asyncpg

from app.store.addresses import Addresses, look_at_addresses
from app.store.administration import connected
from app.store.failures import Unavailable
from app.store.findings import Finding, fault, note, sound
from app.store.migrate import Migration, known_migrations
from app.store.policies import look_at_row_security
from app.store.pool import Connection
from app.store.roles import CONTACT_ROLE, CONTACT_TABLES, GATEWAY_ROLE, contact_role_usable
from app.store.server_examination import (
    look_at_clock,
    look_at_durability,
    look_at_log,
    look_at_replication,
    look_at_server,
)

_OWN = 5  # connections of a worker beside its pool: its couriers' and the one that listens


async def examine(gateway_url: str, pool_size: int, addresses: Addresses | None = None) -> AsyncIterator[Finding]:
    """Everything that can be looked at with the gateway's own login, in the order in which it should be mended, then
    the other addresses. Where the database cannot be reached, that is the only finding."""
    try:
        async with connected(gateway_url) as connection:
            yield sound("connection", "The database answers.")
            async for finding in findings(connection, pool_size):
                yield finding
            async for finding in look_at_addresses(connection, addresses or Addresses()):
                yield finding
    except Unavailable as failure:
        yield fault("connection", str(failure), _FULL if "too many" in str(failure) else _UNREACHED)


async def findings(connection: Connection, pool_size: int) -> AsyncIterator[Finding]:
    """What the gateway's login finds."""
    for subject, look in _LOOKS.items():
        yield await _looked(subject, look, connection)
    yield await _looked("connections", partial(_connections, pool_size=pool_size), connection)


async def _looked(subject: str, look: Callable[[Connection], Awaitable[Finding]], connection: Connection) -> Finding:
    try:
        return await look(connection)
    except asyncpg.PostgresError as error:
        return fault(subject, f"It cannot be looked at: {error}.", "Run 'custom-data migrate', then look again.")


async def _migrations(connection: Connection) -> Finding:
    known = {each.number: each for each in known_migrations()}
    if await connection.fetchval("select to_regclass('schema_migrations') is null"):
        return fault("migrations", "The database has none of our tables.", "Run 'custom-data migrate'.")
    rows = await connection.fetch("select number, name, checksum from schema_migrations")
    applied = {row["number"]: row for row in rows}
    strange = [row["name"] for number, row in applied.items() if number not in known]
    if strange:
        return fault("migrations", f"The database is newer: it has {', '.join(strange)}.", "Install a later version.")
    altered = [row["name"] for number, row in applied.items() if row["checksum"] != known[number].checksum]
    if altered:
        return fault("migrations", f"Altered after they were applied: {', '.join(altered)}.", "Restore the files.")
    missing = [each.name for number, each in known.items() if number not in applied]
    if missing:
        return fault("migrations", f"Missing: {', '.join(missing)}.", "Run 'custom-data migrate'.")
    return sound("migrations", "All of this version are applied.")


async def _role(connection: Connection) -> Finding:
    row = await connection.fetchrow(_ROLE, GATEWAY_ROLE)
    assert row is not None
    name, bypasses, taken_on, role_bypasses = row
    if not bypasses:
        return sound("role", f"{name} is bound by row-level security.")
    if name == GATEWAY_ROLE or role_bypasses:
        return fault(
            "role", f"{GATEWAY_ROLE} bypasses row-level security; the gateway refuses to serve.",
            f"As a superuser: alter role {GATEWAY_ROLE} nosuperuser nobypassrls.",
        )  # fmt: skip
    if taken_on:
        return sound("role", f"{name} takes on {GATEWAY_ROLE}, which is bound by row-level security.")
    return fault(
        "role", f"{name} bypasses row-level security, and there is no {GATEWAY_ROLE} for it to take on.",
        "Run 'custom-data migrate' with a login that may create roles.",
    )  # fmt: skip


async def _rights(connection: Connection) -> Finding:
    """Of the role that serves (the login, or what it takes on), and of the one that contact tokens read as."""
    lacking = [row["told"] for row in await connection.fetch(_RIGHTS, GATEWAY_ROLE, CONTACT_ROLE, CONTACT_TABLES)]
    if lacking:
        return fault(
            "rights", f"{'; '.join(lacking)}.",
            "As the tables' owner: grant it. 'custom-data migrate' grants all that is the gateway's own.",
        )  # fmt: skip
    return sound("rights", "Who serves may read and write all it has to.")


async def _primary_keys(connection: Connection) -> Finding:
    keyless = [row["name"] for row in await connection.fetch(_KEYLESS)]
    if keyless:
        return fault(
            "primary keys", f"Missing on {', '.join(keyless)}. What should be there once may be there twice.",
            "As the owner: alter table ... add primary key (...), as in the table's migration.",
        )  # fmt: skip
    return sound("primary keys", "Every table has its own.")


async def _contact_role(connection: Connection) -> Finding:
    told = f"Contact tokens cannot read: {CONTACT_ROLE} is missing, or the gateway may not take it on."
    async with connection.transaction(readonly=True):  # a role set outside would be left on a pooler's connection
        if await connection.fetchval("select rolsuper from pg_roles where rolname = current_user"):
            await connection.execute(f"set local role {GATEWAY_ROLE}")
        usable = await contact_role_usable(connection)
    if usable:
        return sound("contact tokens", f"They read as {CONTACT_ROLE}.")
    return note("contact tokens", told, "If tokens are used, run 'custom-data migrate' as one who may create roles.")


async def _indexes(connection: Connection) -> Finding:
    rows = await connection.fetch(_INDEXES)
    invalid = [row["name"] for row in rows if not row["usable"]]
    if invalid:
        mend = "; ".join(f"reindex index concurrently {name}" for name in invalid)
        return fault("indexes", f"Not usable: {', '.join(invalid)}.", f"As the owner: {mend}.")
    missing = sorted(_declared(known_migrations()) - {row["name"] for row in rows})
    if missing:
        return fault("indexes", f"Missing: {', '.join(missing)}.", "Create them as in the migrations, concurrently.")
    return sound("indexes", f"All {len(rows)} are there and usable.")


def _declared(migrations: list[Migration]) -> set[str]:
    """The names of the indexes that the migrations leave behind."""
    found: set[str] = set()
    for each in migrations:
        for made, dropped in _MADE_OR_DROPPED.findall(each.sql):
            found = found | {made} if made else found - {dropped}
    return found


async def _connections(connection: Connection, pool_size: int) -> Finding:
    row = await connection.fetchrow(_CONNECTIONS)
    assert row is not None
    room, used, each = row["most"], row["used"], pool_size + _OWN
    fit = (room - used) // each
    told = f"Each worker uses up to {each}; {room - used} of {room} are free, enough for {fit} workers more."
    if room < each:
        return fault("connections", told, "Raise max_connections, or lower CUSTOM_DATA_POOL_SIZE.")
    if fit < 1:
        return note("connections", told, "Raise max_connections, or lower CUSTOM_DATA_POOL_SIZE, to add workers.")
    return sound("connections", told)


async def _citus(connection: Connection) -> Finding:
    if not await connection.fetchval("select exists (select from pg_extension where extname = 'citus')"):
        return sound("citus", "Not used.")
    local = [row["name"] for row in await connection.fetch(_NOT_DISTRIBUTED)]
    if local:
        return fault("citus", f"Not distributed: {', '.join(local)}.", "Run 'custom-data migrate'.")
    return sound("citus", "All tables with a shop are distributed.")


_UNREACHED = "Start the database, or correct DATABASE_URL. Where the role is missing, run 'custom-data migrate'."
_FULL = (
    "Raise max_connections, or the role's or database's connection limit; or lower CUSTOM_DATA_POOL_SIZE, which is of "
    "each worker."
)
_ROLE = """
    select l.rolname::text, l.rolsuper or l.rolbypassrls,
           coalesce(pg_has_role(l.oid, g.oid, 'MEMBER'), false), coalesce(g.rolsuper or g.rolbypassrls, false)
    from pg_roles l left join pg_roles g on g.rolname = $1
    where l.rolname = current_user
"""
_SERVING = """
    serving as (
        select coalesce(g.rolname, l.rolname) as role
        from pg_roles l
        left join pg_roles g on g.rolname = $1 and pg_has_role(l.oid, g.oid, 'MEMBER')
                            and (l.rolsuper or l.rolbypassrls)
        where l.rolname = current_user
    )
"""
_RIGHTS = f"""
    with {_SERVING}, ours as (
        select c.oid, c.relname
        from pg_class c left join pg_attribute a on a.attrelid = c.oid and a.attname = 'shop_id' and not a.attisdropped
        where c.relkind in ('r', 'p') and c.relnamespace = current_schema()::regnamespace
          and (a.attname is not null or c.relname = 'schema_migrations')
    ), lacking (role, relname, privilege) as (
        select role, relname, privilege
        from serving, ours, unnest(array['select', 'insert', 'update', 'delete']) privilege
        where not has_table_privilege(role, ours.oid, privilege)
          and (relname <> 'schema_migrations' or privilege = 'select')
        union all
        select role, s.relname, privilege
        from serving, ours, unnest(array['usage', 'update']) privilege, pg_depend d, pg_class s
        where d.refobjid = ours.oid and d.deptype in ('a', 'i') and s.oid = d.objid and s.relkind = 'S'
          and not has_sequence_privilege(role, s.oid, privilege)
        union all
        select r.rolname, relname, 'select'
        from ours, pg_roles r
        where r.rolname = $2 and relname = any ($3::name[]) and not has_table_privilege(r.oid, ours.oid, 'select')
          and exists (select from pg_policies where policyname = 'own_records' and schemaname = current_schema())
    )
    select role || ' lacks ' || string_agg(privilege, ', ' order by privilege) || ' on ' || relname as told
    from lacking group by role, relname order by role, relname
"""
_KEYLESS = """
    select c.relname as name
    from pg_class c
    join pg_attribute a on a.attrelid = c.oid and a.attname = 'shop_id' and not a.attisdropped
    where c.relkind in ('r', 'p') and c.relnamespace = current_schema()::regnamespace
      and not exists (select from pg_constraint k where k.conrelid = c.oid and k.contype = 'p')
    order by c.relname
"""
_INDEXES = """
    select i.relname as name, x.indisvalid and x.indisready as usable
    from pg_index x join pg_class i on i.oid = x.indexrelid
    where i.relnamespace = current_schema()::regnamespace
"""
_MADE_OR_DROPPED = re.compile(
    r"^\s*(?:create (?:unique )?index (?:if not exists )?(\w+)|drop index (?:if exists )?(\w+))", re.MULTILINE
)
_CONNECTIONS = """
    select current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int as most,
           (select count(*)::int from pg_stat_activity where backend_type = 'client backend') as used
"""
_NOT_DISTRIBUTED = """
    select c.relname as name from pg_class c
    join pg_attribute a on a.attrelid = c.oid and a.attname = 'shop_id' and not a.attisdropped
    where c.relkind in ('r', 'p') and c.relnamespace = current_schema()::regnamespace
      and not exists (select from pg_dist_partition d where d.logicalrelid = c.oid)
"""
_LOOKS = {
    "server": look_at_server, "migrations": _migrations, "role": _role, "rights": _rights,
    "row security": look_at_row_security, "contact tokens": _contact_role, "primary keys": _primary_keys,
    "indexes": _indexes, "clock": look_at_clock, "durability": look_at_durability,
    "server log": look_at_log, "replicas": look_at_replication, "citus": _citus,
}  # fmt: skip
