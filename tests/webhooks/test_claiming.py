"""What is claimed together: a record's deliveries in order, up to the first that is not due; and how it is settled."""

import asyncio
from typing import Any

import pytest

from app.operations.fire_triggers import fire
from app.store import deliveries
from app.store.deliveries import Failure, Room
from app.store.failures import Unavailable
from tests.shops import ShopClient
from tests.webhooks.conftest import Courier
from tests.webhooks.receiver import Received, Receiver, receiving
from tests.webhooks.test_delivering import every_match, loyalty, settled


async def changed(shop: ShopClient, codes: str, url: str = "http://127.0.0.1:9/hooks") -> int:
    """One change for each letter, of the record of that code, and their deliveries; the trigger's id."""
    await loyalty(shop)
    trigger = int(await every_match(shop, url))
    for n, code in enumerate(codes):
        await shop.save("loyalty", {"code": code, "points": n})
    while await fire(shop.database, shop.id, trigger):
        pass
    return trigger


async def claimed(shop: ShopClient, trigger: int, room: Room) -> list[list[deliveries.Delivery]]:
    async with shop.database.writing(shop.id) as session:
        return await deliveries.claim(session, {trigger: room}, 60)


def steps(chains: list[list[deliveries.Delivery]], first: int) -> list[list[int]]:
    return sorted([each.sequence - first for each in chain] for chain in chains)


async def test_a_records_deliveries_are_claimed_in_order_and_by_one(shop: ShopClient) -> None:
    trigger = await changed(shop, "abaabb")
    found = await claimed(shop, trigger, Room(5, 2))
    first = min(each.sequence for chain in found for each in chain)
    assert steps(found, first) == [[0, 2, 3], [1, 4, 5]]
    assert await claimed(shop, trigger, Room(5, 2)) == []  # the others' turn has not come
    [chain] = [chain for chain in found if chain[0].sequence == first]
    async with shop.database.writing(shop.id) as session:
        await deliveries.delivered(session, [(chain[0], 200)])
        await deliveries.failed(session, [Failure(chain[1], 500, "Answered 500.", 3600, dead=False)])
        await deliveries.let_go(session, chain[2:])
    assert await claimed(shop, trigger, Room(5, 2)) == []  # what is behind the failed one waits for it


async def test_no_more_is_claimed_than_there_is_room_for(shop: ShopClient) -> None:
    trigger = await changed(shop, "abcaaa")
    found = await claimed(shop, trigger, Room(2))
    first = min(each.sequence for chain in found for each in chain)
    assert steps(found, first) == [[0], [1]]
    assert steps(await claimed(shop, trigger, Room(2, 9)), first) == [[2]]


async def test_what_is_not_due_yet_ends_what_is_claimed(shop: ShopClient) -> None:
    trigger = await changed(shop, "aaaa")
    async with shop.database.writing(shop.id) as session:
        later = """update deliveries set next_at = now() + interval '1 hour' where shop_id = $1 and id = (
            select id from deliveries where shop_id = $1 and trigger_id = $2 order by sequence offset 2 limit 1)"""
        await (await session._ready()).execute(later, shop.id, trigger)
    [chain] = await claimed(shop, trigger, Room(1, 9))
    assert [each.sequence - chain[0].sequence for each in chain] == [0, 1]


async def test_many_deliveries_are_claimed_and_settled_together(
    shop: ShopClient, receiver: Receiver, courier: Courier
) -> None:
    await loyalty(shop)
    await every_match(shop, receiver.url)
    for n in range(60):
        await shop.save("loyalty", {"code": "a", "points": n})
    with shop.statements() as seen:
        async with courier():
            await receiver.until(60)
            await settled(shop, 60)
    assert [each.told["change"]["after"]["points"] for each in receiver.received] == [*range(60)]
    assert seen.count("deliveries.claim") < 60  # how many depends on how fast they come
    assert seen.count("deliveries.delivered") < 60


async def test_behind_one_that_fails_nothing_of_its_record_is_sent(shop: ShopClient, courier: Courier) -> None:
    answers = iter([200, 200, 500, 200])

    async def now_and_then(_: Received) -> int:
        return next(answers, 200)

    async with receiving(now_and_then) as receiver:
        await loyalty(shop)
        await every_match(shop, receiver.url)
        for n in range(5):
            await shop.save("loyalty", {"code": "a", "points": n})
        async with courier():
            await settled(shop, 5)
    points = [each.told["change"]["after"]["points"] for each in receiver.received]
    assert points == [0, 1, 2, 2, 3, 4]


async def test_what_the_database_cannot_write_now_is_written_later(
    shop: ShopClient, receiver: Receiver, courier: Courier, monkeypatch: pytest.MonkeyPatch
) -> None:
    written, refusals = deliveries.delivered, iter(range(3))

    async def delivered(session: Any, arrived: Any) -> None:
        if next(refusals, None) is not None:
            raise Unavailable("the database is away")
        await written(session, arrived)

    monkeypatch.setattr(deliveries, "delivered", delivered)
    await loyalty(shop)
    await every_match(shop, receiver.url)
    for n in range(5):
        await shop.save("loyalty", {"code": "a", "points": n})
    async with courier():
        found = await settled(shop, 5)
    assert {each["status"] for each in found} == {"DELIVERED"}
    assert [each.told["change"]["after"]["points"] for each in receiver.received] == [*range(5)]


async def test_who_ends_lets_go_of_what_waits_for_a_place(shop: ShopClient, courier: Courier) -> None:
    began = asyncio.Event()

    async def slowly(_: Received) -> int:
        began.set()
        await asyncio.sleep(0.2)
        return 200

    async with receiving(slowly) as receiver:
        await loyalty(shop)
        trigger = int(await every_match(shop, receiver.url))
        for n in range(5):
            await shop.save("loyalty", {"code": "a", "points": n})
        async with courier(), asyncio.timeout(30):
            await began.wait()
        came = len(receiver.received)
        [chain] = await claimed(shop, trigger, Room(9, 9))
    assert came < 5
    assert len(chain) == 5 - came
