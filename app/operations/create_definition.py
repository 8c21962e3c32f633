"""createCustomDataDefinition."""

from app.domain.changes import Change, Kind
from app.domain.definitions import Status
from app.domain.draft_slots import not_indexed
from app.domain.drafts import Draft, draft_definition
from app.domain.problems import Code, Problem, Refused
from app.domain.verdicts import Answer, Outcome, Verdict, refused
from app.operations.journal import log, shown
from app.operations.transaction import Call, perform
from app.store import definitions
from app.store.database import Database
from app.store.failures import Conflict
from app.store.session import Session


async def create_definition(database: Database, call: Call, draft: Draft) -> Answer:
    """Adds a definition to the shop, active at once. The verdict's id is its id."""

    async def work(session: Session) -> Answer:
        plan, problems = draft_definition(draft, await definitions.take_turn(session))
        if plan is None:
            raise Refused(tuple(problems))
        id_ = await definitions.insert(session, plan)
        await log(session, call, id_, [Change(Kind.DEFINITION_CREATED, after=shown(plan, Status.ACTIVE))])
        return Answer((Verdict(0, Outcome.CREATED, str(id_)),), warnings=not_indexed(draft.fields, plan.fields))

    return await perform(database, call, work, name_taken)


def name_taken(conflict: Conflict) -> Answer:
    """What the database's own constraints say; the drafts' check says it first in all but a race."""
    if conflict.constraint == "definitions_key":
        return refused([Problem(Code.KEY_TAKEN, "Another definition has this key. Choose another.", "key")])
    message = "Another definition has this name (case and accents do not count). Choose another."
    return refused([Problem(Code.NAME_TAKEN, message, "name")])
