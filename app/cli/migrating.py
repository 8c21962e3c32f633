"""migrate: the database's shape."""

import click

from app.cli.group import main
from app.server import access
from app.store.migrate import Migrated, migrate


@main.command("migrate")
def migrate_command() -> None:
    """Bring the database to this version's shape."""

    async def work(url: str) -> Migrated:
        return await migrate(url)

    migrated = access.administer(work, ready=False)
    click.echo(f"Applied: {', '.join(migrated.applied)}." if migrated.applied else "Nothing to apply.")
    if migrated.distributed:
        click.echo(f"Distributed by shop: {', '.join(migrated.distributed)}.")
    if not migrated.role_ready:
        click.echo(
            "This login may not create or take on the role custom_data_gateway, so it serves itself: row-level "
            "security is forced and binds it too.",
            err=True,
        )
