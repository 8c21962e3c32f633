"""The change log: written with what it tells of, read in order of its sequence."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import asyncpg
import orjson

from app.domain.changes import Change, Kind, Logged
from app.domain.limits import LARGEST_ID
from app.store import changes_apart, statements
from app.store.paging import Page
from app.store.session import Session
from app.store.statements import Statement

_sql = statements.load("changes.sql")
RECORD: Statement = _sql.record
MOVE: Statement = _sql.move


@dataclass(frozen=True, slots=True)
class Cause:
    """The call that made changes."""

    operation: str
    api_key_id: int
    idempotency_key: str | None


async def record(
    session: Session, cause: Cause, definition_id: int | None, changes: Sequence[Change], *, suppressed: bool
) -> int:
    """Writes changes of one definition to the log, and gives the sequence of the last. To be called last in a
    transaction: writers of the shop wait here for each other until they commit."""
    shared = (definition_id, suppressed, cause.operation, cause.api_key_id, cause.idempotency_key)
    columns = (
        [each.kind.value for each in changes], [each.record_id for each in changes],
        [each.version for each in changes], [_json(each.before) for each in changes],
        [_json(each.after) for each in changes], [_json(each.summary) for each in changes],
    )  # fmt: skip
    if session.spread:
        return await changes_apart.record(session, shared, columns)
    rows = await session.fetch(_sql.record, *shared, *columns, session.change_days)
    return int(rows[-1]["sequence"])


async def move(session: Session) -> None:
    """Moves the shop's position for a write that is not in the log: as the last statement, like `record`, so that
    positions are in the order of commits. Replicas are compared with it."""
    await session.fetch(MOVE)


async def forget(session: Session, most: int) -> int:
    """Removes the oldest changes that are older than the days for which they are kept; how many."""
    return len(await session.fetch(_sql.forget, session.change_days, most))


async def ends(session: Session) -> tuple[int, int]:
    """The first sequence that is kept (the next one if none is), and the latest that was given (0 before the first)."""
    [row] = await session.fetch(_sql.ends, session.change_days)
    return row["first"], row["last"]


async def page(
    session: Session, asked: Page[int], *, definition_id: int | None = None, record_id: int | None = None
) -> list[Logged]:
    """Changes of the shop, of a definition or of a record, in order of sequence (last first when asked backward)."""
    bounds = (asked.after or 0, asked.before or LARGEST_ID, asked.limit, session.change_days)
    if record_id is not None:
        statement = _sql.of_record_backward if asked.backward else _sql.of_record
        rows = await session.fetch(statement, *bounds, record_id)
    elif definition_id is not None:
        statement = _sql.of_definition_backward if asked.backward else _sql.of_definition
        rows = await session.fetch(statement, *bounds, definition_id)
    else:
        rows = await session.fetch(_sql.page_backward if asked.backward else _sql.page, *bounds)
    return [*map(logged, rows)]


async def count(session: Session, bound: int, *, definition_id: int | None = None, record_id: int | None = None) -> int:
    """How many such changes there are, counting no further than the bound."""
    if record_id is not None:
        rows = await session.fetch(_sql.count_of_record, bound, session.change_days, record_id)
    elif definition_id is not None:
        rows = await session.fetch(_sql.count_of_definition, bound, session.change_days, definition_id)
    else:
        rows = await session.fetch(_sql.count, bound, session.change_days)
    return int(rows[0]["n"])


def logged(row: asyncpg.Record) -> Logged:
    """A row of the log."""
    documents = (_document(row[name]) for name in ("before", "after", "summary"))
    change = Change(Kind(row["kind"]), row["record_id"], row["version"], *documents)
    return Logged(
        row["sequence"], row["definition_id"], change, row["suppressed"], row["operation"], row["api_key_id"],
        row["idempotency_key"], row["made_at"], row["erased"],
    )  # fmt: skip


def _json(document: Any) -> str | None:
    return None if document is None else orjson.dumps(document).decode()


def _document(text: str | None) -> Any:
    return None if text is None else orjson.loads(text)
