"""One gateway with the demo shop, one browser; each test its own browser tab with nothing remembered."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from playwright.async_api import Browser

from tests.browser.chromium import chromium
from tests.browser.explorer import Explorer
from tests.processes import serving


@pytest.fixture(scope="session")
def address(admin_url: str, gateway_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A gateway over the run's own database."""
    home: Path = tmp_path_factory.mktemp("home")
    settings = {"DATABASE_URL": gateway_url, "DATABASE_ADMIN_URL": admin_url, "CUSTOM_DATA_HOME": home}
    with serving("--demo", **settings) as gateway:
        yield gateway.url


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as opened:
        yield opened


@pytest.fixture
async def explorer(browser: Browser, address: str) -> AsyncIterator[Explorer]:
    """What is still wrong when the test ends fails it: a console error, a CSP violation, a request to another host."""
    context = await browser.new_context(viewport={"width": 1280, "height": 800})
    opened = Explorer(await context.new_page(), address)
    await opened.watch()
    yield opened
    await context.close()
    assert opened.complaints == []
    assert opened.hosts <= {address.removeprefix("http://")}
