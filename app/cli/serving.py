"""serve, migrate, deliver."""

import asyncio
import os
from ipaddress import ip_address
from typing import Any

import click

from app.cli.group import main
from app.server import access, delivering, processes, telling
from app.server.explorer.pages import DEMO_KEY
from app.server.settings import read_settings
from app.store.migrate import Migrated, migrate
from app.telemetry.metrics import forget_process

EXPLORER_PATH = "/graphql"


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


@main.command()
def deliver() -> None:
    """Judge triggers and send webhooks until Ctrl-C, without serving.

    "serve" does so by itself unless CUSTOM_DATA_DELIVER is false. Any number of processes may.
    """
    settings = read_settings()
    telling.set_up_logging(settings)
    with processes.until_told_to_stop(), access.opened(settings) as urls, telling.metrics_told(settings):
        asyncio.run(delivering.until_stopped(settings, urls))


def _announce(address: tuple[Any, ...], key: str | None, signed_in: bool) -> None:
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(address[0], address[0])
    url = f"http://[{host}]:{address[1]}" if ":" in host else f"http://{host}:{address[1]}"
    click.echo(f"GraphiQL: {url}{EXPLORER_PATH}" + (f"#key={key}" if signed_in else ""))
    if key is not None:
        click.echo(f"API key:  {key}")
    click.echo("Ctrl-C stops.")
