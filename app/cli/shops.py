"""shop: the tenants."""

import click

from app.cli.group import main, refuse
from app.domain.shops import Shop, name_problem, time_zone_problem
from app.server import access
from app.store import shops
from app.store.administration import administering


@main.group()
def shop() -> None:
    """Shops, the tenants."""


@shop.command("create")
@click.argument("name")
@click.option("--time-zone", "--timezone", default="UTC", show_default=True, help="IANA name, such as Europe/Paris.")
@click.option(
    "--unify-by-email", type=click.Choice(["VERIFIED", "ALWAYS"], case_sensitive=False), default="VERIFIED",
    show_default=True, help="Which e-mails may join a new customer to an existing contact.",
)  # fmt: skip
def shop_create(name: str, time_zone: str, unify_by_email: str) -> None:
    """Create the shop NAME and print its id."""
    refuse(name_problem(name), time_zone_problem(time_zone))

    async def work(url: str) -> Shop:
        async with administering(url) as connection:
            return await shops.create_shop(connection, name, time_zone, unify_by_email.upper())

    click.echo(access.administer(work).id)


@shop.command("list")
def shop_list() -> None:
    """List all shops: id, time zone, name."""

    async def work(url: str) -> list[Shop]:
        async with administering(url) as connection:
            return await shops.list_shops(connection)

    for each in access.administer(work):
        click.echo(f"{each.id}\t{each.time_zone}\t{each.name}")
