"""activateCustomDataDefinition, deactivateCustomDataDefinition, deleteCustomDataDefinition."""

from collections.abc import Iterable

from app.domain.changes import Change, Kind
from app.domain.definitions import Definition, Model, OverrideSource, Status, Target
from app.domain.paths import parse_path
from app.domain.problems import Code, Problem, Refused
from app.domain.segments import Segment
from app.domain.triggers import Trigger
from app.domain.verdicts import Answer, Outcome, Verdict
from app.operations.extend_definition import take_definition
from app.operations.journal import log, shown
from app.operations.transaction import Call, perform
from app.store import definitions, triggers
from app.store.database import Database
from app.store.session import Session


async def change_status(database: Database, call: Call, key_or_id: str, status: Status) -> Answer:
    """Activates or deactivates; doing it again is UNCHANGED. Waits for saves under way, which then count whole."""

    async def work(session: Session) -> Answer:
        _, definition = await take_definition(session, key_or_id)
        if definition.status is status:
            return Answer((Verdict(0, Outcome.UNCHANGED, str(definition.id)),))
        await definitions.set_status(session, definition.id, status)
        before, after = shown(definition, definition.status), shown(definition, status)
        await log(session, call, definition.id, [Change(Kind.DEFINITION_UPDATED, before=before, after=after)])
        return Answer((Verdict(0, Outcome.UPDATED, str(definition.id)),))

    return await perform(database, call, work)


async def delete_definition(database: Database, call: Call, key_or_id: str, *, force: bool) -> Answer:
    """Deletes logically and frees name and key. Refused while a relationship, an override source, a source's path, a
    segment or a trigger uses the definition (DEFINITION_IN_USE, with the list); forced, those sources go too and a
    warning names them. Those segments and triggers stay, and cannot be answered, and fire nothing, until their
    conditions are changed: a warning names them too."""

    async def work(session: Session) -> Answer:
        model, definition = await take_definition(session, key_or_id)
        sources = [source for source in model.overrides if _reads(model, source, definition)]
        firing = [trigger for trigger in await triggers.every(session) if definition.id in trigger.definition_ids]
        segments = [segment for segment in model.segments if definition.id in segment.definition_ids]
        uses = [*_relationship_uses(model, definition), *(_source_use(model, source) for source in sources)]
        uses += [f"the segment {segment.name!r}" for segment in segments]
        uses += [f"the trigger {trigger.name!r}" for trigger in firing]
        if uses and not force:
            message = f"{definition.key} is used by {', '.join(uses)}. Remove those first, or send force: true."
            raise Refused((Problem(Code.DEFINITION_IN_USE, message, "definition"),))
        for source in sources:
            await definitions.delete_source(session, source)
        await definitions.set_status(session, definition.id, Status.DELETED)
        change = Change(Kind.DEFINITION_DELETED, before=shown(definition, definition.status))
        await log(session, call, definition.id, [change])
        warnings = (
            *_removed(model, sources),
            *map(_broken, segments),
            *(_fires_no_more(trigger, definition) for trigger in firing),
        )
        return Answer((Verdict(0, Outcome.DELETED, str(definition.id)),), warnings=warnings)

    return await perform(database, call, work)


def _relationship_uses(model: Model, definition: Definition) -> Iterable[str]:
    for other in model.definitions:
        for relationship in other.relations_to(Target.DEFINITION, definition.id):
            if other.id != definition.id:
                yield f"the relationship {other.key}.{relationship.field}"


def _source_use(model: Model, source: OverrideSource) -> str:
    return f"source {source.priority} of {source.system_field} ({model.by_id[source.definition_id].key}.{source.field})"


def _reads(model: Model, source: OverrideSource, definition: Definition) -> bool:
    """Whether a source's amount or its way to the contact needs this definition."""
    path, _ = parse_path(model, model.by_id[source.definition_id], source.contact_path)
    hops = path.hops if path else ()
    return source.definition_id == definition.id or any(definition.id in (hop.holder, hop.reaches) for hop in hops)


def _removed(model: Model, sources: Iterable[OverrideSource]) -> tuple[Problem, ...]:
    return tuple(
        Problem(Code.SOURCES_REMOVED, f"Removed with the definition: {_source_use(model, source)}.")
        for source in sources
    )


def _fires_no_more(trigger: Trigger, definition: Definition) -> Problem:
    if trigger.definition_id == definition.id:
        message = f"The trigger {trigger.name!r} watched the definition: it fires nothing any more. Delete the trigger."
    else:
        message = f"The trigger {trigger.name!r} used the definition: it fires nothing until its condition is changed."
    return Problem(Code.TRIGGERS_BROKEN, message)


def _broken(segment: Segment) -> Problem:
    message = f"The segment {segment.name!r} used the definition: it answers with an error until it is changed."
    return Problem(Code.SEGMENTS_BROKEN, message)
