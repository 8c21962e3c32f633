"""deliveries: webhooks that were sent, are to be sent, or were given up."""

import click

from app.cli.group import main, shop_option
from app.domain.limits import REPLAYED_AT_ONCE
from app.domain.webhooks import Delivery, DeliveryStatus
from app.server import access
from app.store import deliveries
from app.store.paging import Page


@main.group("deliveries")
def deliveries_group() -> None:
    """Webhooks that were sent, are to be sent, or were given up."""


@deliveries_group.command("list")
@shop_option
@click.option(
    "--status", type=click.Choice([each.value for each in DeliveryStatus], case_sensitive=False), default="DEAD",
    show_default=True,
)  # fmt: skip
@click.option("--trigger", type=click.IntRange(1, 2**63 - 1), metavar="ID", help="Only of this trigger.")
@click.option("--last", default=50, show_default=True, type=click.IntRange(1, 1000), help="How many, from the newest.")
def deliveries_list(reference: str, status: str, trigger: int | None, last: int) -> None:
    """List deliveries: id, status, trigger, sequence, record, attempts, HTTP status, error."""

    async def work(url: str) -> list[Delivery]:
        async with access.tenant(url, reference) as session:
            page = Page[int](last, backward=True)
            return await deliveries.page(session, page, [DeliveryStatus(status.upper())], trigger)

    for each in reversed(access.administer(work)):
        click.echo(
            f"{each.id}\t{each.status.value}\t{each.trigger_id}\t{each.sequence}\t{each.record_id or '-'}"
            f"\t{each.attempts}\t{each.answered or '-'}\t{each.error or '-'}"
        )


@deliveries_group.command("show")
@shop_option
@click.argument("delivery_id", type=click.IntRange(1, 2**63 - 1))
def deliveries_show(reference: str, delivery_id: int) -> None:
    """Print what the delivery DELIVERY_ID sends, and how it fared."""

    async def work(url: str) -> Delivery | None:
        async with access.tenant(url, reference) as session:
            return await deliveries.by_id(session, delivery_id)

    found = access.administer(work)
    if found is None:
        raise click.ClickException(
            f"That shop has no delivery {delivery_id}. 'custom-data deliveries list' shows some."
        )
    click.echo(f"{found.status.value}, {found.attempts} attempts, last: {found.error or found.answered or 'none'}")
    click.echo(found.body)


@deliveries_group.command("replay")
@shop_option
@click.option("--all", "every", is_flag=True, help=f"The oldest dead letters, at most {REPLAYED_AT_ONCE:,} at once.")
@click.option("--trigger", type=click.IntRange(1, 2**63 - 1), metavar="ID", help="With --all: only of this trigger.")
@click.argument("delivery_ids", nargs=-1, type=click.IntRange(1, 2**63 - 1))
def deliveries_replay(reference: str, every: bool, trigger: int | None, delivery_ids: tuple[int, ...]) -> None:
    """Send the dead letters DELIVERY_IDS again, or all of them. Of DELIVERY_IDS, what is pending is sent now."""
    if every == bool(delivery_ids):
        raise click.ClickException("Name the deliveries to be sent again, or say --all.")

    async def work(url: str) -> list[int]:
        async with access.tenant(url, reference) as session:
            if every:
                return await deliveries.replay_all(session, trigger, REPLAYED_AT_ONCE)
            again = await deliveries.replay(session, delivery_ids)
            return again + await deliveries.hurry(session, [each for each in delivery_ids if each not in again])

    click.echo(f"{len(access.administer(work))} are sent again.")
