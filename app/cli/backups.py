"""backup, restore: one shop in one file."""

from pathlib import Path

import click

from app.bulk.backup import LEFT_OUT, backup, restore
from app.bulk.manifest import BackupRefused, Manifest
from app.cli.group import main, shop_option
from app.cli.outputs import told_to_end
from app.server import access

STATEMENT_TIMEOUT_MS = 120_000

_file = click.argument("file", type=click.Path(dir_okay=False, path_type=Path))


@main.command("backup")
@shop_option
@_file
def backup_command(reference: str, file: Path) -> None:
    """Write a whole shop to the new FILE: definitions, records, contacts, customers, products, overrides, segments,
    triggers and settings, as they are at one moment. Without its keys and secrets, and without its history."""

    async def work(url: str) -> Manifest:
        timeout = STATEMENT_TIMEOUT_MS
        async with access.shop_database(url, reference, statement_timeout_ms=timeout) as (database, shop):
            return await backup(database, shop.id, file)

    with told_to_end():
        manifest = access.administer(work)
    _tell(manifest)
    click.echo(f"Left out: {LEFT_OUT}.", err=True)


@main.command("restore")
@shop_option
@_file
def restore_command(reference: str, file: Path) -> None:
    """Put the backup FILE into a shop that is empty, checked against its counts and checksums. Ids stay what they were.
    Triggers come back switched off; keys have to be made anew."""

    async def work(url: str) -> Manifest:
        timeout = STATEMENT_TIMEOUT_MS
        async with access.shop_database(url, reference, statement_timeout_ms=timeout) as (database, shop):
            manifest = await restore(database, shop.id, file)
            await database.know_records()
        return manifest

    try:
        manifest = access.administer(work)
    except BackupRefused as refusal:
        raise click.ClickException(str(refusal)) from refusal
    _tell(manifest)
    if manifest.members["triggers"].rows:
        click.echo("Triggers are switched off, and sign with a new secret.", err=True)


def _tell(manifest: Manifest) -> None:
    for table, member in manifest.members.items():
        click.echo(f"{table}\t{member.rows}")
