"""The database server itself, whatever is kept there: its version, whether it takes writes, its clock, what it promises
and tells, its replicas."""

import time

from app.store.addresses import FAR_BEHIND
from app.store.findings import Finding, fault, note, sound
from app.store.migrate import OLDEST_SERVER
from app.store.pool import Connection

_SKEW_SECONDS = 1.0


async def look_at_server(connection: Connection) -> Finding:
    told = f"PostgreSQL {await connection.fetchval('show server_version')}."
    if connection.get_server_version().major < OLDEST_SERVER:
        return fault("server", told, f"Upgrade the server: at least PostgreSQL {OLDEST_SERVER} is needed.")
    if await connection.fetchval("select pg_is_in_recovery()"):
        return fault("server", f"{told} It is a replica, and takes no writes.", "Name the primary in DATABASE_URL.")
    if await connection.fetchval("show transaction_read_only") == "on":
        return fault(
            "server", f"{told} It takes no writes: default_transaction_read_only is on.",
            "Find out who set it (providers do when a disk is full). Then: alter system, database or role ... reset "
            "default_transaction_read_only.",
        )  # fmt: skip
    return sound("server", told)


async def look_at_clock(connection: Connection) -> Finding:
    before = time.time()
    theirs = float(await connection.fetchval("select extract(epoch from clock_timestamp())"))
    skew = theirs - (before + time.time()) / 2
    told = f"The database's is {abs(skew):.3f} s {'ahead of' if skew > 0 else 'behind'} this machine's."
    if abs(skew) > _SKEW_SECONDS:
        return fault("clock", told, "Let both machines keep time (NTP): tokens and schedules go by it.")
    return sound("clock", told)


async def look_at_durability(connection: Connection) -> Finding:
    off = [row["name"] for row in await connection.fetch(_DURABILITY)]
    if off:
        told = f"Off: {', '.join(off)}. What was acknowledged may be lost when the server's machine fails."
        return note("durability", told, "Switch them on, unless the data may be lost.")
    return sound("durability", "Commits are on disk before they are acknowledged.")


async def look_at_log(connection: Connection) -> Finding:
    told = [row["told"] for row in await connection.fetch(_TELLING)]
    if told:
        return note(
            "server log", f"{', '.join(told)}: it writes people's data into PostgreSQL's own log, where no erasure "
            "reaches it.",
            "Set log_error_verbosity to terse; and where statements are logged, log_parameter_max_length to 0.",
        )  # fmt: skip
    return sound("server log", "It quotes no values.")


async def look_at_replication(connection: Connection) -> Finding:
    rows = await connection.fetch(_REPLICAS)
    if not rows:
        return sound("replicas", "None is connected.")
    late = [row["name"] for row in rows if row["behind"] is not None and row["behind"] > FAR_BEHIND]
    if late:
        return note("replicas", f"More than 16 MB behind: {', '.join(late)}.", "Look at their machines and network.")
    if any(row["behind"] is None for row in rows):
        return sound("replicas", f"{len(rows)} connected; how far behind is told to members of pg_monitor only.")
    return sound("replicas", f"{len(rows)} connected, none of them far behind.")


_DURABILITY = """
    select name from pg_settings
    where name in ('fsync', 'synchronous_commit', 'full_page_writes') and setting = 'off' order by name
"""
_TELLING = """
    select name || ' is ' || setting as told from pg_settings
    where name = 'log_error_verbosity' and setting <> 'terse'
       or name = 'log_parameter_max_length' and setting <> '0' and exists (
           select from pg_settings
           where name = 'log_statement' and setting <> 'none'
              or name in ('log_min_duration_statement', 'log_min_duration_sample') and setting <> '-1')
       or name = 'log_parameter_max_length_on_error' and setting <> '0'
    order by name
"""
_REPLICAS = """
    select application_name as name, pg_wal_lsn_diff(sent_lsn, replay_lsn) as behind from pg_stat_replication
"""
