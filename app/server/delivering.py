"""Where couriers work: in every process that serves, unless told otherwise, or in one of their own."""

import asyncio
from contextlib import AbstractAsyncContextManager, nullcontext

from app.server.settings import Settings
from app.store.embedded import EmbeddedUrls
from app.store.migrate import migrate
from app.webhooks.couriers import couriers


def delivering(settings: Settings) -> AbstractAsyncContextManager[None]:
    """Couriers beside a server, if the settings say so."""
    if not settings.deliver or settings.database_url is None:
        return nullcontext()
    return couriers(settings.database_url, settings.webhooks, statement_timeout_ms=settings.statement_timeout_ms)


async def until_stopped(settings: Settings, urls: EmbeddedUrls) -> None:
    """Couriers alone, until the task is cancelled. An embedded database is brought into shape first."""
    if settings.database_url is None:
        await migrate(urls.admin)
    async with couriers(urls.gateway, settings.webhooks, statement_timeout_ms=settings.statement_timeout_ms):
        print("Delivering. Ctrl-C stops.", flush=True)
        await asyncio.Event().wait()
