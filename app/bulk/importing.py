"""An import from its first row to its last: read a chunk while the one before is being written."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import BinaryIO

from app.bulk import columns
from app.bulk.lines import Lines, Unreadable
from app.bulk.placing import place
from app.bulk.reading import CsvRows, Dialect, JsonRows, Rows
from app.bulk.rejects import CsvForm, Form, JsonForm, Rejected
from app.bulk.rejects_file import Rejects
from app.bulk.streams import Stream
from app.domain.catalogue_rows import CUSTOMER, PRODUCT
from app.domain.definitions import Definition
from app.domain.imports import Import, Kind, Mark, Sent
from app.domain.limits import CHUNK_BYTES, CUSTOMERS_PER_CHUNK, RESUME_DAYS, ROWS_PER_CHUNK
from app.domain.verdicts import Outcome, Verdict
from app.operations.import_chunk import ImportStopped, Way, import_chunk
from app.operations.transaction import Call
from app.operations.writable import definition_not_found
from app.store import imports
from app.store.database import Database
from app.store.failures import TimedOut
from app.store.session import Session

Begun = Callable[[Import], Awaitable[None]]
Told = Callable[[Import, Sequence[Rejected]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Job:
    """What is to be imported, and how. `rejects` makes the file of rejects, given its form; None keeps none."""

    way: Way
    file: BinaryIO | Stream
    form: str  # "csv" or "jsonl"
    dialect: Dialect
    decimal_comma: bool = False
    restart: bool = False  # even if an import of this file was stopped, or came to its end
    rejects: Callable[[Form, int], Rejects] | None = None
    chunk: int | None = None  # rows of one transaction at most


@dataclass(frozen=True, slots=True)
class Ended:
    """How far the import is. `repeated`: the same file was imported before, and nothing was done."""

    at: Import
    repeated: bool = False


async def run(database: Database, call: Call, job: Job, begun: Begun, told: Told) -> Ended:
    """Imports the file, or the rest of it. `begun` is told where it goes on, `told` of each chunk that is committed
    (with the rows that have errors or warnings). Raises Unreadable, ImportStopped, and the store's failures: what was
    told is in, and the next run of the same file goes on behind it."""
    lines = Lines(job.file)
    if lines.stream:
        await lines.stream.fill()
    definition = await _definition(database, call, job.way)
    rows, form = await _opened(database, call, job, lines, definition)
    definition_id = definition.id if definition else 0
    beginning = lines.beginning()
    at, repeated = await _place(database, call, job, lines, rows, definition)
    if repeated:
        return Ended(at, repeated=True)
    await begun(at)
    if at.id == 0 and not job.way.dry_run:
        async with database.writing(call.shop_id) as session:
            at = await imports.begin(session, job.way.kind, definition_id, beginning)
    rejects = job.rejects(form, at.id) if job.rejects else None
    try:
        at = await _Run(database, call, job, rejects, told).all(rows, at, lines.stream)
    finally:
        if rejects:
            rejects.close()
    if not job.way.dry_run:
        async with database.writing(call.shop_id) as session:
            await imports.finish(session, at.id)
    if rejects and not at.tally.rejected:
        rejects.clear()
    return Ended(at)


async def _definition(database: Database, call: Call, way: Way) -> Definition | None:
    if way.kind is not Kind.RECORDS:
        return None
    async with database.reading(call.shop_id) as session:
        model = await database.models.current(session)
    definition = model.find(way.definition)
    if definition is None:
        problem = definition_not_found(model, way.definition)
        raise ImportStopped(problem.message, problem.code)
    return definition


async def _opened(
    database: Database, call: Call, job: Job, lines: Lines, definition: Definition | None
) -> tuple[Rows, Form]:
    if job.form == "jsonl":
        return JsonRows(lines), JsonForm()
    if definition is not None:
        async with database.reading(call.shop_id) as session:
            model = await database.models.current(session)
        named = columns.of_records(model, definition, decimal_comma=job.decimal_comma)
    else:
        parts = CUSTOMER if job.way.kind is Kind.CUSTOMERS else PRODUCT
        named = columns.of_parts(parts, job.way.kind.value, decimal_comma=job.decimal_comma)
    rows = CsvRows(lines, named, job.dialect)
    return rows, CsvForm(rows.header, rows.delimiter)


async def _place(
    database: Database, call: Call, job: Job, lines: Lines, rows: Rows, definition: Definition | None
) -> tuple[Import, bool]:
    if job.way.dry_run or job.restart:
        return Import(0, rows.mark), False
    async with database.reading(call.shop_id) as session:
        known = await imports.latest(session, job.way.kind, definition.id if definition else 0, RESUME_DAYS)
    return await place(known, lines, rows, doubles=definition is not None and not definition.unique_keys)


class _Run:
    """The chunks of one import, one after the other."""

    def __init__(self, database: Database, call: Call, job: Job, rejects: Rejects | None, told: Told) -> None:
        self._database, self._call, self._way = database, call, job.way
        usual = CUSTOMERS_PER_CHUNK if job.way.kind is Kind.CUSTOMERS else ROWS_PER_CHUNK
        self._size = min(job.chunk or usual, usual)
        self._rejects = rejects
        self._told = told
        self._analyzes = True

    async def all(self, rows: Rows, at: Import, stream: Stream | None) -> Import:
        """From `at` to the end of the file."""
        writing: asyncio.Task[Import] | None = None
        try:
            async with aclosing(_chunks(rows, self._size, stream)) as chunks:
                async for chunk, mark in chunks:
                    if writing:
                        at = await writing
                    await self._know_records()
                    writing = asyncio.create_task(self._write(chunk, mark, at))
                    await asyncio.sleep(0)  # it sends its first statement; we read on meanwhile
            return await writing if writing else at
        except Unreadable:
            if writing:
                await writing  # what was read before stays
            raise
        except BaseException:
            if writing:
                writing.cancel()
                await asyncio.wait([writing])
            raise

    async def _know_records(self) -> None:
        if self._analyzes:
            try:
                await self._database.know_records()
            except TimedOut:
                self._analyzes = False

    async def _write(self, chunk: Sequence[Sent], mark: Mark, before: Import) -> Import:
        after = before

        async def settle(session: Session, verdicts: Sequence[Verdict]) -> None:
            nonlocal after
            tally = before.tally.plus([verdict.outcome for verdict in verdicts])
            rejected = [
                pair for pair in zip(chunk, verdicts, strict=True) if pair[1].outcome is Outcome.REJECTED
            ] if self._rejects and tally.rejected > before.tally.rejected else []  # fmt: skip
            length = self._rejects.write(before, rejected) if self._rejects else 0
            after = replace(before, mark=mark, tally=tally, reject_bytes=length)
            if not self._way.dry_run and not await imports.advance(session, before, after):
                raise ImportStopped(f"Another process goes on with import {before.id}. Let it come to its end.")

        verdicts = await import_chunk(self._database, self._call, self._way, chunk, settle)
        await self._told(
            after, [pair for pair in zip(chunk, verdicts, strict=True) if pair[1].errors or pair[1].warnings]
        )
        return after


async def _chunks(rows: Rows, size: int, stream: Stream | None) -> AsyncGenerator[tuple[list[Sent], Mark], None]:
    """Some rows, their bytes bounded, and how far the file has been read with them. A stream's beginning is let go."""
    chunk: list[Sent] = []
    begun = rows.offset
    if stream:
        stream.let_go = True
        await stream.fill()
    for row in rows:
        if row is not None:
            chunk.append(row)
        if chunk and (len(chunk) >= size or rows.offset - begun >= CHUNK_BYTES):
            yield chunk, rows.mark
            chunk, begun = [], rows.offset
        if stream and stream.low:
            await stream.fill()
    if chunk:
        yield chunk, rows.mark
