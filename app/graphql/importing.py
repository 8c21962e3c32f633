"""Files in: what an uploaded file holds is saved row by row in transactions of its own, while it comes."""

from collections.abc import Sequence

from app.bulk.importing import Job, run
from app.bulk.lines import Unreadable
from app.bulk.reading import Dialect
from app.bulk.rejects import Rejected
from app.domain.imports import Import, Kind, Tally
from app.domain.limits import IMPORT_ROWS_SHOWN, SERVED_ROWS_PER_CHUNK
from app.domain.problems import Code, Problem
from app.domain.verdicts import Outcome
from app.graphql import imports
from app.graphql.context import Info
from app.graphql.inputs import OnAmbiguous
from app.graphql.payloads import user_errors
from app.operations.import_chunk import ImportStopped, Way
from app.telemetry.observation import written

IMPORTS = frozenset({"importRecords", "importCustomers", "importProducts"})  # the mutations that take a file

_KEYED = Problem(
    Code.INVALID_IDEMPOTENCY_KEY,
    "A file is known by what it begins with, and goes on where it was. Send it without an idempotency key.",
)
_OF_DEFINITION = (Code.DEFINITION_NOT_FOUND, Code.DEFINITION_INACTIVE)


async def import_records(info: Info, input: imports.ImportRecordsInput) -> imports.ImportPayload:
    """Saves the rows of an uploaded file as records, as `saveCustomDataRecords` would, in transactions of up to 1,000
    rows while the file comes. Sent again after it was cut off, it goes on where it was."""
    reject = input.on_ambiguous is OnAmbiguous.REJECT
    return await _imported(info, input, Way(Kind.RECORDS, input.definition, input.events, reject, input.dry_run))


async def import_customers(info: Info, input: imports.ImportCustomersInput) -> imports.ImportPayload:
    """The same of customers, as `saveCustomers` would."""
    return await _imported(info, input, Way(Kind.CUSTOMERS, events=input.events, dry_run=input.dry_run))


async def import_products(info: Info, input: imports.ImportProductsInput) -> imports.ImportPayload:
    """The same of products, as `saveProducts` would."""
    return await _imported(info, input, Way(Kind.PRODUCTS, events=input.events, dry_run=input.dry_run))


async def _imported(info: Info, input: imports.ImportInput, way: Way) -> imports.ImportPayload:
    noted = _Noted(info.field_name, dry_run=way.dry_run)
    if info.context.idempotency_key is not None:
        return noted.payload((_KEYED,))
    call = await info.context.begin_call(info.field_name, None)
    dialect = Dialect(
        input.delimiter.value if input.delimiter else None, keep_empty=input.empty_cells is imports.EmptyCells.KEEP
    )
    form = "csv" if input.format is imports.ImportFormat.CSV else "jsonl"
    job = Job(way, input.file, form, dialect, input.decimal_comma, input.restart, chunk=SERVED_ROWS_PER_CHUNK)
    try:
        ended = await run(info.context.database, call, job, noted.begun, noted.told)
    except Unreadable as error:
        return noted.payload((Problem(Code.FILE_UNREADABLE, str(error), "file"),))
    except ImportStopped as error:
        path = "definition" if error.code in _OF_DEFINITION else "file"
        return noted.payload((Problem(error.code, str(error), path),))
    noted.tally = ended.at.tally
    return noted.payload(repeated=ended.repeated)


class _Noted:
    """What an import tells as it goes."""

    def __init__(self, field: str, *, dry_run: bool) -> None:
        self._field = field
        self._dry_run = dry_run
        self._resumed_at: int | None = None
        self._rejected: list[Rejected] = []
        self._warned: list[Rejected] = []
        self.tally = Tally()

    async def begun(self, at: Import) -> None:
        self.tally = at.tally
        self._resumed_at = at.mark.line if at.id else None

    async def told(self, at: Import, noted: Sequence[Rejected]) -> None:
        if not self._dry_run:
            written(self._field, at.tally.since(self.tally))
        self.tally = at.tally
        for row in noted:
            shown = self._rejected if row[1].outcome is Outcome.REJECTED else self._warned
            if len(shown) < IMPORT_ROWS_SHOWN:
                shown.append(row)

    def payload(self, problems: tuple[Problem, ...] = (), *, repeated: bool = False) -> imports.ImportPayload:
        return imports.ImportPayload(
            dry_run=self._dry_run, repeated=repeated, resumed_at=self._resumed_at, user_errors=user_errors(problems),
            tally=self.tally, shown=self._rejected, warned_of=self._warned,
        )  # fmt: skip
