"""A gateway whose telemetry a test listens to."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace

import httpx
import pytest
from starlette.applications import Starlette

from app.server.app import mount
from app.server.settings import Settings
from app.store.database import Database
from app.telemetry.telemetry import Telemetry, Teller
from tests.shops import ShopClient

Listening = Callable[..., AbstractAsyncContextManager[ShopClient]]


@pytest.fixture
def listening(database: Database, shop: ShopClient) -> Listening:
    """The test's shop, asked through a gateway that tells these tellers."""

    @asynccontextmanager
    async def opened(*tellers: Teller) -> AsyncIterator[ShopClient]:
        app = Starlette()
        mount(app, database, Settings.model_construct(), Telemetry(tellers, detailed=True))
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
            yield replace(shop, http=client)

    return opened
