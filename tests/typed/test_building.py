"""How schemas are made: one at a time, each once, however many ask for it."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import replace
from threading import Lock

import httpx
import pytest
from starlette.applications import Starlette

from app.domain.definitions import Definition
from app.graphql.schema import Schema
from app.server.app import mount
from app.store.database import Database
from tests.shops import ShopClient, new_shop


async def test_one_at_a_time_and_each_once(
    database: Database, http: httpx.AsyncClient, admin_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Five shops of other definitions and one of equal ones, asked twice each, all at once."""
    shops = [await new_shop(database, http, admin_url) for _ in range(6)]
    for n, shop in enumerate(shops):
        await shop.define(f"Kind {min(n, 4)}", {"points": "NUMBER"})
    lock, made, making, most = Lock(), list[str](), 0, 0
    real = Schema.of_shop

    def of_shop(self: Schema, definitions: Sequence[Definition], *, contact: bool) -> Schema:
        nonlocal making, most
        with lock:
            making += 1
            most = max(most, making)
            made.append(definitions[0].key)
        time.sleep(0.01)  # long enough for another to begin
        try:
            return real(self, definitions, contact=contact)
        finally:
            with lock:
                making -= 1

    monkeypatch.setattr(Schema, "of_shop", of_shop)
    app = Starlette()
    mount(app, database)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://new") as new:

        async def ask(shop: ShopClient, n: int) -> None:
            found = await replace(shop, http=new).ask(f"{{ custom {{ kind{min(n, 4)} {{ nodes {{ points }} }} }} }}")
            assert found["custom"] == {f"kind{min(n, 4)}": {"nodes": []}}

        await asyncio.gather(*(ask(shop, n) for n, shop in enumerate(shops) for _ in range(2)))
    assert sorted(made) == [f"kind_{n}" for n in range(5)]
    assert most == 1
