"""updateTrigger, enableTrigger, disableTrigger and deleteTrigger."""

from app.domain.definitions import Model
from app.domain.problems import Code, Problem, Refused
from app.domain.trigger_drafts import DraftTrigger, PlannedTrigger, change_trigger
from app.domain.triggers import Trigger
from app.domain.verdicts import Answer, Outcome, Verdict
from app.operations.create_trigger import calendar_of, trigger_name_taken
from app.operations.transaction import Call, perform
from app.store import definitions, triggers
from app.store.database import Database
from app.store.session import Session


async def update_trigger(database: Database, call: Call, trigger_id: int | None, draft: DraftTrigger) -> Answer:
    """Changes name, condition, transition and address. What has not been judged yet is judged by the new condition;
    what has not been sent yet goes to the new address."""

    async def work(session: Session) -> Answer:
        model, trigger, others = await _take(session, trigger_id)
        plan, problems = change_trigger(model, trigger, others, draft, await calendar_of(session))
        if plan is None:
            raise Refused(tuple(problems))
        if _same(trigger, plan):
            return Answer((Verdict(0, Outcome.UNCHANGED, str(trigger.id)),))
        await triggers.update(session, trigger.id, plan)
        return Answer((Verdict(0, Outcome.UPDATED, str(trigger.id)),))

    return await perform(database, call, work, trigger_name_taken)


async def switch_trigger(database: Database, call: Call, trigger_id: int | None, *, enabled: bool) -> Answer:
    """Switches it on or off; doing it again is UNCHANGED. What happens while it is off never fires it; what had fired
    waits until it is on again."""

    async def work(session: Session) -> Answer:
        _, trigger, _ = await _take(session, trigger_id)
        if trigger.enabled == enabled:
            return Answer((Verdict(0, Outcome.UNCHANGED, str(trigger.id)),))
        await triggers.set_enabled(session, trigger.id, enabled=enabled)
        return Answer((Verdict(0, Outcome.UPDATED, str(trigger.id)),))

    return await perform(database, call, work)


async def delete_trigger(database: Database, call: Call, trigger_id: int | None) -> Answer:
    """Removes it with its deliveries, sent or not. Idempotent: what is gone already is UNCHANGED."""

    async def work(session: Session) -> Answer:
        await definitions.take_turn(session)
        found = next((each for each in await triggers.every(session) if each.id == trigger_id), None)
        if found is None:
            return Answer((Verdict(0, Outcome.UNCHANGED),))
        await triggers.delete(session, found.id)
        return Answer((Verdict(0, Outcome.DELETED, str(found.id)),))

    return await perform(database, call, work)


async def _take(session: Session, trigger_id: int | None) -> tuple[Model, Trigger, list[Trigger]]:
    """Takes the shop's turn, and finds the trigger and the others. Raises Refused when there is none."""
    model = await definitions.take_turn(session)
    every = await triggers.every(session)
    found = next((each for each in every if each.id == trigger_id), None)
    if found is None:
        message = "There is no such trigger. The query `triggers` lists them; send idTrigger, or the id a query gave."
        raise Refused((Problem(Code.TRIGGER_NOT_FOUND, message, "trigger"),))
    return model, found, [each for each in every if each.id != found.id]


def _same(trigger: Trigger, plan: PlannedTrigger) -> bool:
    return (trigger.name, trigger.text, trigger.definition_ids, trigger.transition, trigger.url) == (
        plan.name, plan.text, plan.definition_ids, plan.transition, plan.url
    )  # fmt: skip
