"""How a worker is divided among the shops that ask."""

import asyncio

import pytest

from app.server.shares import LEAST, Shares
from tests.limits.test_in_flight import Shifts


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def shares(clock: Clock, shops: int, most: int = 8) -> Shares:
    divided = Shares(most, clock)
    for shop in range(shops):
        divided.note(shop)
    return divided


@pytest.mark.parametrize(("shops", "each"), [(0, 8), (1, 8), (2, 8), (3, 5), (4, 4), (5, 3), (8, LEAST), (100, LEAST)])
def test_the_more_shops_ask_the_less_each_may_have(shops: int, each: int) -> None:
    assert shares(Clock(), shops).each() == each


def test_a_bound_below_the_least_holds() -> None:
    assert [shares(Clock(), shops, most=1).each() for shops in (1, 9)] == [1, 1]


def test_one_who_asks_no_more_is_forgotten() -> None:
    clock = Clock()
    divided = shares(clock, 4)
    clock.now += 1.5
    divided.note(0)
    assert divided.each() == 4  # the others asked in the window before
    clock.now += 1
    assert divided.each() == 8


def test_a_long_silence_forgets_all() -> None:
    clock = Clock()
    divided = shares(clock, 16)
    clock.now += 60
    assert divided.each() == 8


async def test_a_shop_that_asks_for_much_gets_less_beside_others_and_more_again_when_they_are_gone() -> None:
    shifts = Shifts(in_flight=8)
    clock = Clock()
    shifts.turns._shares = Shares(8, clock)
    others = [task for shop in range(2, 22) for task in shifts.start(shop, f"shop {shop}")]
    await asyncio.sleep(0)
    noisy = shifts.start(1, *range(20))
    await asyncio.sleep(0)
    assert [name for name in shifts.order if isinstance(name, int)] == list(range(LEAST))
    clock.now += 60
    noisy += shifts.start(1, 20)
    await asyncio.sleep(0.01)
    assert [name for name in shifts.order if isinstance(name, int)] == list(range(8))
    shifts.go.set()
    await asyncio.gather(*noisy, *others)
    assert [name for name in shifts.order if isinstance(name, int)] == list(range(21))
    assert shifts.turns._queues == {}
