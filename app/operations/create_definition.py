"""createCustomDataDefinition."""

from app.domain.drafts import Draft, draft_definition
from app.domain.problems import Code, Problem, Refused
from app.domain.verdicts import Answer, Outcome, Verdict, refused
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
        return Answer((Verdict(0, Outcome.CREATED, str(await definitions.insert(session, plan))),))

    return await perform(database, call, work, name_taken)


def name_taken(conflict: Conflict) -> Answer:
    """What the database's own constraints say; the drafts' check says it first in all but a race."""
    if conflict.constraint == "definitions_key":
        return refused([Problem(Code.KEY_TAKEN, "Another definition has this key. Choose another.", "key")])
    message = "Another definition has this name (case and accents do not count). Choose another."
    return refused([Problem(Code.NAME_TAKEN, message, "name")])
