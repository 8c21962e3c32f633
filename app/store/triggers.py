"""Triggers, and how far they have judged the change log."""

from typing import NamedTuple

import asyncpg

from app.domain.trigger_drafts import PlannedTrigger
from app.domain.triggers import Transition, Trigger
from app.store import changes, statements
from app.store.session import Session

_sql = statements.load("triggers.sql")


class State(NamedTuple):
    """What a courier needs to know of an enabled trigger. `behind`: there are changes to be judged; `due`: in how many
    seconds its next delivery may be sent, or is taken for lost; None where none is pending."""

    id: int
    url: str
    behind: bool
    due: float | None


async def every(session: Session) -> list[Trigger]:
    """The shop's triggers, in order of creation."""
    return [_trigger(row) for row in await session.fetch(_sql.all)]


async def insert(session: Session, plan: PlannedTrigger, *, enabled: bool) -> int:
    """A new trigger, which judges what is committed from now on. Raises Conflict when its name is taken."""
    await session.fetch(_sql.automate)
    _, reached = await changes.ends(session)
    rows = await session.fetch(
        _sql.insert, plan.name, plan.name_key, plan.definition_id, plan.text, list(plan.definition_ids),
        plan.transition.value, plan.url, enabled, reached,
    )  # fmt: skip
    return int(rows[0]["id"])


async def update(session: Session, trigger_id: int, plan: PlannedTrigger) -> None:
    """Raises Conflict when the name is taken."""
    await session.fetch(
        _sql.update, trigger_id, plan.name, plan.name_key, plan.text, list(plan.definition_ids), plan.transition.value,
        plan.url,
    )  # fmt: skip


async def set_enabled(session: Session, trigger_id: int, *, enabled: bool) -> None:
    await session.fetch(_sql.set_enabled, trigger_id, enabled)


async def delete(session: Session, trigger_id: int) -> None:
    """With its deliveries."""
    await session.fetch(_sql.delete, trigger_id)


async def states(session: Session) -> list[State]:
    """Of the enabled triggers."""
    return [State(*row) for row in await session.fetch(_sql.states)]


async def hold_behind(session: Session, trigger_id: int) -> tuple[Trigger, int] | None:
    """Holds a trigger that has changes to judge until the transaction ends, and gives it with the latest sequence. None
    where there is nothing to judge, or somebody else is at it."""
    rows = await session.fetch(_sql.hold_behind, trigger_id)
    return (_trigger(rows[0]), int(rows[0]["last"])) if rows else None


async def advance(session: Session, trigger_id: int, sequence: int) -> None:
    """Changes up to that sequence have been judged."""
    await session.fetch(_sql.advance, trigger_id, sequence)


def _trigger(row: asyncpg.Record) -> Trigger:
    return Trigger(
        row["id"], row["name"], row["definition_id"], row["text"], tuple(row["definition_ids"]),
        Transition(row["transition"]), row["url"], row["enabled"], row["reached"], row["created_at"], row["updated_at"],
    )  # fmt: skip
