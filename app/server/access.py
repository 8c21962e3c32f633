"""How the command line comes to its database: the one it was given, or the embedded one."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import TypeVar

from app.server.settings import Settings, read_settings
from app.store import shops
from app.store.administration import administering, connected
from app.store.database import Database
from app.store.embedded import EmbeddedServer, EmbeddedUrls
from app.store.migrate import migrate
from app.store.session import Session

T = TypeVar("T")


class ShopNotFound(Exception):
    """No shop, or several, go by the name that was given."""


@contextmanager
def opened(settings: Settings, *, serving: bool = False) -> Iterator[EmbeddedUrls]:
    """The database of the settings, or the embedded one for as long as the block runs."""
    if settings.database_url is None:
        with EmbeddedServer(settings.home, joining=not serving) as urls:
            yield urls
    else:
        yield EmbeddedUrls(_admin_url(settings), settings.database_url)


def _admin_url(settings: Settings) -> str:
    url = settings.database_admin_url or settings.database_direct_url or settings.database_url
    assert url is not None
    return url


def administer(work: Callable[[str], Awaitable[T]], *, ready: bool = True) -> T:
    """Runs the work on the administrator's URL; an embedded database is brought into shape first, if `ready`."""
    settings = read_settings()

    async def run(url: str) -> T:
        if ready and settings.database_url is None:
            await migrate(url)
        return await work(url)

    with opened(settings) as urls:
        return asyncio.run(run(urls.admin))


async def prepare(settings: Settings, urls: EmbeddedUrls, demo: bool) -> str | None:
    """Brings the database into shape, makes sure that workers can use it, and fills the demo shop; its API key."""
    await migrate(urls.admin)
    async with connected(urls.gateway):  # says in the server's words why a login does not work
        await (await Database.connect(urls.gateway, size=1)).close()
    if not demo:
        return None
    from app import demo as demo_shop

    return await demo_shop.ensure(urls.admin, urls.gateway, settings.home, settings.change_days)


@asynccontextmanager
async def tenant(url: str, reference: str) -> AsyncIterator[Session]:
    """A transaction inside the shop of this id or name. Raises ShopNotFound."""
    async with administering(url) as connection:
        found = await shops.named_shops(connection, reference)
    if not found:
        raise ShopNotFound(f"There is no shop {reference!r}. 'custom-data shop list' shows them.")
    if len(found) > 1 and str(found[0].id) != reference:
        ids = ", ".join(str(each.id) for each in found)
        raise ShopNotFound(f"Several shops are named {reference!r}: give the id, one of {ids}.")
    database = await Database.connect(url, size=1)
    try:
        async with database.writing(found[0].id) as session:
            yield session
    finally:
        await database.close()
