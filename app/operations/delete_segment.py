"""deleteSegment."""

from app.domain.problems import Code, Problem, Refused
from app.domain.segments import users
from app.domain.verdicts import Answer, Outcome, Verdict
from app.operations.transaction import Call, perform
from app.operations.update_segment import take_segment
from app.store import segments
from app.store.database import Database
from app.store.session import Session


async def delete_segment(database: Database, call: Call, name_or_id: str) -> Answer:
    """Removes a segment. Refused while another one uses it (SEGMENT_IN_USE, with the list)."""

    async def work(session: Session) -> Answer:
        model, segment = await take_segment(session, name_or_id)
        if using := users(model.segments, segment.id):
            names = ", ".join(f"the segment {each.name!r}" for each in using)
            message = f"{segment.name!r} is used by {names}. Change or delete those first."
            raise Refused((Problem(Code.SEGMENT_IN_USE, message, "segment"),))
        await segments.delete(session, segment.id)
        return Answer((Verdict(0, Outcome.DELETED, str(segment.id)),))

    return await perform(database, call, work)
