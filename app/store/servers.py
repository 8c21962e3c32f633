"""How one PostgreSQL is connected to: directly, or through a pooler that hands each transaction to any connection.

On a Citus cluster the node of a shop is to know the tenant too, and hears "set local" only.

Behind a pooler in transaction mode (pgbouncer) nothing may outlive a transaction: settings and the role are set in each
one's beginning, statements are not kept prepared, and no transaction is left open for the next. LISTEN, and the lock of
migrations, need a connection of their own to the server.
"""

from functools import lru_cache, partial
from urllib.parse import parse_qsl, unquote, urlsplit

import asyncpg

from app.store.distribution import is_spread
from app.store.failures import Unavailable, translated
from app.store.roles import GATEWAY_ROLE
from app.store.statements import Statement
from app.telemetry.observation import Place

_CONNECT_SECONDS = 10
_PORT = 5432
_SILENCE_SECONDS = 2  # beyond the statement timeout, which the server keeps: then nobody is there who could
_MAY_BYPASS = "select rolsuper or rolbypassrls from pg_roles where rolname = current_user"
_IDENTITY = "select system_identifier || ' ' || current_database() from pg_control_system()"
# What a coordinator needs: a plan for each value of the shop; the tenant set at the nodes too; no statement run by the
# coordinator's own process, whose role does not change with the nodes' (see `Server.locally`); and no look for shards
# in the catalogue, which makes the driver's question for a type last seconds.
_COORDINATOR = {
    "plan_cache_mode": "auto",
    "citus.propagate_set_commands": "local",
    "citus.enable_local_execution": "off",
    "citus.override_table_visibility": "off",
}
_AS_TEXTS = "do $$declare own text := current_user; begin {}; perform set_config('role', own, true); end$$"
_MAY_TAKE_ROLE = "select exists (select from pg_roles where rolname = $1 and pg_has_role(current_user, oid, 'member'))"


async def is_pooled(connection: "asyncpg.Connection[asyncpg.Record]") -> bool:
    """Whether a pooler stands between: it has told us a number of its own, not that of the server's process."""
    async with connection.transaction():
        return bool(connection.get_server_pid() != await connection.fetchval("select pg_backend_pid()"))


async def identity(connection: "asyncpg.Connection[asyncpg.Record]") -> str | None:
    """What a primary and its replicas share, and nothing else: the cluster and the database. None where it is not
    told."""
    try:
        async with connection.transaction():
            return str(await connection.fetchval(_IDENTITY))
    except asyncpg.InsufficientPrivilegeError:
        return None


def place_of(url: str) -> Place:
    """Where a URL leads to, as far as it says so: never who logs in."""
    try:
        parts = urlsplit(url)
        said = dict(parse_qsl(parts.query))
        address = parts.hostname or said.get("host")
        port = parts.port or int(said.get("port", 0)) or (None if address is None else _PORT)
    except ValueError:  # several servers, say
        return Place()
    is_socket = address is not None and unquote(address).startswith("/")
    return Place(unquote(parts.path[1:]) or None, address and unquote(address), None if is_socket else port)


class Server:
    """One of them, as the gateway's role. Looked at when it is first connected to. `prepared` are statements over the
    shop's id and other numbers that every connection knows by name, where it can."""

    def __init__(self, url: str, settings: dict[str, str], *prepared: Statement) -> None:
        self.pooled = False
        self.spread = False  # whether it is the coordinator of a Citus cluster
        self.identity: str | None = None  # where it was looked at, and told
        self.same_as: Server | None = None  # whose identity it must have, for a replica or the way past a pooler
        self._url = url
        self._settings = settings
        self._prepared = prepared
        self.place = place_of(url)
        self._looked = False
        self._patience = int(settings.get("statement_timeout", 0)) / 1000 + _SILENCE_SECONDS

    async def look(self) -> None:
        """Finds out whether a pooler stands before it, whether the login must take on the gateway's role, and whether
        it is the database that it should be. Raises the store's failures."""
        with translated():
            probe = await asyncpg.connect(
                self._url, statement_cache_size=0, timeout=_CONNECT_SECONDS, command_timeout=_CONNECT_SECONDS
            )
            try:
                self.pooled = await is_pooled(probe)
                async with probe.transaction():
                    if await probe.fetchval(_MAY_BYPASS) and await probe.fetchval(_MAY_TAKE_ROLE, GATEWAY_ROLE):
                        self._settings = {**self._settings, "role": GATEWAY_ROLE}
                    if await is_spread(probe):
                        self.spread = True
                        self._settings = {**self._settings, **_COORDINATOR}
                self.identity = await identity(probe)
            finally:
                await probe.close()
        expected = None if self.same_as is None else self.same_as.identity
        if None not in (expected, self.identity) and expected != self.identity:
            raise Unavailable("It is another database than DATABASE_URL names.")
        self._looked = True

    def forget(self) -> None:
        """Has it looked at again before the next connection."""
        self._looked = False

    async def connect(self, **more: str) -> "asyncpg.Connection[asyncpg.Record]":
        """A connection; with these settings besides, where there is no pooler."""
        if not self._looked:
            await self.look()
        connect = partial(asyncpg.connect, self._url, timeout=_CONNECT_SECONDS, command_timeout=self._patience)
        if self.pooled:
            return await connect(statement_cache_size=0)
        connection = await connect(server_settings={**self._settings, **more})
        try:
            for statement in self._prepared:
                await connection.execute(f'prepare "{statement.name}" as {statement.sql}')
        except BaseException:
            connection.terminate()
            raise
        return connection

    @property
    def own(self) -> list[str]:
        """What each transaction has to set behind a pooler: what a connection of ours has from its beginning."""
        alien = ("application_name", "tcp_")  # of connections that are not ours
        kept = {name: value for name, value in self._settings.items() if not name.startswith(alien)}
        return [f"set local {name} = '{value}'" for name, value in kept.items()] if self.pooled else []

    def opening(self, begin: str) -> str:
        """The commands that begin a transaction, with our own settings after the first."""
        if not self.pooled and not self.spread:
            return begin
        first, rest = begin.split("; ", 1)
        return "; ".join([first, self.locally("; ".join([*self.own, rest]))])

    def locally(self, settings: str) -> str:
        """Commands "set local ...", to be sent alone or among others. A coordinator hands on the whole text that such a
        command comes in, so it gets each as a text of its own. The role is the nodes' only: the coordinator goes to
        them with its own, in one transaction for both, and holds no rows itself."""
        return _AS_TEXTS.format(settings) if self.spread else settings

    def command(self, statement: Statement, *numbers: int) -> str:
        """One of the prepared statements with its numbers, as a command."""
        if not self.pooled:
            return _execution(statement.name, numbers)
        sql = statement.sql
        for place, number in enumerate(numbers, 1):
            sql = sql.replace(f"${place}", str(int(number)))
        return sql


@lru_cache(maxsize=1_000)
def _execution(name: str, numbers: tuple[int, ...]) -> str:
    return f'execute "{name}" ({", ".join(str(int(number)) for number in numbers)})'
