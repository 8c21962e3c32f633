"""saveCustomDataRecords: 1 to 50 records of one definition, one verdict each."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from app.domain.changes import Change, Events
from app.domain.changes import created as created_change
from app.domain.changes import updated as updated_change
from app.domain.definitions import Definition
from app.domain.dry_runs import DryRun
from app.domain.limits import RECORDS_PER_SAVE
from app.domain.problems import Code, Problem, Refused
from app.domain.records import created, merged
from app.domain.verdicts import Answer, Outcome, Verdict
from app.operations.dry_run import Wanted, dry_run
from app.operations.items import Item, Reader, group_by_key, positioned, resolve
from app.operations.journal import Written, logged
from app.operations.transaction import Call, perform
from app.operations.writable import hold_writable
from app.store import record_writes
from app.store.database import Database
from app.store.failures import Retryable
from app.store.record_writes import Row
from app.store.session import Session


class ErrorPolicy(Enum):
    REJECT_ITEMS = "REJECT_ITEMS"  # bad items reject themselves, the rest is saved
    REJECT_ALL = "REJECT_ALL"  # one bad item and nothing is saved


@dataclass(frozen=True, slots=True)
class SaveRecords:
    definition: str  # key or id
    records: Sequence[Any]
    policy: ErrorPolicy = ErrorPolicy.REJECT_ITEMS
    events: Events = Events.EMIT
    reject_ambiguous: bool = False


async def save_records(database: Database, call: Call, asked: SaveRecords) -> Answer:
    """Upserts by unique key, else inserts. The whole call is refused, and nothing written, when it holds no or too
    many records or its definition is unknown or inactive; everything else is a verdict. Source: the published guide."""

    async def work(session: Session) -> Answer:
        return await logged(session, call, await _written(session, database, call, asked), asked.events)

    return await perform(database, call, work)


async def try_save(database: Database, call: Call, asked: SaveRecords, wanted: Wanted) -> DryRun:
    """What the same save would do, which is not done."""
    return await dry_run(
        database, call, lambda session: _written(session, database, call, asked), wanted, events=asked.events
    )


async def _written(session: Session, database: Database, call: Call, asked: SaveRecords) -> Written:
    _check_count(asked.records)
    model, definition = await hold_writable(session, database.models, asked.definition)
    reader = Reader(model, definition)
    items = [reader.read(index, sent) for index, sent in enumerate(asked.records)]
    await resolve(session, model, items, reject_ambiguous=asked.reject_ambiguous)
    changes = await _save(session, definition, items)
    if asked.policy is ErrorPolicy.REJECT_ALL and any(item.problems for item in items):
        changes = []
    answer = _report(definition, asked, items, retriable=call.idempotency_key is not None)
    return Written(answer, model, definition, changes)


def _check_count(records: Sequence[Any]) -> None:
    if not records:
        raise Refused((Problem(Code.NO_ITEMS, "Send at least one record.", "records"),))
    if len(records) > RECORDS_PER_SAVE:
        message = f"{len(records)} records were sent; at most {RECORDS_PER_SAVE} fit in one call. Split them."
        raise Refused((Problem(Code.TOO_MANY_ITEMS, message, "records"),))


async def _save(session: Session, definition: Definition, items: Sequence[Item]) -> list[Change]:
    """What it changed, in the order of the items."""
    sound = [item for item in items if not item.problems]
    if definition.unique_keys:
        return await _upsert(session, definition, group_by_key(definition, sound))
    rows = [row for item in sound if _apply(definition, row := Row(0, None, 0, {}), [item])]
    await _insert(session, definition, rows)
    return [created_change(row.id, row.version, row.data) for row in rows]


async def _upsert(session: Session, definition: Definition, groups: dict[str, list[Item]]) -> list[Change]:
    """Locks the records that exist, inserts those that do not, both in the order of the keys, then writes changes. So
    nobody waits for one who waits for him: a lock is never asked for while holding an inserted row. When another call
    inserts one of the keys in between, this one starts over and finds it."""
    found = await record_writes.lock_by_unique_keys(session, definition.id, groups) if groups else {}
    before = {row.id: row.data for row in found.values()}
    rows = [found.get(key) or Row(0, key, 0, {}) for key in groups]
    changed = [row for row, items in zip(rows, groups.values(), strict=True) if _apply(definition, row, items)]
    known = [row for row in changed if row.id]
    await _insert(session, definition, [row for row in changed if not row.id])
    if known:
        await record_writes.update(session, definition, known)
    order = {key: items[0].index for key, items in groups.items()}
    return [
        updated_change(row.id, row.version, before[row.id], row.data) if row.id in before else
        created_change(row.id, row.version, row.data)
        for row in sorted(changed, key=lambda row: order[row.unique_key or ""])
    ]  # fmt: skip


async def _insert(session: Session, definition: Definition, rows: Sequence[Row]) -> None:
    ids = await record_writes.insert(session, definition, rows) if rows else []
    for row, id_ in zip(rows, ids, strict=True):
        if id_ is None:
            raise Retryable("Another call saved the same records at the same time. Send it again.")
        row.id = id_


def _apply(definition: Definition, row: Row, items: Sequence[Item]) -> bool:
    """Makes of a record what its items say, one after the other; whether that is to be written."""
    before = row.version
    for item in items:
        if row.version == 0:
            data, problems = created(definition, item.data)
            outcome = Outcome.CREATED
        else:
            data, changed, problems = merged(definition, row.data, item.data)
            outcome = Outcome.UPDATED if changed else Outcome.UNCHANGED
        if problems:
            item.problems += tuple(problems)
        else:
            item.outcome, item.row, row.data = outcome, row, data
            row.version += outcome is not Outcome.UNCHANGED
    return row.version > before


def _verdict(item: Item) -> Verdict:
    errors = tuple([positioned(item, problem) for problem in item.problems]) if item.problems else ()
    warnings = tuple([positioned(item, warning) for warning in item.warnings]) if item.warnings else ()
    return Verdict(item.index, item.outcome, str(item.row.id) if item.row else None, errors, warnings)


def _report(definition: Definition, asked: SaveRecords, items: Sequence[Item], *, retriable: bool) -> Answer:
    verdicts = [_verdict(item) for item in items]
    rejected = [verdict for verdict in verdicts if verdict.outcome is Outcome.REJECTED]
    if rejected and asked.policy is ErrorPolicy.REJECT_ALL:
        verdicts = [v if v.outcome is Outcome.REJECTED else _aborted(v, rejected[0].index) for v in verdicts]
    warnings = () if definition.unique_keys or retriable else (_RETRIES_DOUBLE,)
    return Answer(tuple(verdicts), warnings=warnings)


def _aborted(verdict: Verdict, bad_index: int) -> Verdict:
    message = f"Not saved, because item {bad_index} was rejected and errorPolicy is REJECT_ALL."
    problem = Problem(Code.BATCH_ABORTED, message, f"records.{verdict.index}", verdict.index)
    return Verdict(verdict.index, Outcome.REJECTED, None, (problem,), verdict.warnings)


_RETRIES_DOUBLE = Problem(
    Code.RETRIES_DOUBLE,
    "This definition has no unique key: sending the same call again saves its records twice. "
    "Send an idempotencyKey to retry safely.",
)
