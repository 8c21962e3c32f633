"""What mutations that take a file are sent, and what they answer."""

from collections.abc import Sequence
from enum import Enum
from typing import Annotated

import strawberry

from app.bulk.rejects import Rejected
from app.domain.imports import Sent, Tally
from app.domain.limits import IMPORT_ROWS_SHOWN
from app.domain.verdicts import Outcome, Verdict
from app.execution import Column, attribute, batched
from app.graphql.changes import ChangeEvents
from app.graphql.errors import Refusal, limit
from app.graphql.inputs import OnAmbiguous
from app.graphql.payloads import UserError, user_errors
from app.graphql.scalars import Upload

_FIRST = 20
Few = Annotated[int, strawberry.argument(description=f"How many, at most {IMPORT_ROWS_SHOWN}.")]


@strawberry.enum(description="How the rows of a file are written, always in UTF-8.")
class ImportFormat(Enum):
    CSV = strawberry.enum_value("CSV", description="The first line names the columns.")
    JSONL = strawberry.enum_value("JSONL", description="JSON Lines: an object on each line.")


@strawberry.enum(description="What stands between the cells of a CSV file.")
class CsvDelimiter(Enum):
    COMMA = ","
    SEMICOLON = ";"
    TAB = "\t"
    PIPE = "|"


@strawberry.enum(description="What an empty cell of a CSV file means.")
class EmptyCells(Enum):
    CLEAR = strawberry.enum_value("CLEAR", description="Null: it clears the field.")
    KEEP = strawberry.enum_value("KEEP", description="It leaves the field alone.")


@strawberry.input
class ImportInput:
    """What all imports have in common."""

    file: Upload
    format: ImportFormat
    delimiter: CsvDelimiter | None = strawberry.field(default=None, description="Told from the header unless given.")
    empty_cells: EmptyCells = EmptyCells.CLEAR
    decimal_comma: bool = strawberry.field(default=False, description="Numbers of a CSV file may be written 12,50.")
    events: ChangeEvents = strawberry.field(default=ChangeEvents.SUMMARY, description="Who is told of what changes.")
    dry_run: bool = strawberry.field(default=False, description="Only tells what this would do, and writes nothing.")
    restart: bool = strawberry.field(
        default=False, description="Begin anew, also where an import of this file was stopped, or came to its end."
    )


@strawberry.input(description="A file of records of one definition.")
class ImportRecordsInput(ImportInput):
    definition: str = strawberry.field(description="Key or id.")
    on_ambiguous: OnAmbiguous = OnAmbiguous.FIRST


@strawberry.input(description="A file of customers.")
class ImportCustomersInput(ImportInput):
    pass


@strawberry.input(description="A file of products.")
class ImportProductsInput(ImportInput):
    pass


@strawberry.type(description="The verdict on a row of a file that was rejected, or has warnings.")
class ImportResult:
    line: int = attribute("sent.line", description="The line of the file on which the row begins, from 1.")
    outcome: Outcome = attribute("verdict.outcome")
    id: strawberry.ID | None = attribute(
        "verdict.id", description="The idRecord, idContact of a customer, or idProduct; null when it was rejected."
    )
    sent: strawberry.Private[Sent]
    verdict: strawberry.Private[Verdict]

    @batched(description="Each `path` leads into the row.")
    @staticmethod
    def errors(parents: Sequence["ImportResult"]) -> Column[list[UserError]]:
        return [user_errors(parent.verdict.errors) for parent in parents]

    @batched
    @staticmethod
    def warnings(parents: Sequence["ImportResult"]) -> Column[list[UserError]]:
        return [user_errors(parent.verdict.warnings) for parent in parents]


@strawberry.type(
    description="What became of a file's rows. An import that went on where it had been stopped counts those that were "
    "in before, too."
)
class ImportPayload:
    read: int = attribute("tally.rows", description="Rows read.")
    created: int = attribute("tally.created")
    updated: int = attribute("tally.updated")
    unchanged: int = attribute("tally.unchanged")
    rejected: int = attribute("tally.rejected")
    dry_run: bool
    repeated: bool = strawberry.field(
        description="Nothing was done: rows without a unique key, imported before to the end of the file."
    )
    resumed_at: int | None = strawberry.field(
        description="The line behind which it went on; null of one that began with the file."
    )
    user_errors: list[UserError] = strawberry.field(
        description="Why the file was refused, or the import stopped. What is counted is in: send the same file again, "
        "mended where that is asked for, to go on."
    )
    tally: strawberry.Private[Tally]
    shown: strawberry.Private[Sequence[Rejected]]
    warned_of: strawberry.Private[Sequence[Rejected]]

    @batched(
        description="The first rows that this request rejected, in order of lines. All of them are told by "
        "`POST /bulk/...`, which answers line by line; with `dryRun=true` it writes nothing."
    )
    @staticmethod
    def rejects(parents: Sequence["ImportPayload"], first: Few = _FIRST) -> Column[list[ImportResult]]:
        return [_rows(parent.shown, first) for parent in parents]

    @batched(description="The first rows that were saved with warnings.")
    @staticmethod
    def warned(parents: Sequence["ImportPayload"], first: Few = _FIRST) -> Column[list[ImportResult]]:
        return [_rows(parent.warned_of, first) for parent in parents]


def _rows(noted: Sequence[Rejected], first: int) -> list[ImportResult]:
    if not 0 <= first <= IMPORT_ROWS_SHOWN:
        message = f"first is {first}; it may be 0 to {IMPORT_ROWS_SHOWN}."
        raise Refusal("LIMIT_EXCEEDED", message, **limit("first", first, IMPORT_ROWS_SHOWN))
    return [ImportResult(sent=sent, verdict=verdict) for sent, verdict in noted[:first]]
