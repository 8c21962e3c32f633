"""Which record an input names: by id, or by definition and unique key."""

from dataclasses import dataclass
from typing import Any

from app.domain.definitions import Definition, Model
from app.domain.problems import Code, Problem, Refused
from app.domain.records import Record
from app.operations.items import read_key
from app.operations.writable import definition_not_found, hold_writable
from app.store import record_writes, records
from app.store.definitions import Models
from app.store.record_writes import Row
from app.store.session import Session


@dataclass(frozen=True, slots=True)
class Named:
    """A record as an input names it: `record_id`, or the key or id of a definition and the unique key's value. With an
    id, `definition` is the one that it must be a record of to be written."""

    record_id: int | None = None
    definition: str | None = None
    key: Any = None


async def find_record(session: Session, model: Model, named: Named) -> tuple[Record | None, list[Problem]]:
    """The record, for reading. None without problems if there is no such record."""
    if named.record_id is not None:
        found = (await records.by_ids(session, [named.record_id])).get(named.record_id)
        return (found if found and found.definition_id in model.by_id else None), []
    definition = model.find(named.definition or "")
    if definition is None:
        return None, [definition_not_found(model, named.definition or "", "by.definition")]
    key, problems = await read_key(session, model, definition, named.key, hold=False)
    if key is None:
        return None, problems
    return (await records.by_unique_keys(session, definition.id, [key])).get(key), []


async def lock_record(session: Session, models: Models, named: Named) -> tuple[Model, Definition, Row | None]:
    """The record, locked for a write, with its definition held. Raises Refused when the definition is unknown or
    inactive, or the key is no key."""
    if named.record_id is not None:
        return await _lock_by_id(session, models, named.record_id, named.definition)
    model, definition = await hold_writable(session, models, named.definition or "", "by.definition")
    key, problems = await read_key(session, model, definition, named.key, hold=False)
    if key is None:
        raise Refused(tuple(problems))
    found = await record_writes.lock_by_unique_keys(session, definition.id, [key])
    return model, definition, found.get(key)


async def _lock_by_id(
    session: Session, models: Models, record_id: int, of: str | None
) -> tuple[Model, Definition, Row | None]:
    seen = (await records.by_ids(session, [record_id])).get(record_id)
    if seen is None:
        raise Refused((record_not_found("id"),))
    try:
        model, definition = await hold_writable(session, models, str(seen.definition_id), "id")
    except Refused as refusal:
        if refusal.problems[0].code is Code.DEFINITION_NOT_FOUND:  # a record of a deleted definition is gone too
            raise Refused((record_not_found("id"),)) from refusal
        raise
    if of is not None and model.find(of) is not definition:
        message = f"This is a record of {definition.key}. Write it as one of that definition."
        raise Refused((Problem(Code.INVALID_REFERENCE, message, "id"),))
    return model, definition, await record_writes.lock_by_id(session, record_id)


def record_not_found(path: str) -> Problem:
    return Problem(Code.RECORD_NOT_FOUND, "There is no such record. It may have been deleted.", path)
