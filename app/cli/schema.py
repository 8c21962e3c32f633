"""schema: the graph as text."""

import click

from app.cli.group import main
from app.domain.definitions import Model
from app.server import access
from app.store.definitions import Models


@main.command()
@click.option("--shop", "reference", metavar="ID|NAME", help="With the shop's own definitions, as its keys see them.")
@click.option("--version", "only_version", is_flag=True, help="Only its version, as shop.schemaVersion tells it.")
def schema(reference: str | None, only_version: bool) -> None:
    """Print the GraphQL schema (SDL)."""
    from app.graphql.schema import schema as core
    from app.graphql.typed.digest import version

    async def work(url: str) -> Model:
        assert reference is not None
        async with access.tenant(url, reference) as session:
            return await Models().current(session)

    definitions = access.administer(work).definitions if reference is not None else ()
    if only_version:
        click.echo(version(core.as_str(), definitions, contact=False))
    else:
        click.echo((core.of_shop(definitions, contact=False) if definitions else core).as_str())
