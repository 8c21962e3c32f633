"""serve: the gateway."""

import click

from app.cli.group import main
from app.server import nursery


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
    nursery.prepare()  # imports the application while we import the rest
    from app.cli.gateway import run

    run(host, port, workers, demo=demo)
