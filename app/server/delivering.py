"""Where couriers work: in every process that serves, unless told otherwise, or in one of their own."""

import asyncio
import logging
import signal
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext, suppress

from app.server.settings import Settings
from app.store.embedded import EmbeddedUrls
from app.store.failures import StoreFailure
from app.store.migrate import migrate
from app.webhooks.couriers import couriers

_log = logging.getLogger(__name__)
_PAUSE_SECONDS = 1.0
_STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def delivering(settings: Settings) -> AbstractAsyncContextManager[None]:
    """Couriers beside a server, if the settings say so."""
    if not settings.deliver or settings.database_url is None:
        return nullcontext()
    return _beside(settings, settings.database_url)


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


@asynccontextmanager
async def _beside(settings: Settings, url: str) -> AsyncIterator[None]:
    """Couriers at work soon: whoever asks the server need not wait for their connections."""
    working = asyncio.create_task(_work(settings, url))
    try:
        yield
    finally:
        working.cancel()
        with suppress(asyncio.CancelledError):
            await working


async def _work(settings: Settings, url: str) -> None:
    """Without end. What keeps them from beginning is told, and tried again."""
    while True:
        try:
            async with _couriers(settings, url):
                await asyncio.Event().wait()
        except StoreFailure as failure:
            _log.warning("Webhooks wait: %s", failure)
        except Exception:  # a mistake of ours must not end them for as long as the process lives
            _log.exception("Webhooks wait.")
        await asyncio.sleep(_PAUSE_SECONDS)


def _couriers(settings: Settings, url: str) -> AbstractAsyncContextManager[None]:
    return couriers(
        url, settings.webhooks, statement_timeout_ms=settings.statement_timeout_ms,
        direct_url=settings.database_direct_url, change_days=settings.change_days,
    )  # fmt: skip
