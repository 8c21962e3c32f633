"""Writes to the change log what an operation did, in its own transaction."""

from collections.abc import Sequence
from typing import Any

from app.domain.changes import Change, Events, summary
from app.domain.definitions import Definition, Status
from app.domain.drafts import Planned
from app.operations.transaction import Call
from app.store import changes as store
from app.store.session import Session


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
