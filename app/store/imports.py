"""Imports: how far each has come."""

import asyncpg

from app.domain.imports import Import, Kind, Mark, Tally
from app.domain.limits import IMPORT_DAYS
from app.store import statements
from app.store.session import Session

_sql = statements.load("imports.sql")


async def begin(session: Session, kind: Kind, definition_id: int, beginning: bytes) -> Import:
    """A new one. `definition_id` is 0 unless it is of records."""
    rows = await session.fetch(_sql.begin, kind.value, definition_id, Mark().digest, IMPORT_DAYS, beginning)
    return _import(rows[0])


async def latest(session: Session, kind: Kind, definition_id: int, days: int) -> list[Import]:
    """Those that wrote something in the last days, finished or not, the latest first."""
    return [_import(row) for row in await session.fetch(_sql.latest, kind.value, definition_id, days)]


async def advance(session: Session, before: Import, after: Import) -> bool:
    """Moves it on; False when somebody else has."""
    tally = after.tally
    rows = await session.fetch(
        _sql.advance, before.id, before.mark.offset, *after.mark, tally.created, tally.updated, tally.unchanged,
        tally.rejected, after.reject_bytes,
    )  # fmt: skip
    return bool(rows)


async def finish(session: Session, import_id: int) -> None:
    await session.fetch(_sql.finish, import_id)


def _import(row: asyncpg.Record) -> Import:
    return Import(
        row["id"],
        Mark(row["reached"], row["lines"], row["digest"]),
        Tally(row["created"], row["updated"], row["unchanged"], row["rejected"]),
        row["reject_bytes"],
        row["started_at"],
        row["finished_at"],
        row["beginning"],
    )
