"""Where couriers work: in every process that serves, unless told otherwise, or in one of their own."""

import asyncio
import signal
from contextlib import AbstractAsyncContextManager, nullcontext

from app.server.settings import Settings
from app.store.embedded import EmbeddedUrls
from app.store.migrate import migrate
from app.webhooks.couriers import couriers

_STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def delivering(settings: Settings) -> AbstractAsyncContextManager[None]:
    """Couriers beside a server, if the settings say so."""
    if not settings.deliver or settings.database_url is None:
        return nullcontext()
    return _couriers(settings, settings.database_url)


async def until_stopped(settings: Settings, urls: EmbeddedUrls) -> None:
    """Couriers alone, until the process is told to stop. An embedded database is brought into shape first."""
    stopped = asyncio.Event()
    for number in _STOPPING:
        if signal.getsignal(number) is not signal.SIG_IGN:
            asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    if settings.database_url is None:
        await migrate(urls.admin)
    async with _couriers(settings, urls.gateway):
        print("Delivering. Ctrl-C stops.", flush=True)
        await stopped.wait()


def _couriers(settings: Settings, url: str) -> AbstractAsyncContextManager[None]:
    return couriers(
        url, settings.webhooks, statement_timeout_ms=settings.statement_timeout_ms,
        direct_url=settings.database_direct_url, change_days=settings.change_days,
    )  # fmt: skip
