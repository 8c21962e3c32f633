"""deliver: webhooks, without serving."""

import asyncio

from app.cli.group import main
from app.server import access, delivering, processes, telling
from app.server.settings import read_settings


@main.command()
def deliver() -> None:
    """Judge triggers and send webhooks until Ctrl-C, without serving.

    "serve" does so by itself unless CUSTOM_DATA_DELIVER is false. Any number of processes may.
    """
    settings = read_settings()
    telling.set_up_logging(settings)
    with processes.until_told_to_stop(), access.opened(settings) as urls, telling.metrics_told(settings):
        asyncio.run(delivering.until_stopped(settings, urls))
