"""How far judging is behind the change log."""

from app.operations.fire_triggers import fire
from app.store import triggers
from tests.shops import ShopClient
from tests.tour_of_events import new_trigger


async def _behind(shop: ShopClient) -> list[int]:
    async with shop.database.reading(shop.id) as session:
        return [state.behind for state in await triggers.states(session)]


async def test_each_change_that_is_not_judged_counts_until_it_is(shop: ShopClient) -> None:
    await shop.define("Card", {"points": "NUMBER"})
    about = {"definition": "card", "when": {}, "deliver": {"url": "https://a.example.com/"}}
    trigger = await new_trigger(shop, name="a trigger", **about)
    assert await _behind(shop) == [0]
    await shop.save("card", *({"points": n} for n in range(3)))
    assert await _behind(shop) == [3]
    await shop.save("card", {"points": 3})
    assert await _behind(shop) == [4]
    assert not await fire(shop.database, shop.id, int(trigger))
    assert await _behind(shop) == [0]
