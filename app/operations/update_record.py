"""updateCustomDataRecord: changes one record, named by id or unique key."""

from dataclasses import dataclass
from typing import Any

from app.domain.changes import Events, updated
from app.domain.dry_runs import DryRun
from app.domain.problems import Code, Problem, Refused
from app.domain.records import merged
from app.domain.verdicts import Answer, Outcome, Verdict, refused
from app.operations.dry_run import Wanted, dry_run
from app.operations.find_records import Named, lock_record, record_not_found
from app.operations.items import Reader, key_of, resolve
from app.operations.journal import Written, logged
from app.operations.transaction import Call, perform
from app.store import record_writes
from app.store.database import Database
from app.store.failures import Conflict
from app.store.record_writes import Row
from app.store.session import Session


@dataclass(frozen=True, slots=True)
class UpdateRecord:
    record: Named
    data: Any
    if_version: int | None = None
    events: Events = Events.EMIT


async def update_record(database: Database, call: Call, asked: UpdateRecord) -> Answer:
    """Merges data into one record: absent fields are left alone, null clears. May change fields of the unique key;
    a key that another record has is refused (DUPLICATE_KEY). With `if_version` the record must still have it."""

    async def work(session: Session) -> Answer:
        return await logged(session, call, await _written(session, database, asked), asked.events)

    return await perform(database, call, work, _key_taken)


async def try_update(database: Database, call: Call, asked: UpdateRecord, wanted: Wanted) -> DryRun:
    """What the same update would do, which is not done."""
    return await dry_run(
        database, call, lambda session: _written(session, database, asked), wanted, _key_taken, events=asked.events
    )


async def _written(session: Session, database: Database, asked: UpdateRecord) -> Written:
    model, definition, record = await lock_record(session, database.models, asked.record)
    if record is None:
        raise Refused((record_not_found("id" if asked.record.record_id else "by.key"),))
    if asked.if_version is not None and asked.if_version != record.version:
        raise Refused((_version_conflict(asked.if_version, record.version),))
    item = Reader(model, definition).read(0, asked.data)
    await resolve(session, model, [item])
    data, changed, problems = merged(definition, record.data, item.data)
    key, key_problems = key_of(definition, data)
    if problems := [*item.problems, *problems, *key_problems]:
        raise Refused(tuple(problem.under("data") for problem in problems))
    row = Row(record.id, key, record.version + 1, data)
    if changed:
        await record_writes.update(session, definition, [row])
    outcome = Outcome.UPDATED if changed else Outcome.UNCHANGED
    warnings = tuple(warning.under("data") for warning in item.warnings)
    answer = Answer((Verdict(0, outcome, str(record.id), warnings=warnings),))
    changes = [updated(row.id, row.version, record.data, data)] if changed else []
    return Written(answer, model, definition, changes)


def _key_taken(_conflict: Conflict) -> Answer:
    message = "Another record of this definition has this unique key. Update that one, or choose another key."
    return refused([Problem(Code.DUPLICATE_KEY, message, "data")])


def _version_conflict(expected: int, actual: int) -> Problem:
    message = f"The record has version {actual}, not {expected}: it was changed meanwhile. Read it again, then decide."
    return Problem(Code.VERSION_CONFLICT, message, "ifVersion")
