"""Shops whose webhooks may go to this machine, and a courier for them."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace

import httpx
import pytest
from starlette.applications import Starlette

from app.server.app import mount
from app.server.settings import Settings
from app.store.database import Database
from app.store.migrate import migrate
from app.store.roles import GATEWAY_ROLE
from app.webhooks.bounds import WebhookBounds
from app.webhooks.places import Places
from app.webhooks.sending import Sender
from app.webhooks.shop_courier import ShopCourier
from tests.shops import ShopClient, new_shop
from tests.store.scratch import as_login, scratch_database
from tests.webhooks.receiver import Receiver, receiving

BOUNDS = WebhookBounds(private=True, timeout=2.0, attempts=3, first_pause=0.05, look=0.3)

Courier = Callable[..., AbstractAsyncContextManager[None]]


@pytest.fixture(scope="session")
async def local_http(database: Database) -> AsyncIterator[httpx.AsyncClient]:
    """A gateway set up to let webhooks go to private addresses."""
    app = Starlette()
    mount(app, database, Settings.model_construct(private_webhooks=True))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://gateway") as client:
        yield client


@pytest.fixture
async def shop(database: Database, local_http: httpx.AsyncClient, admin_url: str) -> ShopClient:
    return await new_shop(database, local_http, admin_url)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as endpoint:
        yield endpoint


@pytest.fixture
def courier(shop: ShopClient, database: Database) -> Courier:
    """At work for the shop while its block runs."""

    @asynccontextmanager
    async def working(**bounds: object) -> AsyncIterator[None]:
        within = replace(BOUNDS, **bounds)
        sender = Sender(within)
        at_work = ShopCourier(database, shop.id, sender, within, Places(within.at_once))
        task = asyncio.create_task(at_work.run())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await at_work.finish(5)
            await sender.close()

    return working


@pytest.fixture
async def apart(admin_url: str) -> AsyncIterator[tuple[str, ShopClient]]:
    """A shop on a database of its own, and its URL: workers look after all shops there are."""
    async with scratch_database(admin_url) as url:
        await migrate(url)
        gateway_url = as_login(url, GATEWAY_ROLE)
        database = await Database.connect(gateway_url, size=4)
        app = Starlette()
        mount(app, database, Settings.model_construct(private_webhooks=True))
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://gateway") as http:
            yield gateway_url, await new_shop(database, http, url)
        await database.close()
