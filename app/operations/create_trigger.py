"""createTrigger."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from app.domain.periods import Calendar
from app.domain.problems import Code, Problem, Refused
from app.domain.trigger_drafts import DraftTrigger, draft_trigger
from app.domain.verdicts import Answer, Outcome, Verdict, refused
from app.operations.extend_definition import take_definition
from app.operations.transaction import Call, perform
from app.store import shops, triggers, webhook_secrets
from app.store.database import Database
from app.store.failures import Conflict
from app.store.session import Session


async def create_trigger(
    database: Database, call: Call, key_or_id: str, draft: DraftTrigger, *, enabled: bool
) -> Answer:
    """Adds a trigger, which judges what is committed from now on. The verdict's id is its id. The shop's first one
    makes a secret, so that nothing is ever sent unsigned."""

    async def work(session: Session) -> Answer:
        model, definition = await take_definition(session, key_or_id)
        others, calendar = await triggers.every(session), await calendar_of(session)
        plan, problems = draft_trigger(model, definition, others, draft, calendar)
        if plan is None:
            raise Refused(tuple(problems))
        if not await webhook_secrets.valid(session):
            await webhook_secrets.rotate(session, 0)
        id_ = await triggers.insert(session, plan, enabled=enabled)
        return Answer((Verdict(0, Outcome.CREATED, str(id_)),))

    return await perform(database, call, work, trigger_name_taken)


async def calendar_of(session: Session) -> Calendar:
    """The shop's calendar as of now."""
    shop = await shops.find_shop(session)
    return Calendar(datetime.now(UTC), ZoneInfo(shop.time_zone if shop is not None else "UTC"))


def trigger_name_taken(_: Conflict) -> Answer:
    """What the database's own constraint says; the draft's check says it first."""
    message = "Another trigger has this name (case and accents do not count). Choose another."
    return refused([Problem(Code.NAME_TAKEN, message, "name")])
