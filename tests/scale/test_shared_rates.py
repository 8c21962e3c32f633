"""Two gateways, each a process of its own, that count one rate together."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace

import httpx
import pytest

from app.store.database import Database
from app.store.migrate import migrate
from app.store.roles import GATEWAY_ROLE
from tests.limits.test_cost import N
from tests.processes import PATIENCE, serving
from tests.shops import ShopClient, new_shop
from tests.store.scratch import as_login, scratch_database

SIZE, REFILL = 500, 200
COST = 121  # of N for a hundred rows
SECONDS = 6

Both = tuple[ShopClient, ShopClient]


@pytest.fixture(scope="module")
async def both(admin_url: str) -> AsyncIterator[Both]:
    async with AsyncExitStack() as stack:
        admin = await stack.enter_async_context(scratch_database(admin_url))
        await migrate(admin)
        url = as_login(admin, GATEWAY_ROLE)
        shared = {"SHARED_RATES": "true", "RATE_SIZE": SIZE, "RATE_REFILL": REFILL}
        settings = {f"CUSTOM_DATA_{name}": value for name, value in shared.items()}
        processes = [serving(DATABASE_URL=url, **settings) for _ in range(2)]
        served = await asyncio.gather(*(asyncio.to_thread(stack.enter_context, each) for each in processes))
        database = await Database.connect(url, size=2)
        stack.push_async_callback(database.close)
        first, second = [
            await stack.enter_async_context(httpx.AsyncClient(base_url=each.url, timeout=PATIENCE)) for each in served
        ]
        shop = await new_shop(database, first, admin)
        yield shop, replace(shop, http=second)


async def granted(shop: ShopClient) -> bool:
    status = (await shop.post(N % "", {"n": 100})).status_code
    assert status in (200, 429)
    return status == 200


async def test_together_they_grant_the_rate_and_what_one_may_grant_unheard(both: Both) -> None:
    """Each alone would grant a bucket, and the refill of these seconds. Together they grant that once, and what the
    other may grant in the second before it hears: at most another bucket and a second's refill."""
    for shop in both:  # a first request takes longer than others
        await granted(shop)
    await asyncio.sleep(2 * SIZE / REFILL)
    began = time.monotonic()
    costs, refusals = [0, 0], [0, 0]

    async def hammer(place: int) -> None:
        while time.monotonic() < began + SECONDS or not refusals[place]:
            if await granted(both[place]):
                costs[place] += COST
            else:
                refusals[place] += 1

    await asyncio.gather(*(hammer(place) for place in (0, 1) for _ in range(2)))
    lasted = time.monotonic() - began
    once = SIZE + REFILL * lasted
    assert min(costs) > 0
    assert sum(costs) <= once + SIZE + REFILL
