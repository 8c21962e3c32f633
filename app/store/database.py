"""The pool of connections, opened as a role that row-level security binds."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import lru_cache
from typing import Self

import asyncpg

from app.store import shops
from app.store.contact_session import ContactSession
from app.store.definitions import MODEL_KNOWN, Models
from app.store.failures import NoConnection, Unavailable, translated
from app.store.feeds import Feeds
from app.store.pool import Connection, Pool
from app.store.roles import CONTACT_ROLE, GATEWAY_ROLE, contact_role_usable
from app.store.session import Check, Observer, Session
from app.store.wakes import Wakes

_OPENING_SECONDS = 60
_READING = "begin isolation level repeatable read read only; set local app.shop_id = '{}'"
_WRITING = "begin; set local app.shop_id = '{}'"
_AS_CONTACT = f"set local app.contact_id = '{{}}'; set local role {CONTACT_ROLE}"


class UnsafeRole(Exception):
    """The database role may bypass row-level security, or a tenant table does not force it."""


class Database:
    """The pool of the gateway's role, and the two kinds of session it gives out."""

    def __init__(self, pool: Pool, connect: Callable[[], Awaitable[Connection]], *, contact_role: bool = True) -> None:
        self.pool = pool
        self._contact_role = contact_role
        self.models = Models()
        self.wakes = Wakes(connect)
        self.feeds = Feeds(self.reading, self.wakes)
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

            def connect() -> Awaitable[Connection]:
                return _connected(url, settings)

            pool = Pool(connect, size)
            try:
                async with pool.acquire(_OPENING_SECONDS) as connection:
                    await _refuse_unsafe(connection)
                    contact_role = await contact_role_usable(connection)
            except BaseException:
                await pool.close()
                raise
        return cls(pool, connect, contact_role=contact_role)

    def read_session(self, shop_id: int) -> Session:
        """One read-only snapshot, begun by its first statement: whatever is asked in it sees the same state. The
        caller closes it."""
        return self._reader(shop_id, self.models.check(shop_id))

    def contact_session(self, shop_id: int, contact_id: int) -> ContactSession:
        """The same in the name of a contact, who sees its own. Raises Unavailable without the contact's role."""
        self.require_contact_role()
        begin = f"{_READING}; {_AS_CONTACT}".format(int(shop_id), int(contact_id))
        check = self.models.check(shop_id)
        return ContactSession(self.pool, shop_id, begin, self.observers, lingers=True, check=check)

    def require_contact_role(self) -> None:
        """Raises Unavailable on a database where contacts cannot be told apart."""
        if not self._contact_role:
            raise Unavailable(
                f"Contact tokens need the database role {CONTACT_ROLE}. Run 'custom-data migrate' with a login that "
                "may create roles."
            )

    @asynccontextmanager
    async def reading(self, shop_id: int) -> AsyncIterator[Session]:
        """A read session for what needs no model, closed at the end."""
        async with _ended(self._reader(shop_id)) as session:
            yield session

    @asynccontextmanager
    async def writing(self, shop_id: int) -> AsyncIterator[Session]:
        """One transaction: committed at the end, undone by any exception."""
        try:
            async with _ended(Session(self.pool, shop_id, _WRITING.format(int(shop_id)), self.observers)) as session:
                yield session
        except NoConnection as failure:
            failure.unwritten = True
            raise

    def _reader(self, shop_id: int, check: Check | None = None) -> Session:
        return Session(self.pool, shop_id, _reading(shop_id), self.observers, lingers=True, check=check)

    async def automated_shops(self) -> list[int]:
        """The shops that have had triggers, for those who look after all of them. Raises the store's failures."""
        with translated():
            async with self.pool.acquire() as connection, connection.transaction():
                await connection.execute("set local app.administration = 'on'")
                return await shops.automated_shops(connection)

    async def ping(self) -> None:
        """Asks the database for a sign of life. Raises the store's failures."""
        with translated():
            async with self.pool.acquire() as connection:
                await connection.fetchval("select 1", timeout=1)

    async def close(self) -> None:
        await self.wakes.close()
        await self.pool.close()


@lru_cache(maxsize=1_000)
def _reading(shop_id: int) -> str:
    return _READING.format(int(shop_id))


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


async def _connected(url: str, settings: dict[str, str]) -> Connection:
    connection: Connection = await asyncpg.connect(url, server_settings=settings, command_timeout=30)
    try:
        await connection.execute(f'prepare "{MODEL_KNOWN.name}" (bigint, bigint) as {MODEL_KNOWN.sql}')
    except BaseException:
        connection.terminate()
        raise
    return connection


async def _refuse_unsafe(connection: Connection) -> None:
    if await connection.fetchval(_MAY_BYPASS):
        role = await connection.fetchval("select current_user::text")
        raise UnsafeRole(
            f"The database role {role!r} bypasses row-level security. Run 'custom-data migrate' once with a role that "
            f"may create roles: it makes {GATEWAY_ROLE!r}; then serve again."
        )
    if unforced := [row["relname"] for row in await connection.fetch(_UNFORCED)]:
        raise UnsafeRole(f"Row-level security is not forced on {', '.join(unforced)}. Run 'custom-data migrate'.")
