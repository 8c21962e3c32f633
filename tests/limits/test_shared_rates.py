"""Buckets that several workers empty together, settled by hand."""

from collections.abc import Awaitable, Callable

import asyncpg
import pytest

from app.server.bounds import Bounds
from app.server.refusals import Refused
from app.server.shared_rates import SharedBucket, SharedRates
from app.store.administration import connected
from app.store.database import Database
from app.store.failures import StoreFailure
from tests.limits.edge import bounded
from tests.limits.test_cost import N
from tests.shops import ShopClient

SLOW = Bounds(rate_size=1_000, rate_refill=1)
Workers = tuple[SharedRates, SharedRates]
Look = Callable[[], Awaitable[list[float]]]


@pytest.fixture
def workers(database: Database) -> Workers:
    """Two that share nothing but the database."""
    return SharedRates(SLOW, database), SharedRates(SLOW, database)


@pytest.fixture
def buckets(workers: Workers, shop: ShopClient) -> tuple[SharedBucket, SharedBucket]:
    """The bucket of one key in each."""
    first, second = workers
    return first.bucket((shop.id, 1, 0)), second.bucket((shop.id, 1, 0))


@pytest.fixture
def left(admin_url: str, shop: ShopClient) -> Look:
    """The levels that the database holds of the shop."""

    async def look() -> list[float]:
        async with connected(admin_url) as admin:
            rows = await admin.fetch("select level from rates where shop_id = $1", shop.id)
        return [row["level"] for row in rows]

    return look


def available(bucket: SharedBucket) -> int:
    with pytest.raises(Refused) as refused:
        bucket.spend(1_000)
    found: int = refused.value.error()["extensions"]["available"]
    return found


async def test_what_one_has_granted_the_other_knows_when_both_have_settled(
    workers: Workers, buckets: tuple[SharedBucket, SharedBucket]
) -> None:
    buckets[0].spend(700)
    buckets[1].spend(100)
    for each in workers:
        await each.settle()
    assert available(buckets[1]) in range(200, 220)
    assert available(buckets[0]) in range(300, 320)  # it settled before the other had spent anything
    buckets[0].spend(1)
    await workers[0].settle()
    assert available(buckets[0]) in range(199, 220)


async def test_what_was_granted_beyond_the_rate_is_a_debt(
    workers: Workers, buckets: tuple[SharedBucket, SharedBucket]
) -> None:
    for bucket, worker in zip(buckets, workers, strict=True):
        bucket.spend(1_000)
        await worker.settle()
    with pytest.raises(Refused) as refused:
        buckets[1].spend(1)
    assert 980 <= int(refused.value.headers["retry-after"]) <= 1_001
    assert refused.value.error()["extensions"]["available"] == 0


async def test_what_is_spent_while_it_is_settled_is_settled_next(
    workers: Workers, buckets: tuple[SharedBucket, SharedBucket], monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.store import rates

    settle = rates.settle

    async def interrupted(*args: object) -> object:
        monkeypatch.setattr(rates, "settle", settle)
        buckets[0].spend(300)
        return await settle(*args)  # type: ignore[arg-type]

    buckets[0].spend(100)
    monkeypatch.setattr(rates, "settle", interrupted)
    await workers[0].settle()
    assert available(buckets[0]) in range(600, 620)
    await workers[0].settle()
    buckets[1].spend(1)
    await workers[1].settle()
    assert available(buckets[1]) in range(599, 620)


async def test_without_the_database_each_counts_by_itself_and_tells_later(
    workers: Workers, buckets: tuple[SharedBucket, SharedBucket], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nobody(*_: object) -> None:
        raise StoreFailure("The database does not answer.")

    buckets[0].spend(400)
    with monkeypatch.context() as outage:
        outage.setattr("app.store.rates.settle", nobody)
        with pytest.raises(StoreFailure):
            await workers[0].settle()
        buckets[0].spend(200)
    await workers[0].settle()
    buckets[1].spend(1)
    await workers[1].settle()
    assert available(buckets[1]) in range(399, 420)


async def test_keys_contacts_and_shops_do_not_share(workers: Workers, shop: ShopClient, other_shop: ShopClient) -> None:
    spenders = [(shop.id, 1, 0), (shop.id, 2, 0), (shop.id, 0, 1), (other_shop.id, 1, 0)]
    for cost, spender in enumerate(spenders, 1):
        workers[0].bucket(spender).spend(cost * 100)
    await workers[0].settle()
    others = [workers[1].bucket(spender) for spender in spenders]
    for each in others:
        each.spend(1)
    await workers[1].settle()
    assert [available(each) // 100 for each in others] == [8, 7, 6, 5]


async def test_two_buckets_of_one_spender_are_settled_as_one(workers: Workers, shop: ShopClient) -> None:
    """One that was forgotten while it was active, and the one made anew."""
    twice = [workers[0].bucket((shop.id, 1, 0)) for _ in range(2)]
    for bucket in twice:
        bucket.spend(200)
    await workers[0].settle()
    assert [available(bucket) // 100 for bucket in twice] == [6, 6]


async def test_who_has_everything_again_is_forgotten(
    database: Database, shop: ShopClient, left: Look, workers: Workers
) -> None:
    quick = SharedRates(Bounds(rate_size=1_000, rate_refill=1_000_000_000), database)
    quick.bucket((shop.id, 1, 0)).spend(500)
    workers[0].bucket((shop.id, 2, 0)).spend(500)
    await quick.settle()
    await workers[0].settle()
    assert len(await left()) == 2
    await workers[0].forget()
    assert len(await left()) == 2
    await quick.forget()
    assert await left() == []


async def test_a_gateway_that_shares_refuses_what_another_has_granted(shop: ShopClient, database: Database) -> None:
    bounds = Bounds(rate_size=200, rate_refill=1)
    rates = SharedRates(bounds, database), SharedRates(bounds, database)
    settings = {"rate_size": 200, "rate_refill": 1}
    async with (
        bounded(shop, rates=rates[0], **settings) as first,
        bounded(shop, rates=rates[1], **settings) as second,
    ):
        assert (await first.post(N % "", {"n": 100})).status_code == 200
        assert (await second.post(N % "", {"n": 10})).status_code == 200
        for each in rates:
            await each.settle()
        assert (await second.post(N % "", {"n": 100})).status_code == 429


async def test_a_tenant_sees_its_own_only(gateway_url: str, workers: Workers, shop: ShopClient) -> None:
    workers[0].bucket((shop.id, 1, 0)).spend(1)
    await workers[0].settle()
    connection = await asyncpg.connect(gateway_url)
    try:
        assert await connection.fetch("select from rates") == []
        async with connection.transaction():
            await connection.execute(f"set local app.shop_id = '{shop.id}'")
            assert len(await connection.fetch("select from rates")) == 1
    finally:
        await connection.close()
