"""The two roles of the gateway: its own, and the one that contact tokens read as.

The second is a lock of their own for contact tokens, and costs everybody else nothing.
"""

from contextlib import suppress
from importlib.resources import files

import asyncpg

GATEWAY_ROLE = "custom_data_gateway"
CONTACT_ROLE = "custom_data_contact"
CONTACT_TABLES = (  # that it reads
    "shops", "definitions", "override_sources", "contacts", "customers", "products", "records", "change_heads",
)  # fmt: skip


def _set_right(server: int) -> str:
    """What pg_has_role calls the right to SET ROLE."""
    return "SET" if server >= 16 else "MEMBER"


def _take_on(server: int) -> str:
    """The gateway may take the role on but does not inherit it: policies bind whoever inherits a role."""
    if server >= 16:
        return f"grant {CONTACT_ROLE} to {GATEWAY_ROLE} with inherit false, set true"
    return f"alter role {GATEWAY_ROLE} noinherit; grant {CONTACT_ROLE} to {GATEWAY_ROLE}"


_ROLE_EXISTS = "select exists (select from pg_roles where rolname = $1)"
_TAKEN_ON = "select pg_has_role($1::name, $2::name, $3) and not pg_has_role($1::name, $2::name, 'USAGE')"
_POLICIES_MISSING = """
    select to_regclass('records') is not null
       and not exists (select from pg_policies where policyname = 'own_records' and schemaname = $1)
"""
_USABLE = """
    select exists (select from pg_policies where policyname = 'own_records' and schemaname = current_schema())
       and count(*) filter (where pg_has_role(current_user, oid, $2)) = 2 and not bool_or(rolsuper or rolbypassrls)
    from pg_roles where rolname = any ($1::name[])
"""


async def contact_role_usable(connection: "asyncpg.Connection[asyncpg.Record]") -> bool:
    """Whether this login may read as a contact and go back to the gateway's role for a price, and the contact's
    policies exist in this database: roles are the whole server's, policies are not."""
    right = _set_right(connection.get_server_version().major)
    return bool(await connection.fetchval(_USABLE, [CONTACT_ROLE, GATEWAY_ROLE], right))


async def ready_contact_role(connection: "asyncpg.Connection[asyncpg.Record]", schema: str) -> None:
    """Makes the role, its rights and its policies where they are missing. Needs a login that may create roles and owns
    the tables; where the roles are another login's, it may have to leave them as they are. `schema` is the plain name
    of the tables' schema."""
    with suppress(asyncpg.DuplicateObjectError, asyncpg.UniqueViolationError):
        if not await connection.fetchval(_ROLE_EXISTS, CONTACT_ROLE):
            await connection.execute(f"create role {CONTACT_ROLE} nologin nosuperuser nobypassrls")
    server = connection.get_server_version().major
    if not await connection.fetchval(_TAKEN_ON, GATEWAY_ROLE, CONTACT_ROLE, _set_right(server)):
        with suppress(asyncpg.InsufficientPrivilegeError):  # then contact tokens are refused, keys work
            await connection.execute(_take_on(server))
    if await connection.fetchval(_POLICIES_MISSING, schema):
        quoted = await connection.fetchval("select quote_ident($1)", schema)
        async with connection.transaction():
            sql = files(__package__).joinpath("contact_role.sql").read_text()
            await connection.execute(sql.format(schema=quoted))
