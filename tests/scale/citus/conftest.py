"""A shop on the cluster that CITUS_DATABASE_URL names: its coordinator, as the tables' owner."""

import os
from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.applications import Starlette

from app.server.app import mount
from app.store.database import Database
from app.store.migrate import migrate
from app.store.roles import GATEWAY_ROLE
from tests.shops import ShopClient, new_shop
from tests.store.scratch import as_login


@pytest.fixture(scope="package")
def owner() -> str:
    return os.environ["CITUS_DATABASE_URL"]


@pytest.fixture(scope="package")
async def cluster(owner: str) -> AsyncIterator[Database]:
    """The gateway's pool."""
    await migrate(owner)
    database = await Database.connect(as_login(owner, GATEWAY_ROLE), size=8)
    yield database
    await database.close()


@pytest.fixture
async def shop(cluster: Database, owner: str) -> AsyncIterator[ShopClient]:
    """A new shop."""
    app = Starlette()
    mount(app, cluster)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://gateway") as http:
        yield await new_shop(cluster, http, owner)
