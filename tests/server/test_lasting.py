"""What works for as long as a process lives goes on after a mistake of ours: nobody would notice that it has ended."""

import asyncio
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import pytest

from app.server import delivering, shared_rates, sweeping
from app.server.bounds import Bounds
from app.server.settings import Settings
from app.server.shared_rates import SharedRates
from app.server.sweeping import Sweeper
from app.store import changes, feeds
from app.store.database import Database
from app.webhooks import couriers
from app.webhooks.bounds import WebhookBounds
from app.webhooks.couriers import Couriers
from tests.shops import ShopClient


class Mistaken:
    """Fails when it is first called, and does nothing then."""

    def __init__(self) -> None:
        self.calls = 0
        self.again = asyncio.Event()

    async def __call__(self, *_: Any) -> Any:
        self.calls += 1
        if self.calls == 1:
            raise LookupError("a mistake of ours")
        self.again.set()
        return []


async def _sweeping(database: Database, fails: Mistaken, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeping, "_PAUSE_SECONDS", 0.01)
    monkeypatch.setattr(Sweeper, "look", fails)
    await Sweeper(database).run()


async def _delivering(database: Database, fails: Mistaken, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(couriers, "_LOOK_SECONDS", 0.01)
    monkeypatch.setattr(Database, "automated_shops", fails)
    await Couriers(database, WebhookBounds()).run()


async def _settling(database: Database, fails: Mistaken, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_rates, "_SETTLE_SECONDS", 0.01)
    monkeypatch.setattr(SharedRates, "settle", fails)
    await SharedRates(Bounds(), database)._settle_on()


async def _beginning_to_deliver(_: Database, fails: Mistaken, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivering, "_PAUSE_SECONDS", 0.01)

    def couriers(*_: Any) -> Any:
        fails.calls += 1
        if fails.calls == 1:
            raise LookupError("a mistake of ours")
        fails.again.set()
        return nullcontext()

    monkeypatch.setattr(delivering, "_couriers", couriers)
    async with delivering.delivering(Settings.model_construct(database_url="postgresql://")):
        await asyncio.Event().wait()


@pytest.mark.parametrize("work", [_sweeping, _delivering, _settling, _beginning_to_deliver])
async def test_it_goes_on(work: Callable[..., Any], database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    fails = Mistaken()
    working = asyncio.create_task(work(database, fails, monkeypatch))
    async with asyncio.timeout(20):
        await fails.again.wait()
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)


async def test_followers_of_the_change_log_are_told_after_a_mistake(
    shop: ShopClient, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await shop.define("Note", {"text": "STRING"})
    after = await database.feeds.start(shop.id, None)
    page, mistaken = changes.page, False

    async def fails(*args: Any, **kwargs: Any) -> Any:
        nonlocal mistaken
        if not mistaken:
            mistaken = True
            raise LookupError("a mistake of ours")
        return await page(*args, **kwargs)

    monkeypatch.setattr(changes, "page", fails)
    monkeypatch.setattr(feeds, "_PAUSE_SECONDS", 0.01)
    following = database.feeds.follow(shop.id, after)
    coming = asyncio.ensure_future(anext(following))
    await shop.save_one("note", {"text": "one"})
    async with asyncio.timeout(20):
        [change] = await coming
    assert change.sequence == after + 1
    assert mistaken
    await following.aclose()
