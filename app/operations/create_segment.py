"""createSegment."""

from typing import Any

from app.domain.periods import Calendar
from app.domain.problems import Code, Problem, Refused
from app.domain.segment_drafts import draft_segment
from app.domain.verdicts import Answer, Outcome, Verdict, refused
from app.operations.transaction import Call, perform
from app.store import definitions, segments
from app.store.database import Database
from app.store.failures import Conflict
from app.store.session import Session


async def create_segment(database: Database, call: Call, calendar: Calendar, name: str, where: Any) -> Answer:
    """Keeps a condition on contacts under a name. The verdict's id is its id."""

    async def work(session: Session) -> Answer:
        plan, problems = draft_segment(await definitions.take_turn(session), name, where, calendar)
        if plan is None:
            raise Refused(tuple(problems))
        return Answer((Verdict(0, Outcome.CREATED, str(await segments.insert(session, plan))),))

    return await perform(database, call, work, segment_name_taken)


def segment_name_taken(_: Conflict) -> Answer:
    """What the database's own constraint says; the draft's check says it first."""
    message = "Another segment has this name (case and accents do not count). Choose another."
    return refused([Problem(Code.NAME_TAKEN, message, "name")])
