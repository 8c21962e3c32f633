"""The pool of connections, opened as a role that row-level security binds."""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from functools import lru_cache
from typing import Any, Self, TypeVar

from app.domain.limits import CHANGE_DAYS
from app.store import changes, shops
from app.store.contact_session import ContactSession
from app.store.definitions import MODEL_KNOWN, Models
from app.store.failures import NoConnection, StoreFailure, Unavailable, translated
from app.store.feeds import Feeds
from app.store.pool import Connection, Pool
from app.store.positions import Positions
from app.store.replicas import REACHED, Replicas
from app.store.roles import CONTACT_ROLE, GATEWAY_ROLE, contact_role_usable
from app.store.servers import Server
from app.store.session import Check, Observer, Session
from app.store.wakes import Connect, Wakes
from app.store.writing import WritingSession

AnySession = TypeVar("AnySession", bound=Session)

_log = logging.getLogger(__name__)
_OPENING_SECONDS = 60
_OUTAGE_SECONDS = 60
_OUTAGE_PAUSE_SECONDS = 0.5
_READING = "begin isolation level repeatable read read only; set local app.shop_id = '{}'"
_WRITING = "begin; set local app.shop_id = '{}'"
_TRYING = "begin isolation level repeatable read; set local app.shop_id = '{}'"
_AS_CONTACT = f"set local app.contact_id = '{{}}'; set local role {CONTACT_ROLE}"


_DEAF = (
    "A pooler stands before the database. What other processes write is noticed within a second, not at once: set "
    "DATABASE_DIRECT_URL to the server itself."
)

_log = logging.getLogger(__name__)


class UnsafeRole(Exception):
    """The database role may bypass row-level security, or a tenant table does not force it."""


class NoDirectConnection(Exception):
    """What needs a connection past the pooler was asked for without one."""


class Database:
    """The pool of the gateway's role, and the two kinds of session it gives out."""

    def __init__(
        self, pool: Pool, connect: Connect | None, *, contact_role: bool = True, change_days: int = CHANGE_DAYS
    ) -> None:
        """`connect` makes connections that may LISTEN, if there are any."""
        self.pool = pool
        self._contact_role = contact_role
        self._change_days = change_days
        self.models = Models()
        self.wakes = Wakes(connect)
        self.feeds = Feeds(self.reading, self.wakes)
        self.replicas: Replicas | None = None
        self.observers: list[Observer] = []  # see every statement; tests count them

    @classmethod
    async def connect(
        cls, url: str, *, size: int = 16, statement_timeout_ms: int = 5000, change_days: int = CHANGE_DAYS,
        direct_url: str | None = None, replica_urls: Sequence[str] = (), trust: float = 0.0,
    ) -> Self:  # fmt: skip
        """Opens the pool, and those of the replicas when they are first needed. A login that may bypass row-level
        security takes on the gateway's role for the whole connection; what then still may is refused with UnsafeRole.
        `direct_url` leads to the same server past a pooler."""
        settings = {
            "statement_timeout": str(statement_timeout_ms),
            "application_name": "custom-data",
            # a gateway that vanished holds no locks for longer, and no connections
            "idle_in_transaction_session_timeout": "30s",
            "tcp_keepalives_idle": "10",
            "tcp_keepalives_interval": "5",
            "tcp_keepalives_count": "3",
            "jit": "off",  # compiling costs more than any statement of ours runs
            # our statements have one good plan each, whatever the values (tests/store/test_plans.py): make it once
            "plan_cache_mode": "force_generic_plan",
        }
        server = Server(url, settings, MODEL_KNOWN)
        await server.look()
        listening = await _direct(direct_url, settings, server)
        with translated():
            pool = Pool(server.connect, size, server)
            try:
                async with pool.acquire(_OPENING_SECONDS) as connection, connection.transaction():
                    await connection.execute("; ".join([*server.own, "select 1"]))
                    await _refuse_unsafe(connection)
                    contact_role = await contact_role_usable(connection)
            except BaseException:
                await pool.close()
                raise
        database = cls(
            pool, listening.connect if listening else None, contact_role=contact_role, change_days=change_days
        )
        if replica_urls:
            database.replicas = _replicas(replica_urls, settings, listening, size, trust, database.wakes)
        return database

    @classmethod
    async def connect_in_time(cls, url: str, **how: Any) -> Self:
        """The same for who starts during an outage: waits up to a minute for a database that cannot be reached."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + _OUTAGE_SECONDS
        while True:
            try:
                return await cls.connect(url, **how)
            except StoreFailure as failure:
                if loop.time() > deadline:
                    raise
                _log.warning("Waiting for the database: %s", failure)
            await asyncio.sleep(_OUTAGE_PAUSE_SECONDS)

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
    async def writing(self, shop_id: int, *, untold: bool = False) -> AsyncIterator[Session]:
        """One transaction: committed at the end, undone by any exception. It moves the shop's position, so that no
        query that comes after it is answered by a replica that has not seen it; `untold` is what nobody waits to see.
        """
        begin = _WRITING.format(int(shop_id))
        try:
            async with _ended(WritingSession(self.pool, shop_id, begin, self.observers)) as session:
                session.change_days = self._change_days
                yield session
                if session.unmoved and not untold:
                    await changes.move(session)
        except NoConnection as failure:
            failure.unwritten = True
            raise
        if self.replicas is not None:
            self.replicas.positions.moved(shop_id)

    @asynccontextmanager
    async def trying(self, shop_id: int) -> AsyncIterator[Session]:
        """A transaction that may write, in one snapshot, and is always undone."""
        session = Session(self.pool, shop_id, _TRYING.format(int(shop_id)), self.observers)
        session.change_days = self._change_days
        try:
            yield session
        except NoConnection as failure:
            failure.unwritten = True
            raise
        finally:
            await session.close("rollback")

    def _reader(self, shop_id: int, check: Check | None = None) -> Session:
        session = Session(self.pool, shop_id, _reading(shop_id), self.observers, lingers=True, check=check)
        session.change_days = self._change_days
        return session

    async def automated_shops(self) -> list[int]:
        """The shops that have had triggers, for those who look after all of them. Raises the store's failures."""
        async with self._administering() as connection:
            return await shops.automated_shops(connection)

    async def shops_behind(self, shop_id: int, most: int) -> list[int]:
        """The next shops behind one, in order of ids, for who goes through all of them. Raises the store's failures."""
        async with self._administering() as connection:
            return await shops.shops_behind(connection, shop_id, most)

    @asynccontextmanager
    async def _administering(self) -> AsyncIterator[Connection]:
        """A transaction that sees which shops there are, and nothing of what is theirs."""
        with translated():
            async with self.pool.acquire() as connection, connection.transaction():
                await connection.execute("set local app.administration = 'on'")
                yield connection

    async def know_records(self) -> None:
        """Has the records' statistics made anew where the table has outgrown them: without any, the planner takes all
        records of a definition for one, and finds each by reading all of them. Autovacuum comes a minute later, or
        more. Raises the store's failures; where we may not (before PostgreSQL 17, unless the tables are ours), nothing
        happens."""
        with translated():
            async with self.pool.acquire() as connection:
                if await connection.fetchval(_OUTGROWN):
                    await connection.execute("analyze records")

    async def ping(self) -> None:
        """Asks the database for a sign of life, before whoever waits for a connection: whether the gateway is ready is
        to be known also when it is busy. Raises the store's failures."""
        with translated():
            async with self.pool.acquire(first=True) as connection:
                await connection.execute("select 1", timeout=1)

    async def close(self) -> None:
        await self.wakes.close()
        if self.replicas is not None:
            await self.replicas.close()
        await self.pool.close()


@lru_cache(maxsize=1_000)
def _reading(shop_id: int) -> str:
    return _READING.format(int(shop_id))


_MAY_BYPASS = "select rolsuper or rolbypassrls from pg_roles where rolname = current_user"
_OUTGROWN = """
    select pg_relation_size(oid) / current_setting('block_size')::int > 4 * greatest(relpages, 0) + 20
    from pg_class where oid = 'records'::regclass
"""
_UNFORCED = """
    select c.relname from pg_class c
    join pg_attribute a on a.attrelid = c.oid and a.attname = 'shop_id' and not a.attisdropped
    where c.relkind in ('r', 'p') and c.relnamespace = current_schema()::regnamespace
      and not (c.relrowsecurity and c.relforcerowsecurity)
"""


@asynccontextmanager
async def _ended(session: AnySession) -> AsyncIterator[AnySession]:
    try:
        yield session
    except BaseException:
        with suppress(StoreFailure):  # undone it is in any case, and what came first is what went wrong
            await session.close("rollback")
        raise
    await session.close()


async def _direct(url: str | None, settings: dict[str, str], server: Server) -> Server | None:
    """What leads past a pooler, if anything does. Raises NoDirectConnection."""
    if url is None:
        if server.pooled:
            _log.warning(_DEAF)
        return None if server.pooled else server
    direct = Server(url, settings)
    direct.same_as = server
    await direct.look()
    if direct.pooled:
        raise NoDirectConnection("DATABASE_DIRECT_URL leads to a pooler. It must name the server itself.")
    return direct


def _replicas(
    urls: Sequence[str], settings: dict[str, str], primary: Server | None, size: int, trust: float, wakes: Wakes
) -> Replicas:
    if primary is None:
        raise NoDirectConnection(
            "A pooler stands before the database, and replicas need a connection past it. Set DATABASE_DIRECT_URL to "
            "the server itself."
        )
    servers = [Server(url, settings, REACHED) for url in urls]
    for server in servers:
        server.same_as = primary
    positions = Positions(lambda: primary.connect(**{"app.positions": "on"}), trust)
    wakes.heard.append(positions.moved)
    return Replicas([Pool(server.connect, size, server) for server in servers], positions)


async def _refuse_unsafe(connection: Connection) -> None:
    if await connection.fetchval(_MAY_BYPASS):
        role = await connection.fetchval("select current_user::text")
        raise UnsafeRole(
            f"The database role {role!r} bypasses row-level security. Run 'custom-data migrate' once with a role that "
            f"may create roles: it makes {GATEWAY_ROLE!r}; then serve again."
        )
    if unforced := [row["relname"] for row in await connection.fetch(_UNFORCED)]:
        raise UnsafeRole(f"Row-level security is not forced on {', '.join(unforced)}. Run 'custom-data migrate'.")
