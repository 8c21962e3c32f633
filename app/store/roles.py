"""The two roles of the gateway: its own, and the one that contact tokens read as.

The second is a lock of their own for contact tokens, and costs everybody else nothing.
"""

from contextlib import suppress
from importlib.resources import files

import asyncpg

from app.store.distribution import is_spread

GATEWAY_ROLE = "custom_data_gateway"
CONTACT_ROLE = "custom_data_contact"


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
# The nodes of a Citus cluster make permissive policies of restrictive ones: of two, either would do. There the
# contact's policies name the shop too, and the tenant's are not for contacts.
_OWN = {"own_contact": "contacts", "own_customers": "customers", "active_catalogue": "products",
        "own_records": "records"}  # fmt: skip
_TENANT = "shop_id = nullif(current_setting('app.shop_id', true), '')::bigint"
_NOT_FOR_CONTACTS = f"({_TENANT} and current_user <> '{CONTACT_ROLE}')"
_KEPT_APART = """
    select count(*) = 4 from pg_policies
    where schemaname = $1 and policyname = 'tenant' and tablename = any ($2::name[]) and qual like $3
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
    if await is_spread(connection) and not await _kept_apart(connection, None):
        return False
    return bool(await connection.fetchval(_USABLE, [CONTACT_ROLE, GATEWAY_ROLE], right))


async def _kept_apart(connection: "asyncpg.Connection[asyncpg.Record]", schema: str | None) -> bool:
    """Whether a cluster's policies are those that its nodes keep."""
    schema = schema or await connection.fetchval("select current_schema()")
    return bool(await connection.fetchval(_KEPT_APART, schema, [*_OWN.values()], f"%{CONTACT_ROLE}%"))


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
    spread = await is_spread(connection)
    if await connection.fetchval(_POLICIES_MISSING, schema) or (spread and not await _kept_apart(connection, schema)):
        await _make_policies(connection, await connection.fetchval("select quote_ident($1)", schema), spread=spread)


async def _make_policies(connection: "asyncpg.Connection[asyncpg.Record]", quoted_schema: str, *, spread: bool) -> None:
    how = {"kind": "", "within": _TENANT} if spread else {"kind": "as restrictive", "within": "true"}
    sql = files(__package__).joinpath("contact_role.sql").read_text().format(schema=quoted_schema, **how)
    async with connection.transaction():
        if spread:
            for policy, table in _OWN.items():
                await connection.execute(f"drop policy if exists {policy} on {table}")
                await connection.execute(
                    f"alter policy tenant on {table} using {_NOT_FOR_CONTACTS} with check {_NOT_FOR_CONTACTS}"
                )
        await connection.execute(sql)
