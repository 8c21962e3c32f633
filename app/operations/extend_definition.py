"""extendCustomDataDefinition: the only way a definition changes."""

from app.domain.changes import Change, Kind
from app.domain.definitions import Definition, Model
from app.domain.draft_slots import not_indexed
from app.domain.drafts import Extension, Planned, extend_definition
from app.domain.problems import Refused
from app.domain.verdicts import Answer, Outcome, Verdict
from app.operations.create_definition import name_taken
from app.operations.journal import log, shown
from app.operations.transaction import Call, perform
from app.operations.writable import definition_not_found
from app.store import definitions
from app.store.database import Database
from app.store.session import Session


async def extend(database: Database, call: Call, key_or_id: str, changes: Extension) -> Answer:
    """Appends fields, relationships and options; changes name and description. Old records read null in new fields.
    An extension that changes nothing is UNCHANGED. Inactive definitions may be extended."""

    async def work(session: Session) -> Answer:
        model, definition = await take_definition(session, key_or_id)
        plan, problems = extend_definition(definition, changes, model)
        if plan is None:
            raise Refused(tuple(problems))
        if _same(definition, plan):
            return Answer((Verdict(0, Outcome.UNCHANGED, str(definition.id)),))
        await definitions.extend(session, definition.id, plan)
        before, after = shown(definition, definition.status), shown(plan, definition.status)
        await log(session, call, definition.id, [Change(Kind.DEFINITION_UPDATED, before=before, after=after)])
        warnings = not_indexed(changes.fields, plan.fields)
        return Answer((Verdict(0, Outcome.UPDATED, str(definition.id)),), warnings=warnings)

    return await perform(database, call, work, name_taken)


async def take_definition(session: Session, key_or_id: str) -> tuple[Model, Definition]:
    """Takes the shop's turn to change its model and finds the definition. Raises Refused when there is none."""
    model = await definitions.take_turn(session)
    definition = model.find(key_or_id)
    if definition is None:
        raise Refused((definition_not_found(model, key_or_id),))
    return model, definition


def _same(definition: Definition, plan: Planned) -> bool:
    return (
        definition.name, definition.description, definition.fields, definition.relationships, definition.contact_access,
    ) == (plan.name, plan.description, plan.fields, plan.relationships, plan.contact_access)  # fmt: skip
