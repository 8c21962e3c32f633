"""updateSegment."""

from typing import Any

from app.domain.definitions import Model
from app.domain.entities import unknown
from app.domain.periods import Calendar
from app.domain.problems import Code, Problem, Refused
from app.domain.segment_drafts import change_segment
from app.domain.segments import Segment, find_segment
from app.domain.verdicts import Answer, Outcome, Verdict
from app.operations.create_segment import segment_name_taken
from app.operations.transaction import Call, perform
from app.store import definitions, segments
from app.store.database import Database
from app.store.session import Session


async def update_segment(
    database: Database, call: Call, calendar: Calendar, name_or_id: str, name: str | None, where: Any
) -> Answer:
    """Changes the name or the condition; None leaves it. What changes nothing is UNCHANGED."""

    async def work(session: Session) -> Answer:
        model, segment = await take_segment(session, name_or_id)
        plan, problems = change_segment(model, segment, name, where, calendar)
        if plan is None:
            raise Refused(tuple(problems))
        if (plan.name, plan.text, plan.definition_ids) == (segment.name, segment.text, segment.definition_ids):
            return Answer((Verdict(0, Outcome.UNCHANGED, str(segment.id)),))
        await segments.update(session, segment.id, plan)
        return Answer((Verdict(0, Outcome.UPDATED, str(segment.id)),))

    return await perform(database, call, work, segment_name_taken)


async def take_segment(session: Session, name_or_id: str) -> tuple[Model, Segment]:
    """Takes the shop's turn to change its model and finds the segment. Raises Refused when there is none."""
    model = await definitions.take_turn(session)
    segment = find_segment(model.segments, name_or_id)
    if segment is None:
        message = unknown(name_or_id, "name or id of a segment", [each.name for each in model.segments])
        raise Refused((Problem(Code.SEGMENT_NOT_FOUND, message, "segment"),))
    return model, segment
