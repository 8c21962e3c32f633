"""The two roles of the gateway: its own, and the one that contact tokens read as.

The second is a lock of their own for contact tokens, and costs everybody else nothing.
"""

from contextlib import suppress
from importlib.resources import files

import asyncpg

GATEWAY_ROLE = "custom_data_gateway"
CONTACT_ROLE = "custom_data_contact"


def _take_on(server: int) -> str:
    """The gateway may take the role on but does not inherit it: policies bind whoever inherits a role."""
    if server >= 16:
        return f"grant {CONTACT_ROLE} to {GATEWAY_ROLE} with inherit false, set true"
    return f"alter role {GATEWAY_ROLE} noinherit; grant {CONTACT_ROLE} to {GATEWAY_ROLE}"


_POLICIES_EXIST = "select exists (select from pg_policies where policyname = 'own_records' and schemaname = $1)"


async def ready_contact_role(connection: "asyncpg.Connection[asyncpg.Record]", schema: str) -> None:
    """Makes the role, its rights and its policies where they are missing. Needs a login that may create roles and owns
    the tables. `schema` is the plain name of the tables' schema."""
    with suppress(asyncpg.DuplicateObjectError, asyncpg.UniqueViolationError):
        if not await connection.fetchval("select exists (select from pg_roles where rolname = $1)", CONTACT_ROLE):
            await connection.execute(f"create role {CONTACT_ROLE} nologin nosuperuser nobypassrls")
    await connection.execute(_take_on(connection.get_server_version().major))
    if not await connection.fetchval(_POLICIES_EXIST, schema):
        quoted = await connection.fetchval("select quote_ident($1)", schema)
        async with connection.transaction():
            sql = files(__package__).joinpath("contact_role.sql").read_text()
            await connection.execute(sql.format(schema=quoted))
