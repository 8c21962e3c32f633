"""An export over HTTP that breaks off: no client takes what it has got for the whole file."""

import asyncio
import socket
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette

from app.bulk import exporting
from app.domain.imports import Kind
from app.server.app import mount
from app.server.settings import Settings
from app.store import products
from app.store.database import Database
from app.store.failures import Unavailable
from tests.bulk.files import import_text
from tests.processes import PATIENCE
from tests.shops import ShopClient


@pytest.fixture
async def address(database: Database) -> AsyncIterator[str]:
    """Of a real server."""
    app = Starlette()
    mount(app, database, Settings.model_construct())
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off", access_log=False))
        serving = asyncio.create_task(server.serve([listener]))
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        await serving


async def test_an_export_that_breaks_off_has_no_end(
    shop: ShopClient, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "_PAGE", 2)
    await import_text(shop, "idProduct,name,price\n1,A,2\n2,B,3\n3,C,4\n", kind=Kind.PRODUCTS)
    pages, page = 0, products.page

    async def failing(*asked: Any, **more: Any) -> Any:
        nonlocal pages
        pages += 1
        if pages == 2:
            raise Unavailable("The database cannot be reached. Try again shortly.")
        return await page(*asked, **more)

    own = {"spm-api-key": shop.key}
    async with httpx.AsyncClient(timeout=PATIENCE, headers=own) as client:
        assert len((await client.get(f"{address}/bulk/products")).text.splitlines()) == 4
        monkeypatch.setattr(products, "page", failing)
        with pytest.raises(httpx.RemoteProtocolError, match="without sending complete message body"):
            await client.get(f"{address}/bulk/products")
