"""One PostgreSQL for the whole run, one shop for each test: isolation between tests is isolation between tenants."""

import os
from collections.abc import AsyncIterator

import httpx
import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from starlette.applications import Starlette

from app.server.app import mount
from app.store.database import Database
from tests import database as test_database
from tests.shops import ShopClient, VetShop, new_shop, new_vet_shop

hypothesis_settings.register_profile(
    "house", deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
hypothesis_settings.load_profile("house")


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput") and not config.option.collectonly:
        test_database.start()


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        test_database.stop()


@pytest.fixture(scope="session")
def admin_url() -> str:
    """The role that migrates and creates shops; it may bypass row-level security."""
    return os.environ["TEST_DATABASE_ADMIN_URL"]


@pytest.fixture(scope="session")
def gateway_url() -> str:
    """The role the gateway runs as."""
    return os.environ["TEST_DATABASE_URL"]


@pytest.fixture(scope="session")
async def database(gateway_url: str) -> AsyncIterator[Database]:
    opened = await Database.connect(gateway_url, size=12)
    yield opened
    await opened.close()


@pytest.fixture(scope="session")
async def http(database: Database) -> AsyncIterator[httpx.AsyncClient]:
    """The gateway's own application, asked over HTTP without a socket."""
    app = Starlette()
    mount(app, database)
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
        yield client


@pytest.fixture
async def shop(database: Database, http: httpx.AsyncClient, admin_url: str) -> ShopClient:
    """A new, empty shop and a client with its key."""
    return await new_shop(database, http, admin_url)


@pytest.fixture
async def other_shop(database: Database, http: httpx.AsyncClient, admin_url: str) -> ShopClient:
    """Another one."""
    return await new_shop(database, http, admin_url)


@pytest.fixture
async def vets(shop: ShopClient) -> VetShop:
    """A shop with the veterinary use case: Dr Martin, Dr Durand, Mrs Dubois, a contact without a vet, the diet."""
    return await new_vet_shop(shop)
