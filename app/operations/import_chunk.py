"""One chunk of an import: some thousand rows in one transaction, checked and saved as the API's are.

`settle` is called in that transaction with the verdicts: what it writes is committed with the rows or not at all. It
may be called again, when the chunk collided with another write.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from app.domain.catalogue_rows import CUSTOMER, PRODUCT, Part, read_row
from app.domain.changes import Change, Events
from app.domain.contacts import check_customer
from app.domain.imports import Kind, Sent
from app.domain.problems import Code, Problem, Refused
from app.domain.products import check_product
from app.domain.verdicts import Outcome, Verdict
from app.operations.items import Item, Reader, resolve
from app.operations.journal import log
from app.operations.save_customers import unify
from app.operations.save_products import save_drafts
from app.operations.save_records import save_items
from app.operations.transaction import Call
from app.operations.writable import hold_writable
from app.store.database import Database
from app.store.failures import Retryable
from app.store.session import Session

T = TypeVar("T")

_ATTEMPTS = 10

Settle = Callable[[Session, Sequence[Verdict]], Awaitable[None]]


class ImportStopped(Exception):
    """The import cannot go on; what was committed stays. The text says why, and is safe to show."""

    def __init__(self, message: str, code: Code = Code.IMPORT_STOPPED) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Way:
    """What the rows of an import are, and how they are to be saved."""

    kind: Kind
    definition: str = ""  # key or id, of records
    events: Events = Events.SUMMARY
    reject_ambiguous: bool = False
    dry_run: bool = False  # each chunk is undone


class _Undone(Exception):
    """Undoes the transaction of a dry run."""


async def import_chunk(
    database: Database, call: Call, way: Way, rows: Sequence[Sent], settle: Settle
) -> Sequence[Verdict]:
    """The verdicts, aligned with the rows; paths lead into the row. Raises ImportStopped, and the store's failures."""
    for attempt in range(_ATTEMPTS):
        try:
            return await _attempt(database, call, way, rows, settle)
        except Refused as refusal:
            raise ImportStopped(str(refusal), refusal.problems[0].code) from refusal
        except Retryable:
            if attempt == _ATTEMPTS - 1:
                raise
            await asyncio.sleep(random.uniform(0, 0.05) * attempt)
    raise AssertionError("unreachable")


async def _attempt(database: Database, call: Call, way: Way, rows: Sequence[Sent], settle: Settle) -> Sequence[Verdict]:
    verdicts: Sequence[Verdict] = ()
    try:
        async with database.writing(call.shop_id) as session:
            definition_id, verdicts, changes = await _SAVE[way.kind](session, database, way, rows)
            await settle(session, verdicts)
            if way.dry_run:
                raise _Undone
            await log(session, call, definition_id, changes, way.events)
        database.wakes.tell(call.shop_id)
    except _Undone:
        pass
    return verdicts


_Saved = tuple[int | None, Sequence[Verdict], Sequence[Change]]


async def _records(session: Session, database: Database, way: Way, rows: Sequence[Sent]) -> _Saved:
    model, definition = await hold_writable(session, database.models, way.definition)
    read = Reader(model, definition).read
    items = [
        read(index, row.value) if row.problem is None else Item(index, problems=(row.problem,))
        for index, row in enumerate(rows)
    ]
    await resolve(session, model, items, reject_ambiguous=way.reject_ambiguous)
    changes = await save_items(session, definition, items)
    return definition.id, [_verdict(item) for item in items], changes


def _verdict(item: Item) -> Verdict:
    return Verdict(item.index, item.outcome, str(item.row.id) if item.row else None, item.problems, item.warnings)


async def _customers(session: Session, _database: Database, _way: Way, rows: Sequence[Sent]) -> _Saved:
    drafts, verdicts = _checked(rows, CUSTOMER, check_customer)
    for index, (outcome, contact_id) in (await unify(session, drafts)).items():
        verdicts[index] = Verdict(index, outcome, str(contact_id))
    return None, verdicts, ()


async def _products(session: Session, _database: Database, _way: Way, rows: Sequence[Sent]) -> _Saved:
    drafts, verdicts = _checked(rows, PRODUCT, check_product)
    for index, outcome in (await save_drafts(session, drafts)).items():
        verdicts[index] = Verdict(index, outcome, drafts[index].id_product)
    return None, verdicts, ()


def _checked(
    rows: Sequence[Sent], parts: tuple[Part, ...], check: Callable[[dict[str, Any]], tuple[T | None, list[Problem]]]
) -> tuple[dict[int, T], list[Verdict]]:
    """The drafts by index, and a verdict for each row: rejected, as long as nothing else is known."""
    drafts: dict[int, T] = {}
    verdicts = []
    for index, row in enumerate(rows):
        item, problems = ({}, [row.problem]) if row.problem else read_row(parts, row.value)
        draft, problems = (None, problems) if problems else check(item)
        if draft is not None:
            drafts[index] = draft
        verdicts.append(Verdict(index, Outcome.REJECTED, None, tuple(problems)))
    return drafts, verdicts


_SAVE: dict[Kind, Callable[[Session, Database, Way, Sequence[Sent]], Awaitable[_Saved]]] = {
    Kind.RECORDS: _records, Kind.CUSTOMERS: _customers, Kind.PRODUCTS: _products,
}  # fmt: skip
