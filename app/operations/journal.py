"""Writes to the change log what an operation did, in its own transaction."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from app.domain.changes import Change, Events, summary
from app.domain.definitions import Definition, Model, Status
from app.domain.drafts import Planned
from app.domain.verdicts import Answer
from app.operations.transaction import Call
from app.store import changes as store
from app.store.session import Session


class Written(NamedTuple):
    """What a write of records came to: its answer, and the changes it made, which are not in the log yet."""

    answer: Answer
    model: Model | None = None
    definition: Definition | None = None
    changes: Sequence[Change] = ()


async def logged(session: Session, call: Call, written: Written, events: Events) -> Answer:
    """Writes the changes to the log, and gives the answer."""
    if written.definition is not None:
        await log(session, call, written.definition.id, written.changes, events)
    return written.answer


async def log(
    session: Session, call: Call, definition_id: int | None, changes: Sequence[Change], events: Events = Events.EMIT
) -> None:
    """The last statement of an operation. No changes are no entry."""
    if not changes:
        return
    kept = [summary(changes)] if events is Events.SUMMARY else changes
    cause = store.Cause(call.operation, call.api_key_id, call.idempotency_key)
    await store.record(session, cause, definition_id, kept, suppressed=events is Events.SUPPRESS)


def shown(definition: Definition | Planned, status: Status) -> dict[str, Any]:
    """A definition as the change log shows it."""
    return {
        "key": definition.key, "name": definition.name, "description": definition.description,
        "status": status.value, "fields": [field.name for field in definition.fields],
        "contact_access": definition.contact_access.value,
    }  # fmt: skip
