"""Endpoints that keep their places for long, anywhere, stop no other shop's."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import httpx
import pytest

from app.store.database import Database
from app.webhooks.bounds import WebhookBounds
from app.webhooks.places import Places, Standing
from app.webhooks.sending import Sender
from app.webhooks.shop_courier import ShopCourier
from tests.shops import ShopClient, new_shop
from tests.webhooks.conftest import BOUNDS
from tests.webhooks.receiver import Received, receiving
from tests.webhooks.test_delivering import every_match, loyalty, settled

NEW, QUICK, SLOW = Standing.NEW, Standing.QUICK, Standing.SLOW


@pytest.fixture
async def shops(database: Database, local_http: httpx.AsyncClient, admin_url: str) -> list[ShopClient]:
    made = [await new_shop(database, local_http, admin_url) for _ in range(3)]
    for shop in made:
        await loyalty(shop)
    return made


@asynccontextmanager
async def working(shops: list[ShopClient], bounds: WebhookBounds) -> AsyncIterator[Places]:
    """Couriers of one process, one for each shop."""
    sender, places = Sender(bounds), Places(bounds.at_once)
    couriers = [ShopCourier(shop.database, shop.id, sender, bounds, places) for shop in shops]
    tasks = [asyncio.create_task(courier.run()) for courier in couriers]
    try:
        yield places
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.gather(*(courier.finish(0.1) for courier in couriers))
        await sender.close()


async def never(_: Received) -> int:
    await asyncio.sleep(600)
    return 200


async def hanging(shop: ShopClient, url: str, triggers: int) -> None:
    """So many triggers with something to send each."""
    for n in range(triggers):
        await every_match(shop, url, f"hanging {n}")
    await shop.save("loyalty", *({"code": f"{n}"} for n in range(4)))


async def test_endpoints_that_hang_in_two_shops_hold_up_no_third(shops: list[ShopClient]) -> None:
    """As many hang as there are places, none of which comes free while the test lasts; nobody looks again by chance."""
    bounds = replace(BOUNDS, timeout=300.0, look=300.0, at_once=32)
    async with receiving(never) as hang, receiving() as quick:
        for shop in shops[1:]:
            await hanging(shop, hang.url, 16)
        await every_match(shops[0], quick.url)
        async with working(shops, bounds):
            await hang.until(7)
            await shops[0].save("loyalty", {"code": "a"})
            await quick.until(1)
            await shops[0].save("loyalty", *({"code": f"b{n}"} for n in range(30)))
            await quick.until(31)
            assert len(hang.received) <= 8  # a quarter


async def test_endpoints_known_to_hang_leave_room_for_new_ones(shops: list[ShopClient]) -> None:
    """When all of them have failed once, and are tried again and again, another shop's first delivery goes at once."""
    bounds = replace(BOUNDS, timeout=0.4, first_pause=0.01, attempts=1_000, at_once=8)
    async with receiving(never) as hang, receiving() as quick:
        for shop in shops[1:]:
            await hanging(shop, hang.url, 4)
        await every_match(shops[0], quick.url)
        async with working(shops, bounds):
            async with asyncio.timeout(60):
                while len({each.told["trigger"]["idTrigger"] for each in hang.received}) < 8:  # noqa: ASYNC110
                    await asyncio.sleep(0.05)
            await shops[0].save("loyalty", {"code": "a"})
            [delivery] = await settled(shops[0], 1)
    assert (delivery["status"], delivery["attempts"]) == ("DELIVERED", 1)


def taken(places: Places, shop_id: int, standing: Standing) -> int:
    places.take(shop_id, standing, found := places.free(shop_id, standing))
    return found


def test_endpoints_of_each_standing_have_places_of_their_own() -> None:
    places = Places(32)
    assert [taken(places, 1, standing) for standing in (NEW, SLOW, QUICK)] == [6, 6, 12]


def test_a_quarter_stays_for_shops_that_hold_none() -> None:
    places = Places(32)
    assert taken(places, 1, QUICK) == 12
    assert places.free(1, QUICK) == 0
    assert [taken(places, shop, QUICK) for shop in (2, 3, 4, 5, 6)] == [1, 1, 1, 1, 0]
    places.give_back(1, QUICK, 2)
    assert places.free(1, QUICK) == 0  # it holds more than its share of what the five hold
    assert places.free(6, QUICK) == 1


def test_a_place_goes_to_who_holds_fewest_and_waited_longest() -> None:
    places, woken = Places(32), {shop: asyncio.Event() for shop in (1, 2, 3, 4)}
    places.take(1, QUICK, 14)
    places.take(2, QUICK, 2)
    for shop in (1, 2, 3, 4):
        assert places.free(shop, QUICK) == 0
        places.wait(shop, QUICK, woken[shop])
    order = []
    for _ in range(2):
        places.give_back(1, QUICK)
        order += [shop for shop, event in woken.items() if event.is_set()]
        [event.clear() for event in woken.values()]
        places.take(order[-1], QUICK)
    assert order == [3, 4]


def test_who_has_no_use_for_a_place_passes_it_on() -> None:
    places, one, two = Places(32), asyncio.Event(), asyncio.Event()
    places.take(9, NEW, 8)
    places.wait(1, NEW, one)
    places.wait(2, NEW, two)
    places.give_back(9, NEW)
    assert (one.is_set(), two.is_set()) == (True, False)
    places.looked(1)
    assert two.is_set()


def test_who_leaves_is_not_woken() -> None:
    places, woken = Places(32), asyncio.Event()
    places.take(9, NEW, 8)
    for standing in Standing:
        places.wait(1, standing, woken)
    places.leave(1)
    places.give_back(9, NEW, 8)
    assert not woken.is_set()


async def test_what_cannot_be_sent_yet_keeps_no_two_couriers_busy(shops: list[ShopClient]) -> None:
    """Each shop has more triggers with a failed delivery, and a later one of its record behind it, than places."""

    async def refuse(_: Received) -> int:
        return 500

    bounds = replace(BOUNDS, first_pause=3600.0, look=300.0, at_once=8)
    async with receiving(refuse) as endpoint:
        for shop in shops[:2]:
            for n in range(4):
                await every_match(shop, endpoint.url, f"failing {n}")
            for points in (1, 2):
                await shop.save("loyalty", {"code": "a", "points": points})
        async with working(shops[:2], bounds):
            await endpoint.until(8)
            await asyncio.sleep(0.5)
            with shops[0].statements() as seen:
                await asyncio.sleep(1.5)
    assert seen.count("deliveries.claim") <= 5  # one in half a second


def test_unused_places_do_not_wake_who_gave_them_back() -> None:
    places, woken = Places(32), asyncio.Event()
    places.take(1, QUICK, 12)
    places.wait(1, QUICK, woken)
    places.give_back(1, QUICK, 12, unused=True)
    assert not woken.is_set()


@pytest.mark.parametrize("most", [1, 2, 3, 4, 5, 9])
def test_however_few_places_there_are_each_standing_has_one(most: int) -> None:
    places = Places(most)
    assert min(places.free(1, standing) for standing in Standing) >= 1
