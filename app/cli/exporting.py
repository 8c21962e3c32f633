"""export: a shop's rows into a file."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager, aclosing
from pathlib import Path
from typing import BinaryIO

import click

from app.bulk import exporting
from app.bulk.exporting import CsvWriter, JsonWriter, Source, export
from app.bulk.person import NobodyFound, person_file
from app.bulk.whole_file import standard_output, whole_file
from app.cli.group import main, shop_option
from app.cli.outputs import told_to_end
from app.cli.people import contact_option, contact_reference, source_option
from app.server import access
from app.store.database import Database

STATEMENT_TIMEOUT_MS = 120_000

Chosen = Callable[[Database, int], Awaitable[Source]]


@main.group("export")
def export_group() -> None:
    """Write a shop's rows to a file, or to standard output: CSV, or JSON Lines, as "import" takes them.

    A file shows one moment. CSV knows no empty texts: they come back as null; JSON Lines keep everything.
    """


def _options(command: Callable[..., None]) -> Callable[..., None]:
    for option in reversed(
        [
            shop_option,
            click.option("--format", "form", type=click.Choice(["csv", "jsonl"]), help="By the file's name, else csv."),
            click.option("--delimiter", default=",", show_default=True, help="Of CSV."),
            click.argument("file", default="-", type=click.Path(dir_okay=False, allow_dash=True)),
        ]
    ):
        command = option(command)
    return command


@export_group.command("records")
@_options
@click.option("--definition", required=True, metavar="KEY|ID", help="Whose records.")
def records(definition: str, **options: str) -> None:
    """Export records, with canonical ids in relations."""

    async def chosen(database: Database, shop_id: int) -> Source:
        return await exporting.of_records(database, shop_id, definition)

    _run(chosen, **options)


def _fixed(source: Source) -> Chosen:
    async def chosen(_database: Database, _shop_id: int) -> Source:
        return source

    return chosen


@export_group.command("contacts")
@_options
def contacts(**options: str) -> None:
    """Export contacts. They follow from customers, so these are what an import takes."""
    _run(_fixed(exporting.CONTACTS), **options)


@export_group.command("customers")
@_options
def customers(**options: str) -> None:
    """Export customers."""
    _run(_fixed(exporting.CUSTOMERS), **options)


@export_group.command("products")
@_options
def products(**options: str) -> None:
    """Export products, inactive ones too."""
    _run(_fixed(exporting.PRODUCTS), **options)


@export_group.command("person")
@shop_option
@contact_option
@source_option
@click.argument("file", default="-", type=click.Path(dir_okay=False, allow_dash=True))
def person_command(reference: str, person: str, source: str | None, file: str) -> None:
    """Export all that is held of one person, as readable JSON: contact, customers, segments, records with their labels,
    changes, and what webhooks told of them."""
    named = contact_reference(person, source)

    async def work(url: str) -> None:
        timeout = STATEMENT_TIMEOUT_MS
        async with (
            access.shop_database(url, reference, statement_timeout_ms=timeout) as (database, shop),
            aclosing(person_file(database, shop.id, named)) as pieces,
        ):
            first = await anext(pieces)  # nobody is found out before the file is made
            with _opened(file) as opened:
                opened.write(first)
                async for piece in pieces:
                    opened.write(piece)

    try:
        with told_to_end():
            access.administer(work)
    except NobodyFound as nobody:
        raise click.ClickException(str(nobody)) from nobody


def _run(chosen: Chosen, *, reference: str, file: str, form: str | None, delimiter: str) -> None:
    form = form or ("jsonl" if Path(file).suffix.lower() in (".jsonl", ".ndjson", ".json") else "csv")
    delimiter = delimiter.replace("\\t", "\t")
    if delimiter not in (",", ";", "|", "\t"):
        raise click.ClickException("A delimiter is one of , ; | and tab.")

    async def work(url: str) -> int:
        timeout, rows = STATEMENT_TIMEOUT_MS, 0
        async with access.shop_database(url, reference, statement_timeout_ms=timeout) as (database, shop):
            source = await chosen(database, shop.id)
            writer = CsvWriter(source, delimiter) if form == "csv" else JsonWriter(source.columns)
            async with aclosing(export(database, shop.id, source, writer)) as pieces:
                with _opened(file) as opened:
                    async for count, piece in pieces:
                        opened.write(piece)
                        rows += count
        return rows

    with told_to_end():
        rows = access.administer(work)
    click.echo(f"{rows:,} rows.", err=True)


def _opened(file: str) -> AbstractContextManager[BinaryIO]:
    return standard_output() if file == "-" else whole_file(Path(file))
