"""The command line: serve, migrate, shops, keys, deliveries, doctor, schema. Failures are one line on stderr."""

import asyncio
import os
from ipaddress import ip_address
from typing import Any

import click

from app.domain.access import ALL_SCOPES, Scope
from app.domain.definitions import Model
from app.domain.limits import REPLAYED_AT_ONCE
from app.domain.problems import Problem
from app.domain.shops import ApiKey, Shop, name_problem, new_key, scopes_problem, time_zone_problem
from app.domain.webhooks import Delivery, DeliveryStatus
from app.operations.contact_tokens import LONGEST_SECONDS, SHORTEST_SECONDS, USUAL_SECONDS, mint
from app.server import access, delivering, processes, receiving, telling
from app.server.explorer.pages import DEMO_KEY
from app.server.settings import InvalidSettings, read_settings
from app.store import contacts, deliveries, keys, shops, token_keys, webhook_secrets
from app.store.administration import NotMigrated, administering
from app.store.database import UnsafeRole
from app.store.definitions import Models
from app.store.examination import Finding, Health, examine
from app.store.failures import StoreFailure
from app.store.migrate import Migrated, MigrationRefused, migrate
from app.store.paging import Page
from app.telemetry.metrics import AddressTaken, forget_process
from app.telemetry.tracing import TracingMissing

EXPLORER_PATH = "/graphql"
_FAILURES = (
    AddressTaken, InvalidSettings, MigrationRefused, NotMigrated, StoreFailure, TracingMissing, UnsafeRole,
    access.ShopNotFound, processes.ServingFailure,
)  # fmt: skip


class _Commands(click.Group):
    """Says what went wrong in one line, and exits with 1."""

    def invoke(self, context: click.Context) -> Any:
        try:
            return super().invoke(context)
        except _FAILURES as error:
            raise click.ClickException(" ".join(str(error).split())) from error


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
def main() -> None:
    """The Custom Data Gateway.

    DATABASE_URL names the PostgreSQL to use; without it, every command uses the embedded one below CUSTOM_DATA_HOME
    (.custom-data), and the one of a running "serve" if there is one.
    """


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(0, 65535), help="0 takes a free one.")
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 64), help="Processes that answer.")
@click.option("--demo", is_flag=True, help="Fill a demo shop, once, and print its API key.")
def serve(host: str, port: int, workers: int, demo: bool) -> None:
    """Migrate the database and serve until Ctrl-C.

    Settings are environment variables, all of them in the README: CUSTOM_DATA_CHANGE_DAYS (30) for how long the change
    log keeps what happened, CUSTOM_DATA_DELIVER, CUSTOM_DATA_PRIVATE_WEBHOOKS, CUSTOM_DATA_POOL_SIZE and more.
    """
    settings = read_settings()
    with (
        processes.until_told_to_stop(),
        access.opened(settings, serving=True) as urls,
        processes.listening(host, port) as listener,
    ):
        key = asyncio.run(access.prepare(settings, urls, demo))
        address = listener.getsockname()
        signed_in = key is not None and ip_address(address[0]).is_loopback
        _announce(address, key, signed_in)
        os.environ["DATABASE_URL"] = urls.gateway
        os.environ.pop("DATABASE_ADMIN_URL", None)
        os.environ[DEMO_KEY] = key if key is not None and signed_in else ""
        with telling.metrics_told(settings):
            processes.serve(listener, workers, gone=forget_process)


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
    _refuse(name_problem(name), time_zone_problem(time_zone))

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


@main.group()
def key() -> None:
    """API keys of a shop."""


_shop_option = click.option("--shop", "reference", required=True, metavar="ID|NAME", help="Whose.")


@key.command("create")
@_shop_option
@click.option("--name", default="API key", show_default=True, help="What it is for.")
@click.option(
    "--scopes", default=",".join(scope.value for scope in Scope), metavar="SCOPE,...",
    help="What it may do; everything unless given. One or more of " + ", ".join(scope.value for scope in Scope) + ".",
)  # fmt: skip
def key_create(reference: str, name: str, scopes: str) -> None:
    """Create an API key and print it, this once: only its hash is stored."""
    named = {scope.strip() for scope in scopes.split(",") if scope.strip()}
    _refuse(name_problem(name), scopes_problem(named))

    async def work(url: str) -> str:
        async with access.tenant(url, reference) as session:
            text, digest, prefix = new_key(session.shop_id)
            await keys.create_key(session, name, digest, prefix, [Scope(scope) for scope in named])
        return text

    click.echo(access.administer(work))


@key.command("list")
@_shop_option
def key_list(reference: str) -> None:
    """List a shop's keys: id, beginning, created, revoked, scopes, name."""

    async def work(url: str) -> list[ApiKey]:
        async with access.tenant(url, reference) as session:
            return await keys.list_keys(session)

    for each in access.administer(work):
        revoked = f"{each.revoked_at:%Y-%m-%d}" if each.revoked_at else "-"
        scopes = "all" if each.scopes == ALL_SCOPES else ",".join(sorted(scope.value for scope in each.scopes))
        click.echo(f"{each.id}\t{each.prefix}...\t{each.created_at:%Y-%m-%d}\t{revoked}\t{scopes}\t{each.name}")


@key.command("revoke")
@_shop_option
@click.argument("key_id", type=click.IntRange(1, 2**63 - 1))
def key_revoke(reference: str, key_id: int) -> None:
    """End the key KEY_ID, at once and for ever."""

    async def work(url: str) -> ApiKey | None:
        async with access.tenant(url, reference) as session:
            return await keys.revoke_key(session, key_id)

    if access.administer(work) is None:
        raise click.ClickException(f"That shop has no key {key_id}. 'custom-data key list' shows its keys.")
    click.echo(f"Key {key_id} is revoked.")


@main.command()
@_shop_option
@click.option("--contact", required=True, type=click.IntRange(1, 2**63 - 1), metavar="ID", help="The idContact.")
@click.option(
    "--seconds", default=USUAL_SECONDS, show_default=True, type=click.IntRange(SHORTEST_SECONDS, LONGEST_SECONDS),
    help="How long it is valid.",
)  # fmt: skip
def token(reference: str, contact: int, seconds: int) -> None:
    """Mint a contact token, for trying out what a contact sees, and print it."""

    async def work(url: str) -> str:
        async with access.tenant(url, reference) as session:
            if not await contacts.existing(session, [contact]):
                raise click.ClickException(f"That shop has no contact {contact}.")
            return (await mint(session, contact, seconds)).token

    click.echo(access.administer(work))


@main.command("rotate-token-key")
@_shop_option
@click.option("--at-once", is_flag=True, help="Refuse the old key's tokens now, not when they have expired.")
def rotate_token_key(reference: str, at_once: bool) -> None:
    """Sign contact tokens with a new key from now on."""

    async def work(url: str) -> int:
        async with access.tenant(url, reference) as session:
            return (await token_keys.rotate(session, 0 if at_once else LONGEST_SECONDS)).id

    click.echo(f"Token key {access.administer(work)} signs from now on.")


@main.command()
def deliver() -> None:
    """Judge triggers and send webhooks until Ctrl-C, without serving.

    "serve" does so by itself unless CUSTOM_DATA_DELIVER is false. Any number of processes may.
    """
    settings = read_settings()
    telling.set_up_logging(settings)
    with processes.until_told_to_stop(), access.opened(settings) as urls, telling.metrics_told(settings):
        asyncio.run(delivering.until_stopped(settings, urls))


@main.command()
@click.option("--shop", "reference", metavar="ID|NAME", help="Whose secrets sign; they are read once.")
@click.option("--secret", help="Or the secret itself, as rotateWebhookSecret showed it.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8787, show_default=True, type=click.IntRange(0, 65535), help="0 takes a free one.")
def receive(reference: str | None, secret: str | None, host: str, port: int) -> None:
    """Receive webhooks until Ctrl-C: check each signature and print what it tells.

    For development. Triggers reach it where CUSTOM_DATA_PRIVATE_WEBHOOKS is true; the demo shop's points here.
    """
    if (reference is None) == (secret is None):
        raise click.ClickException("Say --shop or --secret: what comes is checked by the secrets.")

    async def work(url: str) -> list[str]:
        assert reference is not None
        async with access.tenant(url, reference) as session:
            return await webhook_secrets.valid(session)

    secrets = [secret] if secret is not None else access.administer(work)
    if not secrets:
        raise click.ClickException("That shop has no webhook secret yet: its first trigger makes one.")
    with processes.until_told_to_stop(), processes.listening(host, port) as listener:
        click.echo(f"Receiving at http://{host}:{listener.getsockname()[1]}/hooks. Ctrl-C stops.")
        receiving.serve(listener, secrets, click.echo)


@main.group("deliveries")
def deliveries_group() -> None:
    """Webhooks that were sent, are to be sent, or were given up."""


@deliveries_group.command("list")
@_shop_option
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
            f"{each.id}\t{each.status.value}\t{each.trigger_id}\t{each.sequence}\t{each.record_id}\t{each.attempts}"
            f"\t{each.answered or '-'}\t{each.error or '-'}"
        )


@deliveries_group.command("show")
@_shop_option
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
@_shop_option
@click.option("--all", "every", is_flag=True, help=f"The oldest dead letters, at most {REPLAYED_AT_ONCE:,} at once.")
@click.option("--trigger", type=click.IntRange(1, 2**63 - 1), metavar="ID", help="With --all: only of this trigger.")
@click.argument("delivery_ids", nargs=-1, type=click.IntRange(1, 2**63 - 1))
def deliveries_replay(reference: str, every: bool, trigger: int | None, delivery_ids: tuple[int, ...]) -> None:
    """Send the dead letters DELIVERY_IDS again, or all of them."""
    if every == bool(delivery_ids):
        raise click.ClickException("Name the deliveries to be sent again, or say --all.")

    async def work(url: str) -> list[int]:
        async with access.tenant(url, reference) as session:
            if every:
                return await deliveries.replay_all(session, trigger, REPLAYED_AT_ONCE)
            return await deliveries.replay(session, delivery_ids)

    click.echo(f"{len(access.administer(work))} are sent again.")


@main.command()
def doctor() -> None:
    """Look at the deployment and say what to mend. Exits with 1 if something is wrong."""
    settings = read_settings()

    async def work(url: str) -> list[Finding]:
        return [finding async for finding in examine(url, settings.pool_size)]

    with access.opened(settings) as urls:
        findings = asyncio.run(work(urls.gateway))
    for each in findings:
        click.echo(f"{each.health.value:<5}  {each.subject}: {each.told}")
        if each.mend:
            click.echo(f"       -> {each.mend}")
    if any(each.health is Health.FAULT for each in findings):
        raise SystemExit(1)


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


def _announce(address: tuple[Any, ...], key: str | None, signed_in: bool) -> None:
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(address[0], address[0])
    url = f"http://[{host}]:{address[1]}" if ":" in host else f"http://{host}:{address[1]}"
    click.echo(f"GraphiQL: {url}{EXPLORER_PATH}" + (f"#key={key}" if signed_in else ""))
    if key is not None:
        click.echo(f"API key:  {key}")
    click.echo("Ctrl-C stops.")


def _refuse(*problems: Problem | None) -> None:
    for problem in problems:
        if problem is not None:
            raise click.ClickException(problem.message)


if __name__ == "__main__":
    main()
