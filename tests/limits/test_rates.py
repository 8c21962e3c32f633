"""A token bucket of cost for each viewer."""

import pytest

from app.server.bounds import Bounds
from app.server.buckets import Bucket
from app.server.governor import Governor
from app.server.refusals import Refused
from tests.limits.edge import bounded
from tests.limits.test_cost import N
from tests.shops import ShopClient


class Clock:
    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        monkeypatch.setattr("app.server.buckets.time.monotonic", lambda: self.now)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def test_a_bucket_is_full_at_first_and_refills_evenly(clock: Clock) -> None:
    bucket = Bucket(size=100, refill=10)
    bucket.spend(100)
    with pytest.raises(Refused) as refused:
        bucket.spend(25)
    assert refused.value.status == 429
    assert refused.value.headers == {"retry-after": "3"}
    assert refused.value.error()["extensions"] == {
        "code": "RATE_LIMITED", "requested": 25, "available": 0, "size": 100, "refillPerSecond": 10,
    }  # fmt: skip
    clock.now += 2.5
    bucket.spend(25)
    with pytest.raises(Refused):
        bucket.spend(1)


def test_a_refusal_takes_nothing(clock: Clock) -> None:
    bucket = Bucket(size=100, refill=10)
    bucket.spend(90)
    for _ in range(50):
        with pytest.raises(Refused):
            bucket.spend(20)
    clock.now += 1
    bucket.spend(20)


def test_a_bucket_never_holds_more_than_its_size(clock: Clock) -> None:
    bucket = Bucket(size=100, refill=10)
    bucket.spend(1)
    clock.now += 3600
    bucket.spend(100)
    with pytest.raises(Refused):
        bucket.spend(1)


@pytest.mark.usefixtures("clock")
def test_viewers_do_not_share() -> None:
    governor = Governor(Bounds(rate_size=100, rate_refill=10))
    for viewer in ((1, 1, 0), (1, 0, 7), (1, 2, 0)):
        governor.allowance(viewer, 1).spend(100)
    with pytest.raises(Refused):
        governor.allowance((1, 0, 7), 1).spend(1)


def test_what_is_dearer_than_a_bucket_waits_until_it_is_full(clock: Clock) -> None:
    bucket = Bucket(size=100, refill=10)
    bucket.spend(10)
    with pytest.raises(Refused) as refused:
        bucket.spend(1_000)
    assert refused.value.headers == {"retry-after": "1"}
    clock.now += 1
    bucket.spend(1_000)


@pytest.mark.usefixtures("clock")
def test_the_number_of_buckets_is_bounded() -> None:
    governor = Governor(Bounds())
    for viewer in range(10_500):
        governor.allowance((1, viewer, 0), 1).spend(1)
    assert governor.allowance.cache_info().currsize == 10_000


async def test_a_spent_rate_is_429(shop: ShopClient) -> None:
    async with bounded(shop, rate_size=200, rate_refill=1) as limited:
        assert (await limited.post(N % "", {"n": 100})).status_code == 200
        refused = await limited.post(N % "", {"n": 100})
    assert refused.status_code == 429
    assert 40 <= int(refused.headers["retry-after"]) <= 43
    [error] = refused.json()["errors"]
    assert error["extensions"]["code"] == "RATE_LIMITED"
    assert error["extensions"]["requested"] == 121
    assert error["extensions"]["available"] in range(77, 82)
    assert "data" not in refused.json()


async def test_the_rate_of_one_key_is_not_anothers(shop: ShopClient, other_shop: ShopClient) -> None:
    async with bounded(shop, rate_size=130, rate_refill=1) as limited:
        assert (await limited.post(N % "", {"n": 100})).status_code == 200
        assert (await limited.post(N % "", {"n": 100})).status_code == 429
        limited.key = other_shop.key
        assert (await limited.post(N % "", {"n": 100})).status_code == 200


async def test_reading_a_long_document_costs_once(shop: ShopClient) -> None:
    """One for every hundred characters of a document that is new, also when it is refused; so rubbish is not free."""
    async with bounded(shop, rate_size=100, rate_refill=1) as limited:
        rubbish = "{ nonsense } #" + "x" * 7_000
        assert (await limited.post(rubbish)).status_code == 200
        assert (await limited.post(rubbish)).status_code == 200
        assert (await limited.post(rubbish + "y")).status_code == 429
