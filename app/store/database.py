"""The pool of connections, opened as a role that row-level security binds."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Self

import asyncpg

from app.store.contact_session import ContactSession
from app.store.definitions import Models
from app.store.failures import NoConnection, Unavailable, translated
from app.store.roles import CONTACT_ROLE, GATEWAY_ROLE, contact_role_usable
from app.store.session import Observer, Session

_READING = "begin isolation level repeatable read read only; set local app.shop_id = '{}'"
_WRITING = "begin; set local app.shop_id = '{}'"
_AS_CONTACT = f"set local app.contact_id = '{{}}'; set local role {CONTACT_ROLE}"


# the driver's pool logs a traceback for every try to come back: what it meets is answered and logged by us
logging.getLogger("asyncpg.pool").setLevel(logging.CRITICAL)


class UnsafeRole(Exception):
    """The database role may bypass row-level security, or a tenant table does not force it."""


class Database:
    """The pool of the gateway's role, and the two kinds of session it gives out."""

    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]", *, contact_role: bool = True) -> None:
        self.pool = pool
        self._contact_role = contact_role
        self.models = Models()
        self.observers: list[Observer] = []  # see every statement; tests count them

    @classmethod
    async def connect(cls, url: str, *, size: int = 16, statement_timeout_ms: int = 5000) -> Self:
        """Opens the pool. A login that may bypass row-level security takes on the gateway's role for the whole
        connection; what then still may is refused with UnsafeRole."""
        settings = {
            "statement_timeout": str(statement_timeout_ms),
            "application_name": "custom-data",
            "jit": "off",  # compiling costs more than any statement of ours runs
            # our statements have one good plan each, whatever the values (tests/store/test_plans.py): make it once
            "plan_cache_mode": "force_generic_plan",
        }
        with translated():
            probe = await asyncpg.connect(url)
            try:
                if await probe.fetchval(_MAY_BYPASS) and await probe.fetchval(_MAY_TAKE_ROLE, GATEWAY_ROLE):
                    settings["role"] = GATEWAY_ROLE
            finally:
                await probe.close()
            pool = await asyncpg.create_pool(
                url, min_size=1, max_size=size, server_settings=settings, reset=_keep, command_timeout=30
            )
            try:
                await _refuse_unsafe(pool)
            except BaseException:
                await pool.close()
                raise
            contact_role = await contact_role_usable(pool)
        return cls(pool, contact_role=contact_role)

    def read_session(self, shop_id: int) -> Session:
        """One read-only snapshot, begun by its first statement: whatever is asked in it sees the same state. The
        caller closes it."""
        return self._session(shop_id, _READING)

    def contact_session(self, shop_id: int, contact_id: int) -> ContactSession:
        """The same in the name of a contact, who sees its own. Raises Unavailable without the contact's role."""
        self.require_contact_role()
        begin = f"{_READING}; {_AS_CONTACT}".format(int(shop_id), int(contact_id))
        return ContactSession(self.pool, shop_id, begin, self.observers)

    def require_contact_role(self) -> None:
        """Raises Unavailable on a database where contacts cannot be told apart."""
        if not self._contact_role:
            raise Unavailable(
                f"Contact tokens need the database role {CONTACT_ROLE}. Run 'custom-data migrate' with a login that "
                "may create roles."
            )

    @asynccontextmanager
    async def reading(self, shop_id: int) -> AsyncIterator[Session]:
        """A read session, closed at the end."""
        async with _ended(self.read_session(shop_id)) as session:
            yield session

    @asynccontextmanager
    async def writing(self, shop_id: int) -> AsyncIterator[Session]:
        """One transaction: committed at the end, undone by any exception."""
        try:
            async with _ended(self._session(shop_id, _WRITING)) as session:
                yield session
        except NoConnection as failure:
            failure.unwritten = True
            raise

    def _session(self, shop_id: int, begin: str) -> Session:
        return Session(self.pool, shop_id, begin.format(int(shop_id)), self.observers)

    async def ping(self) -> None:
        """Asks the database for a sign of life. Raises the store's failures."""
        with translated():
            await self.pool.fetchval("select 1", timeout=1)

    async def close(self) -> None:
        await self.pool.close()


_MAY_BYPASS = "select rolsuper or rolbypassrls from pg_roles where rolname = current_user"
_MAY_TAKE_ROLE = "select exists (select from pg_roles where rolname = $1 and pg_has_role(current_user, oid, 'member'))"
_UNFORCED = """
    select c.relname from pg_class c
    join pg_attribute a on a.attrelid = c.oid and a.attname = 'shop_id' and not a.attisdropped
    where c.relkind in ('r', 'p') and c.relnamespace = current_schema()::regnamespace
      and not (c.relrowsecurity and c.relforcerowsecurity)
"""


@asynccontextmanager
async def _ended(session: Session) -> AsyncIterator[Session]:
    try:
        yield session
    except BaseException:
        await session.close("rollback")
        raise
    await session.close()


async def _keep(_connection: object) -> None:
    """Nothing to reset: a session leaves no state behind, and the default costs a round trip."""


async def _refuse_unsafe(pool: "asyncpg.Pool[asyncpg.Record]") -> None:
    if await pool.fetchval(_MAY_BYPASS):
        role = await pool.fetchval("select current_user::text")
        raise UnsafeRole(
            f"The database role {role!r} bypasses row-level security. Run 'custom-data migrate' once with a role that "
            f"may create roles: it makes {GATEWAY_ROLE!r}; then serve again."
        )
    if unforced := [row["relname"] for row in await pool.fetch(_UNFORCED)]:
        raise UnsafeRole(f"Row-level security is not forced on {', '.join(unforced)}. Run 'custom-data migrate'.")
