"""What "serve" does."""

import asyncio
import os
from ipaddress import ip_address
from typing import Any

import click

from app.server import access, processes, telling
from app.server.explorer.signing_in import DEMO_KEY
from app.server.settings import read_settings
from app.telemetry.metrics import forget_process

EXPLORER_PATH = "/graphql"


def run(host: str, port: int, workers: int, *, demo: bool) -> None:
    """Migrates the database, and serves until the process is told to stop. Raises what `failures` lists."""
    settings = read_settings()
    telling.set_up_logging(settings)
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


def _announce(address: tuple[Any, ...], key: str | None, signed_in: bool) -> None:
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(address[0], address[0])
    url = f"http://[{host}]:{address[1]}" if ":" in host else f"http://{host}:{address[1]}"
    click.echo(f"GraphiQL: {url}{EXPLORER_PATH}" + (f"#key={key}" if signed_in else ""))
    if key is not None:
        click.echo(f"API key:  {key}")
    click.echo("Ctrl-C stops.")
