"""What has outlived its days is not shown any more, and goes also where a shop writes nothing any more."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from app.domain.changes import Change, Kind
from app.domain.limits import CHANGE_DAYS, DELIVERY_DAYS, IDEMPOTENCY_HOURS
from app.operations import forget_expired as module
from app.operations.forget_expired import forget_expired
from app.server import sweeping
from app.server.app import mount
from app.server.sweeping import Sweeper
from app.store import changes
from app.store.database import Database
from app.store.migrate import migrate
from app.store.roles import GATEWAY_ROLE
from tests.shops import ShopClient, new_shop
from tests.store.scratch import as_login, scratch_database
from tests.webhooks.test_claiming import changed

HOOKS = "https://hooks.example.com/"
LOG = """query($after: String, $last: Int, $definition: String, $record: ID) {
    customDataChanges(after: $after, last: $last, definition: $definition, record: $record) {
        totalCount { count } nodes { id } } }"""
DELIVERIES = "{ webhookDeliveries { totalCount { count } nodes { id } } }"
AGES = {
    "changes": f"update changes set made_at = now() - interval '{CHANGE_DAYS + 1} days' where shop_id = $1",
    "deliveries": "update deliveries set status = 'DEAD', settled_at = now() - interval "
                  f"'{DELIVERY_DAYS + 1} days' where shop_id = $1",
    "idempotent_answers": "update idempotent_answers set created_at = now() - interval "
                          f"'{IDEMPOTENCY_HOURS + 1} hours' where shop_id = $1",
}  # fmt: skip


async def aged(shop: ShopClient, *tables: str) -> None:
    """All that is in them is older than its days."""
    async with shop.database.writing(shop.id, untold=True) as session:
        for table in tables or AGES:
            await (await session._ready()).execute(AGES[table], shop.id)


async def kept(shop: ShopClient) -> dict[str, int]:
    """How many rows there are, shown or not."""
    async with shop.database.reading(shop.id) as session:
        connection = await session._ready()
        return {table: await connection.fetchval(f"select count(*) from {table}") for table in AGES}


async def logged(shop: ShopClient, number: int) -> None:
    """So many changes."""
    many = [Change(Kind.CREATED, n, 1, None, {}) for n in range(number)]
    async with shop.database.writing(shop.id) as session:
        await changes.record(session, changes.Cause("test", 1, None), 1, many, suppressed=False)


async def used(shop: ShopClient, records: int) -> None:
    """Changes, deliveries and kept answers."""
    await changed(shop, "abcdefgh"[:records], HOOKS)
    for n in range(records):
        await shop.save("loyalty", {"code": f"k{n}"}, idempotencyKey=f"key {n}")


async def test_a_silent_shops_log_deliveries_and_answers_end(shop: ShopClient) -> None:
    await used(shop, 3)
    before = await kept(shop)
    assert before["deliveries"] == before["idempotent_answers"] == 3
    assert not await forget_expired(shop.database, shop.id)
    assert await kept(shop) == before
    await aged(shop)
    assert not await forget_expired(shop.database, shop.id)
    assert await kept(shop) == {"changes": 0, "deliveries": 0, "idempotent_answers": 0}


async def test_a_step_is_bounded_and_says_that_more_is_left(shop: ShopClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_STEP", 2)
    await used(shop, 3)
    await aged(shop)
    whole = await kept(shop)
    with shop.statements() as seen:
        assert await forget_expired(shop.database, shop.id)
    assert await kept(shop) == {table: max(rows - 2, 0) for table, rows in whole.items()}
    assert seen == ["changes.forget", "deliveries.forget", "idempotency.forget"]


async def test_what_others_are_at_is_left_to_them(shop: ShopClient) -> None:
    """Two who remove the same rows in another order would else wait for each other."""
    await used(shop, 3)
    await aged(shop)
    rows = await kept(shop)
    async with shop.database.writing(shop.id, untold=True) as session:
        for table in AGES:
            await (await session._ready()).execute(f"select from {table} for update")
        assert not await forget_expired(shop.database, shop.id)
        assert await kept(shop) == rows
    assert not await forget_expired(shop.database, shop.id)
    assert sum((await kept(shop)).values()) == 0


async def test_what_is_pending_or_young_stays(shop: ShopClient) -> None:
    await used(shop, 2)
    before = await kept(shop)
    async with shop.database.writing(shop.id, untold=True) as session:
        old = "update deliveries set created_at = now() - interval '1 year', next_at = now() where shop_id = $1"
        await (await session._ready()).execute(old, shop.id)
    await aged(shop, "changes")
    await logged(shop, 1)
    await forget_expired(shop.database, shop.id)
    assert await kept(shop) == before | {"changes": 1}


@pytest.fixture
async def shops(admin_url: str) -> AsyncIterator[list[ShopClient]]:
    """All there are on a database of their own: a sweeper goes through every shop."""
    async with scratch_database(admin_url) as url:
        await migrate(url)
        database = await Database.connect(as_login(url, GATEWAY_ROLE), size=4)
        app = Starlette()
        mount(app, database)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://gateway") as http:
            yield [await new_shop(database, http, url) for _ in range(4)]
        await database.close()


async def test_all_shops_have_their_turn_each_under_its_own_tenant(
    shops: list[ShopClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two at a time; one that has more than its steps is looked at again."""
    monkeypatch.setattr(sweeping, "_SHOPS", 2)
    monkeypatch.setattr(sweeping, "_STEPS", 1)
    monkeypatch.setattr(module, "_STEP", 5)
    for shop, number in zip(shops, (3, 8, 4, 1), strict=True):
        await logged(shop, number)
        if shop is not shops[3]:
            await aged(shop, "changes")
    sweeper = Sweeper(shops[0].database)
    seen = []
    for _ in range(6):
        rest = await sweeper.look()
        seen.append((rest, [(await kept(shop))["changes"] for shop in shops]))
    assert seen == [
        (False, [0, 3, 4, 1]), (False, [0, 3, 0, 1]), (False, [0, 3, 0, 1]),  # the third finds no shop any more
        (False, [0, 0, 0, 1]), (False, [0, 0, 0, 1]), (True, [0, 0, 0, 1]),
    ]  # fmt: skip


async def test_a_serving_process_sweeps_on_its_own(shops: list[ShopClient], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeping, "_PAUSE_SECONDS", 0.01)
    monkeypatch.setattr(sweeping, "_REST_SECONDS", 0.01)
    await logged(shops[0], 3)
    async with sweeping.sweeping(shops[0].database), asyncio.timeout(30):
        await aged(shops[0], "changes")
        while (await kept(shops[0]))["changes"]:  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def test_what_is_older_is_not_shown_before_it_goes(shop: ShopClient) -> None:
    await changed(shop, "ab", HOOKS)
    record = (await shop.ask("{ customDataChanges(last: 1) { nodes { idRecord } } }"))["customDataChanges"]["nodes"][0]
    asked: list[dict[str, Any]] = [
        base | more for base in ({}, {"definition": "loyalty"}, {"record": record["idRecord"]})
        for more in ({"after": "0"}, {"last": 5})
    ]  # fmt: skip
    shown = [(await shop.ask(LOG, **each))["customDataChanges"] for each in asked]
    assert all(each["nodes"] and each["totalCount"]["count"] for each in shown)
    nodes = [shown[0]["nodes"][0]["id"], (await shop.ask(DELIVERIES))["webhookDeliveries"]["nodes"][0]["id"]]
    await aged(shop, "changes", "deliveries")
    for each in asked:
        assert (await shop.ask(LOG, **each))["customDataChanges"] == {"totalCount": {"count": 0}, "nodes": []}
    assert (await shop.ask(DELIVERIES))["webhookDeliveries"] == {"totalCount": {"count": 0}, "nodes": []}
    for id_ in nodes:
        assert (await shop.ask("query($id: ID!) { node(id: $id) { id } }", id=id_))["node"] is None
    assert (await kept(shop))["changes"] > 0


async def test_behind_a_log_that_was_forgotten_whole_nothing_is_missed_in_silence(shop: ShopClient) -> None:
    """Whoever saw all of it goes on; whoever did not is told."""
    await logged(shop, 3)
    for forget in (False, True):
        await aged(shop, "changes")
        if forget:
            await forget_expired(shop.database, shop.id)
        async with shop.database.reading(shop.id) as session:
            assert await changes.ends(session) == (4, 3)
