"""What was let in a moment ago is trusted for a second and no longer: revoked keys, retired token keys, expiry."""

import time
from collections.abc import AsyncIterator
from typing import Any

import pytest

from app.domain.access import Scope
from app.domain.shops import new_key
from app.operations.contact_tokens import LONGEST_SECONDS, mint
from app.server import auth
from app.server.auth import Admitted, Gate, Unauthorised
from app.store import keys, token_keys
from tests.shops import ShopClient, VetShop


class Clock:
    """The gates' time, which passes when we say so."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
async def clock() -> AsyncIterator[Clock]:
    with pytest.MonkeyPatch.context() as patch:
        clock = Clock()
        patch.setattr(auth, "time", clock)
        yield clock


async def admits(gate: Gate, text: str) -> bool:
    try:
        return isinstance(await gate.admit_text(text), Admitted)
    except Unauthorised:
        return False


async def key_of(shop: ShopClient) -> tuple[str, int]:
    text, digest, prefix = new_key(shop.id)
    async with shop.database.writing(shop.id) as session:
        return text, (await keys.create_key(session, "to go", digest, prefix, [Scope.READ])).id


async def token_of(vets: VetShop) -> str:
    async with vets.shop.database.writing(vets.shop.id) as session:
        return (await mint(session, vets.dubois, 900)).token


async def revoke(shop: ShopClient, key_id: int) -> None:
    async with shop.database.writing(shop.id) as session:
        assert await keys.revoke_key(session, key_id)


async def rotate(shop: ShopClient, seconds: float) -> None:
    async with shop.database.writing(shop.id) as session:
        await token_keys.rotate(session, seconds)


async def test_a_revoked_key_stops_within_a_second_in_every_worker(shop: ShopClient, clock: Clock) -> None:
    text, key_id = await key_of(shop)
    busy, idle = Gate(shop.database), Gate(shop.database)
    assert await admits(busy, text)
    await revoke(shop, key_id)
    assert not await admits(idle, text), "a worker that has not just seen it asks at once"
    clock.now += 0.999
    assert await admits(busy, text), "the trust that saves two statements for each request"
    clock.now += 0.001
    assert not await admits(busy, text)
    clock.now -= 0.5
    assert not await admits(busy, text), "what was refused is not trusted again"


async def test_use_does_not_prolong_the_trust(shop: ShopClient, clock: Clock) -> None:
    text, key_id = await key_of(shop)
    gate = Gate(shop.database)
    assert await admits(gate, text)
    await revoke(shop, key_id)
    for _ in range(9):
        clock.now += 0.1
        assert await admits(gate, text)
    clock.now += 0.1
    assert not await admits(gate, text)


async def test_trust_is_as_old_as_the_question_not_as_the_answer(
    shop: ShopClient, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    text, key_id = await key_of(shop)
    find_key = keys.find_key

    async def slowly(*args: Any) -> Any:
        found = await find_key(*args)
        clock.now += 0.9  # the database answers late, and meanwhile:
        await revoke(shop, key_id)
        return found

    gate = Gate(shop.database)
    monkeypatch.setattr(auth, "find_key", slowly)
    assert await admits(gate, text)
    monkeypatch.setattr(auth, "find_key", find_key)
    clock.now += 0.1
    assert not await admits(gate, text)


async def test_a_tokens_trust_ends_a_second_after_it_expired(
    vets: VetShop, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = await token_of(vets)
    gate = Gate(vets.shop.database)
    assert await admits(gate, token)
    expired = time.time() + 901
    monkeypatch.setattr("jwt.api_jwt.datetime", _At(expired))
    clock.now += 0.999
    assert await admits(gate, token)
    clock.now += 0.001
    assert not await admits(gate, token)


class _At:
    """`datetime`, as the library asks it for the time."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def now(self, **_: Any) -> "_At":
        return self

    def timestamp(self) -> float:
        return self.seconds


async def test_a_rotated_key_signs_and_the_old_ones_tokens_live_on(vets: VetShop) -> None:
    old = await token_of(vets)
    await rotate(vets.shop, LONGEST_SECONDS)
    new = await token_of(vets)
    assert old.split(".")[0] != new.split(".")[0], "another key's id"
    gate = Gate(vets.shop.database)
    assert [await admits(gate, token) for token in (old, new)] == [True, True]


async def test_a_key_retired_at_once_ends_its_tokens(vets: VetShop, clock: Clock) -> None:
    old, gate = await token_of(vets), Gate(vets.shop.database)
    assert await admits(gate, old)
    await rotate(vets.shop, 0)
    assert not await admits(Gate(vets.shop.database), old)
    clock.now += 1
    assert not await admits(gate, old)
    assert await admits(gate, await token_of(vets))


async def test_rotating_again_does_not_let_older_keys_live_longer(vets: VetShop) -> None:
    old = await token_of(vets)
    await rotate(vets.shop, 0)
    await rotate(vets.shop, LONGEST_SECONDS)
    assert not await admits(Gate(vets.shop.database), old)


async def test_another_shops_rotation_is_its_own(vets: VetShop, other_shop: ShopClient) -> None:
    token = await token_of(vets)
    await rotate(other_shop, 0)
    assert await admits(Gate(vets.shop.database), token)


async def test_what_is_remembered_is_bounded(vets: VetShop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auth, "_REMEMBERED", 2)
    gate = Gate(vets.shop.database)
    for _ in range(5):
        assert await admits(gate, (await key_of(vets.shop))[0])
        assert not await admits(gate, "guess.guess.guess")
    assert len(gate._known) <= 2
