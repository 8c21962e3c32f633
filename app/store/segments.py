"""Segments: kept conditions. They are read with the shop's model (see definitions.py), whose turn a write holds."""

import asyncpg

from app.domain.segment_drafts import PlannedSegment
from app.domain.segments import Segment
from app.store import statements
from app.store.session import Session

_sql = statements.load("segments.sql")


async def every(session: Session) -> tuple[Segment, ...]:
    """The shop's segments. Read as the gateway also where a contact asks, who may not: the model it is part of is
    shared."""
    return tuple(_segment(row) for row in await session.fetch_as_gateway(_sql.all))


async def insert(session: Session, plan: PlannedSegment) -> int:
    """A new segment. Raises Conflict when its name is taken."""
    rows = await session.fetch(_sql.insert, *_columns(plan))
    return int(rows[0]["id"])


async def update(session: Session, segment_id: int, plan: PlannedSegment) -> None:
    """Raises Conflict when the name is taken."""
    await session.fetch(_sql.update, segment_id, *_columns(plan))


async def delete(session: Session, segment_id: int) -> None:
    await session.fetch(_sql.delete, segment_id)


def _columns(plan: PlannedSegment) -> tuple[str, str, str, list[int], list[int]]:
    return plan.name, plan.name_key, plan.text, sorted(plan.definition_ids), sorted(plan.segment_ids)


def _segment(row: asyncpg.Record) -> Segment:
    return Segment(
        id=row["id"],
        name=row["name"],
        text=row["condition"],
        definition_ids=frozenset(row["definition_ids"]),
        segment_ids=frozenset(row["segment_ids"]),
        created_at=row["created_at"],
        updated_at=row["updated_at"],
    )
