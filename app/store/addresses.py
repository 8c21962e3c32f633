"""Whether the other addresses of a deployment lead where they should: to the same database, past the pooler, to
replicas."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from app.store.administration import connected
from app.store.failures import Unavailable
from app.store.findings import Finding, fault, note, sound
from app.store.pool import Connection
from app.store.servers import identity, is_pooled

FAR_BEHIND = 16 * 1024 * 1024  # bytes of the log
_OWNS = """
    select coalesce(bool_and(pg_has_role(current_user, c.relowner, 'USAGE')), true)
    from pg_class c where c.relname = 'shops' and c.relnamespace = current_schema()::regnamespace
"""


@dataclass(frozen=True, slots=True)
class Addresses:
    """Those beside the gateway's own, where there are any."""

    admin: str | None = None
    direct: str | None = None
    replicas: Sequence[str] = ()


async def look_at_addresses(gateway: Connection, addresses: Addresses) -> AsyncIterator[Finding]:
    """A finding for each address."""
    here = await identity(gateway)
    if await is_pooled(gateway) and addresses.direct is None:
        yield _past_a_pooler(needed=bool(addresses.replicas))
    written = await _written(gateway) if addresses.replicas else None
    if addresses.direct is not None:
        yield await _looked("direct connection", "DATABASE_DIRECT_URL", addresses.direct, here)
    if addresses.admin is not None:
        yield await _looked("administration", "DATABASE_ADMIN_URL", addresses.admin, here)
    for number, url in enumerate(addresses.replicas, 1):
        subject = "replica" if len(addresses.replicas) == 1 else f"replica {number}"
        yield await _looked(subject, "DATABASE_REPLICA_URLS", url, here, written)


async def _written(primary: Connection) -> str | None:
    """How far the primary's log was written; None of a replica."""
    sql = "select case when pg_is_in_recovery() then null else pg_current_wal_lsn()::text end"
    found: str | None = await primary.fetchval(sql)
    return found


def _past_a_pooler(*, needed: bool) -> Finding:
    mend = "Set DATABASE_DIRECT_URL to the server itself."
    if needed:
        return fault("pooler", "One stands before the database, and replicas need a connection past it.", mend)
    return note("pooler", "One stands before the database. What other processes write is noticed a second late.", mend)


async def _looked(subject: str, variable: str, url: str, here: str | None, written: str | None = None) -> Finding:
    """`written` is how far the primary's log was written, of which a replica should have replayed nearly all."""
    try:
        async with connected(url) as connection:
            there = await identity(connection)
            if None not in (here, there) and here != there:
                return fault(subject, "It is another database than DATABASE_URL names.", f"Correct {variable}.")
            wrong = await _WRONG[variable](connection)
            if wrong is None and written is not None and (behind := await _behind(connection, written)) > FAR_BEHIND:
                return note(subject, f"It is {behind / 1024 / 1024:,.0f} MB of the log behind. {_LATE}", _HURRY)
    except Unavailable as failure:
        return fault(subject, f"It cannot be reached: {_reason(failure)}.", f"Start it, or correct {variable}.")
    return sound(subject, "It leads where it should.") if wrong is None else fault(subject, *wrong)


def _reason(failure: BaseException) -> BaseException:
    while failure.__cause__ is not None:
        failure = failure.__cause__
    return failure


async def _not_direct(connection: Connection) -> tuple[str, str] | None:
    if await is_pooled(connection):
        return "It leads to a pooler.", "Name the server itself in DATABASE_DIRECT_URL."
    return None


async def _not_the_owner(connection: Connection) -> tuple[str, str] | None:
    if not await connection.fetchval(_OWNS):
        told = "Its login does not own the tables, so it cannot migrate them."
        return told, "Name the login that migrated first in DATABASE_ADMIN_URL, or one that is a member of it."
    return None


async def _no_replica(connection: Connection) -> tuple[str, str] | None:
    if not await connection.fetchval("select pg_is_in_recovery()"):
        told = "It is no replica: it takes writes, so it is the primary, or was promoted. No query is answered by it."
        return told, "Name streaming replicas of DATABASE_URL in DATABASE_REPLICA_URLS, or none."
    return None


async def _behind(replica: Connection, written: str) -> int:
    """How many bytes of the primary's log it has not replayed."""
    return int(await replica.fetchval(_BEHIND, written) or 0)


_BEHIND = "select pg_wal_lsn_diff($1::text::pg_lsn, pg_last_wal_replay_lsn())"
_LATE = "Queries that have to see more are answered by the primary."
_HURRY = (
    "Look at its machine and network, and whether somebody paused it: select pg_get_wal_replay_pause_state(), "
    "pg_wal_replay_resume()."
)
_WRONG = {
    "DATABASE_DIRECT_URL": _not_direct,
    "DATABASE_ADMIN_URL": _not_the_owner,
    "DATABASE_REPLICA_URLS": _no_replica,
}
