"""saveCustomDataRecords: 1 to 50 records of one definition, one verdict each."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

from app.domain.definitions import Definition
from app.domain.limits import RECORDS_PER_SAVE
from app.domain.problems import Code, Problem, Refused
from app.domain.records import Data, Record, created, merged
from app.domain.verdicts import Answer, Outcome, Verdict
from app.operations.items import Item, Reader, group_by_key, key_of, positioned, resolve
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
    reject_ambiguous: bool = False


async def save_records(database: Database, call: Call, asked: SaveRecords) -> Answer:
    """Upserts by unique key, else inserts. The whole call is refused, and nothing written, when it holds no or too
    many records or its definition is unknown or inactive; everything else is a verdict. Source: the published guide."""

    async def work(session: Session) -> Answer:
        _check_count(asked.records)
        model, definition = await hold_writable(session, database.models, asked.definition)
        reader = Reader(model, definition)
        items = [reader.read(index, sent) for index, sent in enumerate(asked.records)]
        await resolve(session, model, items, reject_ambiguous=asked.reject_ambiguous)
        verdicts = await _save(session, definition, items)
        return _report(definition, asked, items, verdicts, retriable=call.idempotency_key is not None)

    return await perform(database, call, work)


def _check_count(records: Sequence[Any]) -> None:
    if not records:
        raise Refused((Problem(Code.NO_ITEMS, "Send at least one record.", "records"),))
    if len(records) > RECORDS_PER_SAVE:
        message = f"{len(records)} records were sent; at most {RECORDS_PER_SAVE} fit in one call. Split them."
        raise Refused((Problem(Code.TOO_MANY_ITEMS, message, "records"),))


async def _save(session: Session, definition: Definition, items: Sequence[Item]) -> dict[int, Verdict]:
    keyed: list[tuple[str, Item]] = []
    unkeyed: list[Item] = []
    for item in items:
        if not item.problems:
            key, problems = key_of(definition, item.data)
            item.problems.extend(problems)
            if key is not None:
                keyed.append((key, item))
            elif not problems:
                unkeyed.append(item)
    verdicts = await _upsert(session, definition, group_by_key(keyed)) if keyed else {}
    verdicts |= await _insert(session, definition, unkeyed) if unkeyed else {}
    return verdicts


async def _insert(session: Session, definition: Definition, items: Sequence[Item]) -> dict[int, Verdict]:
    plans = [_Plan.of(definition, None, [item]) for item in items]
    rows = [(plan, plan.row(0, None)) for plan in plans if plan.changed]
    ids = await record_writes.insert(session, definition, [row for _, row in rows]) if rows else []
    made = {id(plan): id_ for (plan, _), id_ in zip(rows, ids, strict=True)}
    return {verdict.index: verdict for plan in plans for verdict in plan.verdicts(made.get(id(plan)))}


async def _upsert(session: Session, definition: Definition, groups: dict[str, list[Item]]) -> dict[int, Verdict]:
    """Locks the records that exist, inserts those that do not, both in the order of the keys, then writes changes. So
    nobody waits for one who waits for him: a lock is never asked for while holding an inserted row. When another call
    inserts one of the keys in between, this one starts over and finds it."""
    found = await record_writes.lock_by_unique_keys(session, definition.id, list(groups))
    plans = {key: _Plan.of(definition, found.get(key), items) for key, items in groups.items()}
    changed = {key: plan for key, plan in plans.items() if plan.changed}
    new = [plan.row(0, key) for key, plan in changed.items() if key not in found]
    made = await record_writes.insert(session, definition, new) if new else []
    if None in made:
        raise Retryable("Another call saved the same records at the same time. Send it again.")
    known = [plan.row(found[key].id, key) for key, plan in changed.items() if key in found]
    if known:
        await record_writes.update(session, definition, known)
    ids = {key: record.id for key, record in found.items()}
    ids |= {row.unique_key: id_ for row, id_ in zip(new, made, strict=True) if row.unique_key and id_}
    return {verdict.index: verdict for key, plan in plans.items() for verdict in plan.verdicts(ids.get(key))}


@dataclass(slots=True)
class _Plan:
    """What the items of one key make of a record, one after the other."""

    data: Data | None
    version: int
    outcomes: list[tuple[Item, Outcome]]

    @classmethod
    def of(cls, definition: Definition, record: Record | None, items: Sequence[Item]) -> "_Plan":
        plan = cls(record.data if record else None, record.version if record else 0, [])
        for item in items:
            plan._take(definition, item)
        return plan

    def _take(self, definition: Definition, item: Item) -> None:
        if self.data is None:
            data, problems = created(definition, item.data)
            outcome = Outcome.CREATED
        else:
            data, changed, problems = merged(definition, self.data, item.data)
            outcome = Outcome.UPDATED if changed else Outcome.UNCHANGED
        if problems:
            item = replace(item, problems=[*item.problems, *problems])
            outcome = Outcome.REJECTED
        else:
            self.data = data
            self.version += outcome is not Outcome.UNCHANGED
        self.outcomes.append((item, outcome))

    @property
    def changed(self) -> bool:
        return any(outcome in (Outcome.CREATED, Outcome.UPDATED) for _, outcome in self.outcomes)

    def row(self, record_id: int, key: str | None) -> Row:
        return Row(record_id, key, self.version, self.data or {})

    def verdicts(self, record_id: int | None) -> list[Verdict]:
        return [_verdict(item, outcome, record_id) for item, outcome in self.outcomes]


def _verdict(item: Item, outcome: Outcome, record_id: int | None) -> Verdict:
    errors = tuple([positioned(item, problem) for problem in item.problems])
    warnings = tuple([positioned(item, warning) for warning in item.warnings])
    known = record_id is not None and outcome is not Outcome.REJECTED
    return Verdict(item.index, outcome, str(record_id) if known else None, errors, warnings)


def _report(
    definition: Definition, asked: SaveRecords, items: Sequence[Item], saved: dict[int, Verdict], *, retriable: bool
) -> Answer:
    verdicts = [saved.get(item.index) or _verdict(item, Outcome.REJECTED, None) for item in items]
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
