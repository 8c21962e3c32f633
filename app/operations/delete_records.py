"""deleteCustomDataRecord and bulkDeleteCustomDataRecords. Deleting is idempotent: what is gone already is fine."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from app.domain.changes import Change, Events, deleted
from app.domain.definitions import Definition, Model, Target
from app.domain.dry_runs import DryRun
from app.domain.limits import RECORDS_PER_DELETE
from app.domain.problems import Code, Problem, Refused
from app.domain.verdicts import Answer, Outcome, Verdict
from app.operations.dry_run import Wanted, dry_run
from app.operations.find_records import Named, lock_record
from app.operations.journal import Written, logged
from app.operations.transaction import Call, perform
from app.operations.writable import hold_writable
from app.store import record_writes, records
from app.store.database import Database
from app.store.session import Session


async def delete_record(
    database: Database, call: Call, named: Named, *, force: bool, events: Events = Events.EMIT
) -> Answer:
    """Removes one record. Refused while others refer to it (RECORD_IN_USE), unless forced: they then read null."""

    async def work(session: Session) -> Answer:
        return await logged(session, call, await _one(session, database, named, force=force), events)

    return await perform(database, call, work)


async def try_delete(
    database: Database, call: Call, named: Named, wanted: Wanted, *, force: bool, events: Events = Events.EMIT
) -> DryRun:
    """What the same deletion would do, which is not done."""
    return await dry_run(
        database, call, lambda session: _one(session, database, named, force=force), wanted, events=events
    )


async def _one(session: Session, database: Database, named: Named, *, force: bool) -> Written:
    try:
        model, definition, record = await lock_record(session, database.models, named)
    except Refused as refusal:
        if refusal.problems[0].code is Code.RECORD_NOT_FOUND and named.record_id is not None:
            return Written(Answer((Verdict(0, Outcome.UNCHANGED, str(named.record_id)),)))
        raise
    if record is None:
        return Written(Answer((Verdict(0, Outcome.UNCHANGED),)))
    verdicts, changes = await _delete(session, model, definition, [record.id], force=force)
    verdict = verdicts[record.id]
    if verdict.errors:
        path = "id" if named.record_id is not None else "by"
        raise Refused(tuple(replace(problem, path=path) for problem in verdict.errors))
    return Written(Answer((verdict,)), model, definition, changes)


async def bulk_delete_records(
    database: Database, call: Call, definition: str, ids: Sequence[int | None], *, force: bool,
    events: Events = Events.EMIT,
) -> Answer:  # fmt: skip
    """Removes 1 to 20 records of one definition, with a verdict for each id; None stands for an id that is none."""

    async def work(session: Session) -> Answer:
        return await logged(session, call, await _several(session, database, definition, ids, force=force), events)

    return await perform(database, call, work)


async def try_bulk_delete(
    database: Database, call: Call, definition: str, ids: Sequence[int | None], wanted: Wanted, *, force: bool,
    events: Events = Events.EMIT,
) -> DryRun:  # fmt: skip
    """What the same deletion would do, which is not done."""
    return await dry_run(
        database, call, lambda session: _several(session, database, definition, ids, force=force), wanted, events=events
    )


async def _several(
    session: Session, database: Database, definition: str, ids: Sequence[int | None], *, force: bool
) -> Written:
    _check_count(ids)
    model, held = await hold_writable(session, database.models, definition)
    wanted = [id_ for id_ in dict.fromkeys(ids) if id_ is not None]
    found, changes = await _delete(session, model, held, wanted, force=force)
    found |= await _elsewhere(session, model, found)
    return Written(Answer(tuple(_placed(index, ids, found) for index in range(len(ids)))), model, held, changes)


async def _delete(
    session: Session, model: Model, definition: Definition, ids: Sequence[int], *, force: bool
) -> tuple[dict[int, Verdict], list[Change]]:
    present = await record_writes.lock_for_deletion(session, definition.id, ids)
    used = set() if force else await _used(session, model, definition, {*present})
    gone = sorted(present.keys() - used)
    await record_writes.delete(session, gone)
    changes = [deleted(id_, present[id_].version, present[id_].data) for id_ in ids if id_ in present.keys() - used]
    return {id_: _verdict(id_, id_ in present, id_ in used) for id_ in ids}, changes


async def _elsewhere(session: Session, model: Model, found: dict[int, Verdict]) -> dict[int, Verdict]:
    """Ids that were not there because they are another definition's: to say they are gone would mislead."""
    absent = [id_ for id_, verdict in found.items() if verdict.outcome is Outcome.UNCHANGED]
    strays = await records.by_ids(session, absent) if absent else {}
    verdicts = {}
    for id_, record in strays.items():
        if record.definition_id in model.by_id:
            key = model.by_id[record.definition_id].key
            problem = Problem(
                Code.INVALID_REFERENCE, f"This is a record of {key}. Delete it as one of that definition."
            )
            verdicts[id_] = Verdict(0, Outcome.REJECTED, str(id_), (problem,))
    return verdicts


async def _used(session: Session, model: Model, definition: Definition, present: set[int]) -> set[int]:
    """Those that others refer to. Records that go together do not keep each other; one that stays keeps what it
    refers to."""
    referring = _referring(model, definition)
    used: set[int] = set()
    while referring and (kept := await records.referenced(session, sorted(present - used), referring)):
        used |= kept
    return used


def _referring(model: Model, definition: Definition) -> dict[str, list[int]]:
    """The definitions that have a relation to this one, by the relation's slot."""
    by_slot: dict[str, list[int]] = defaultdict(list)
    for other in model.definitions:
        for relationship in other.relations_to(Target.DEFINITION, definition.id):
            by_slot[other.field[relationship.field].slot or ""].append(other.id)
    return dict(by_slot)


def _verdict(record_id: int, present: bool, used: bool) -> Verdict:
    if used:
        message = "Other records refer to this one. Delete those first, or send force: true to leave them pointing at "
        problem = Problem(Code.RECORD_IN_USE, f"{message}nothing.")
        return Verdict(0, Outcome.REJECTED, str(record_id), (problem,))
    return Verdict(0, Outcome.DELETED if present else Outcome.UNCHANGED, str(record_id))


def _placed(index: int, ids: Sequence[int | None], found: dict[int, Verdict]) -> Verdict:
    """The verdict on one id. Sent again, a deleted one is gone already."""
    path, record_id = f"ids.{index}", ids[index]
    if record_id is None:
        message = "This is not the id of a record. Send idRecord, or the id a query gave."
        return Verdict(index, Outcome.REJECTED, None, (Problem(Code.INVALID_REFERENCE, message, path, index),))
    verdict = found[record_id]
    errors = tuple(Problem(problem.code, problem.message, path, index) for problem in verdict.errors)
    again = verdict.outcome is Outcome.DELETED and record_id in ids[:index]
    return Verdict(index, Outcome.UNCHANGED if again else verdict.outcome, verdict.id, errors)


def _check_count(ids: Sequence[int | None]) -> None:
    if not ids:
        raise Refused((Problem(Code.NO_ITEMS, "Send at least one id.", "ids"),))
    if len(ids) > RECORDS_PER_DELETE:
        message = f"{len(ids)} ids were sent; at most {RECORDS_PER_DELETE} fit in one call. Split them."
        raise Refused((Problem(Code.TOO_MANY_ITEMS, message, "ids"),))
