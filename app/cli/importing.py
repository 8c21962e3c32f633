"""import: rows of a file into a shop."""

import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import click
import orjson

from app.bulk.importing import Ended, Job, run
from app.bulk.private import rewritten
from app.bulk.reading import Dialect
from app.bulk.rejects import Form, Rejected, told
from app.bulk.rejects_file import Rejects
from app.cli.group import main, shop_option
from app.cli.outputs import refuse_same, refuse_unwritable
from app.cli.progress import Progress
from app.domain.changes import Events
from app.domain.imports import Import, Kind
from app.operations.import_chunk import ImportStopped, Way
from app.operations.transaction import Call
from app.server import access

STATEMENT_TIMEOUT_MS = 120_000  # of some thousand rows, on a busy machine
SOME_REJECTED = 3  # the exit code

_FORMATS = {".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "jsonl"}


@main.group("import")
def import_group() -> None:
    """Bring the rows of a file into a shop: CSV, or JSON Lines.

    Rows are checked as the API checks them, and saved in transactions of some thousand. An import that was stopped, in
    whatever way, goes on where it was when it is run again. Rows that are rejected are written to a file of the same
    form: correct them there, and import that file. Exits with 3 when there are such.
    """


def _options(command: Callable[..., None]) -> Callable[..., None]:
    for option in reversed(
        [
            shop_option,
            click.option("--format", "form", type=click.Choice(["csv", "jsonl"]), help="By the file's name, else csv."),
            click.option("--delimiter", help="Of CSV: , ; | or tab. Told from the header unless given."),
            click.option(
                "--empty-cells", type=click.Choice(["clear", "keep"]), default="clear", show_default=True,
                help="Of CSV: whether an empty cell clears its field, or leaves it alone.",
            ),
            click.option("--decimal-comma", is_flag=True, help="Of CSV: numbers may be written 12,50."),
            click.option("--rejects", type=click.Path(path_type=Path), help="Where rejected rows go.  "
                         "[default: FILE.rejects.csv or .jsonl]"),
            click.option("--verdicts", type=click.Path(path_type=Path), help="Where to write, as JSON "
                         "Lines, the verdict of each row of this run that was rejected or has a warning."),
            click.option("--dry-run", is_flag=True, help="Check, write nothing: each few thousand rows are tried "
                         "against the shop as it is."),
            click.option("--restart", is_flag=True, help="From the first row, even if this file was imported in part."),
            click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True)),
        ]
    ):  # fmt: skip
        command = option(command)
    return command


@import_group.command("records")
@_options
@click.option("--definition", required=True, metavar="KEY|ID", help="Whose records.")
@click.option(
    "--events", type=click.Choice([each.value for each in Events], case_sensitive=False), default=Events.SUMMARY.value,
    show_default=True, help="How the change log and triggers learn of it: one by one, as one, or triggers not at all.",
)  # fmt: skip
@click.option("--reject-ambiguous", is_flag=True, help="Reject an e-mail that several contacts have.")
def records(definition: str, events: str, reject_ambiguous: bool, dry_run: bool, **options: Any) -> None:
    """Import records. Columns are fields, by name or label; contact_id.email, contact_id.customer:webshop, and
    field.other name what a relation points to by another identifier."""
    _run(Way(Kind.RECORDS, definition, Events(events.upper()), reject_ambiguous, dry_run), **options)


@import_group.command("customers")
@_options
def customers(dry_run: bool, **options: Any) -> None:
    """Import customers, from which contacts follow: idCustomer, source, email, emailVerified, firstName, lastName,
    lang."""
    _run(Way(Kind.CUSTOMERS, dry_run=dry_run), **options)


@import_group.command("products")
@_options
def products(dry_run: bool, **options: Any) -> None:
    """Import products, each the whole product: idProduct, name, price, reference, priceDiscount, currency, lang,
    isActive."""
    _run(Way(Kind.PRODUCTS, dry_run=dry_run), **options)


def _run(way: Way, *, reference: str, file: str, form: str | None, delimiter: str | None, empty_cells: str,
         decimal_comma: bool, rejects: Path | None, verdicts: Path | None, restart: bool) -> None:  # fmt: skip
    form = form or _FORMATS.get(Path(file).suffix.lower(), "csv")
    if delimiter is not None and (delimiter := delimiter.replace("\\t", "\t")) not in (",", ";", "|", "\t"):
        raise click.ClickException("A delimiter is one of , ; | and tab.")
    _look_at(file, rejects or Path(f"{'import-0' if file == '-' else file}.rejects.{form}"), verdicts)
    with _opened(file) as opened, ExitStack() as stack:
        screen = _Screen(stack, opened, verdicts)

        def rejects_file(written: Form, import_id: int) -> Rejects:
            usual = f"{file}.rejects.{form}" if file != "-" else f"import-{import_id}.rejects.{form}"
            screen.rejects = Rejects(rejects or Path(usual), written)
            return screen.rejects

        dialect = Dialect(delimiter, keep_empty=empty_cells == "keep")
        job = Job(way, opened, form, dialect, decimal_comma, restart, rejects_file)

        async def work(url: str) -> Ended:
            timeout = STATEMENT_TIMEOUT_MS
            async with access.shop_database(url, reference, size=2, statement_timeout_ms=timeout) as (database, shop):
                return await run(database, Call(shop.id, 0, "import"), job, screen.begun, screen.told)

        ended = access.administer(work)
    screen.ended(way, ended)


def _look_at(file: str, rejects: Path, verdicts: Path | None) -> None:
    """What is to be written can be, and is not what is read."""
    refuse_same(input=Path("/dev/stdin" if file == "-" else file), rejects=rejects, verdicts=verdicts)
    refuse_unwritable(rejects)
    if rejects.exists() and not rejects.is_file():
        raise click.ClickException(f"{rejects} is no file that rejects can be kept in. Name another.")
    if verdicts:
        refuse_unwritable(verdicts)


@contextmanager
def _opened(file: str) -> Iterator[BinaryIO]:
    """The file; standard input is put aside first, since its length is not known, nor could it be read again."""
    if file != "-":
        with open(file, "rb") as opened:
            yield opened
        return
    with tempfile.TemporaryFile() as aside:
        shutil.copyfileobj(sys.stdin.buffer, aside)
        aside.seek(0)
        yield aside


@dataclass
class _Screen:
    """What a person sees of it."""

    stack: ExitStack
    file: BinaryIO
    verdicts: Path | None
    rejects: Rejects | None = None
    progress: Progress | None = None

    async def begun(self, at: Import) -> None:
        position = self.file.tell()
        length = self.file.seek(0, 2)
        self.file.seek(position)
        if at.id:
            click.echo(f"Going on with import {at.id} of {at.started_at:%Y-%m-%d %H:%M} UTC behind row "
                       f"{at.tally.rows:,}. --restart begins again.", err=True)  # fmt: skip
        self.progress = self.stack.enter_context(Progress(length, at.mark.offset, at.tally.rows))
        self._verdicts = self.stack.enter_context(rewritten(self.verdicts)) if self.verdicts else None

    async def told(self, at: Import, noted: Sequence[Rejected]) -> None:
        assert self.progress is not None
        self.progress.at(at.mark.offset, at.tally.rows)
        if self._verdicts and noted:
            try:
                self._verdicts.writelines(orjson.dumps(told(*pair)) + b"\n" for pair in noted)
                self._verdicts.flush()
            except OSError as error:
                with suppress(OSError):
                    self._verdicts.close()
                raise ImportStopped(
                    f"Verdicts cannot be written to {self.verdicts}: {error.strerror}. Run it again to go on."
                ) from error

    def ended(self, way: Way, ended: Ended) -> None:
        tally = ended.at.tally
        if ended.repeated:
            click.echo(f"This file was imported as import {ended.at.id}, and its records have no unique key: nothing "
                       "was done. --restart imports it once more.")  # fmt: skip
            return
        assert self.progress is not None
        click.echo(
            f"{'Would be: ' if way.dry_run else ''}{tally.created:,} created, {tally.updated:,} updated, "
            f"{tally.unchanged:,} unchanged, {tally.rejected:,} rejected. "
            f"{self.progress.seconds:,.1f} s, {self.progress.rate:,.0f} rows/s."
        )
        if tally.rejected and self.rejects:
            if self.rejects.changed:
                click.echo(f"{self.rejects.changed} was changed since the import was stopped, and stays as it is: "
                           "the rest of the rejects is in a file beside it.", err=True)  # fmt: skip
            click.echo(f"Rejected rows, with what is wrong: {self.rejects.path}", err=True)
            raise SystemExit(SOME_REJECTED)
