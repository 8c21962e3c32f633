"""The change log's one statement in three, for a cluster, where a common table may not insert. In one it holds the
shop's head for a round trip less. Nobody is kept in line for the head here but by its row."""

from collections.abc import Sequence
from typing import Any

from app.store import statements
from app.store.session import Session
from app.store.statements import Statement

_sql = statements.load("changes_apart.sql")
MOVE: Statement = _sql.move
_MORE = 10


async def record(session: Session, cause: Sequence[Any], columns: Sequence[Sequence[Any]]) -> int:
    """`columns` are of the changes, `cause` is what they share; the last sequence. See `changes.record`."""
    count = len(columns[0])
    await session.fetch(_sql.forget, count + _MORE, session.change_days)
    [head] = await session.fetch(MOVE, count)
    await session.fetch(_sql.write, head["reached"], *cause, *columns)
    return int(head["reached"]) + count
