"""One shop does not starve another, a full pool sheds, and what takes too long is stopped."""

import asyncio
from dataclasses import replace

import pytest

from app.server.bounds import Bounds
from app.server.refusals import Refused
from app.server.turns import Turns
from app.store.database import Database
from tests.limits.edge import bounded, locked, pool_of
from tests.shops import ShopClient

UPDATE = """mutation($id: ID!, $data: JSON!) {
    updateCustomDataRecord(input: {id: $id, data: $data}) { outcome userErrors { code } } }"""
LOCK = "select from records where id = $1 for update"
SAVE = "mutation($input: SaveRecordsInput!) { saveCustomDataRecords(input: $input) { created } }"


class Shifts:
    """Operations that stay until they are let go."""

    def __init__(self, **bounds: float) -> None:
        self.turns = Turns(replace(Bounds(), **bounds))  # type: ignore[arg-type]
        self.order: list[object] = []
        self.go = asyncio.Event()

    async def work(self, shop: int, name: object) -> None:
        async with self.turns.turn(shop):
            self.order.append(name)
            await self.go.wait()

    def start(self, shop: int, *names: object) -> list[asyncio.Task[None]]:
        return [asyncio.create_task(self.work(shop, name)) for name in names]


async def test_a_shops_operations_wait_for_each_other_in_order_and_no_other_shop_waits() -> None:
    shifts = Shifts(in_flight=2)
    busy = shifts.start(1, *range(20))
    other = shifts.start(2, "other")
    await asyncio.sleep(0.01)
    assert shifts.order == [0, 1, "other"]
    shifts.go.set()
    await asyncio.gather(*busy, *other)
    assert shifts.order == [0, 1, "other", *range(2, 20)]
    assert shifts.turns._queues == {}


async def test_waiting_ends() -> None:
    shifts = Shifts(in_flight=1, wait=0.02)
    first, second = shifts.start(1, "first", "second")
    with pytest.raises(Refused, match="Send fewer at once") as refused:
        await second
    assert (refused.value.code, refused.value.status, refused.value.headers) == (
        "SHOP_BUSY", 429, {"retry-after": "1"},
    )  # fmt: skip
    shifts.go.set()
    await first
    assert shifts.turns._queues == {}


async def test_the_line_is_not_endless() -> None:
    shifts = Shifts(in_flight=1, waiting=2)
    _first, _second, _third, fourth = tasks = shifts.start(1, 1, 2, 3, 4)
    with pytest.raises(Refused):
        await fourth
    shifts.go.set()
    await asyncio.gather(*tasks[:3])


async def test_one_who_leaves_the_line_leaves_no_gap() -> None:
    shifts = Shifts(in_flight=1)
    first, second, third = shifts.start(1, 1, 2, 3)
    await asyncio.sleep(0)
    second.cancel()
    shifts.go.set()
    await asyncio.gather(first, third)
    assert shifts.order == [1, 3]
    assert shifts.turns._queues == {}


async def test_what_runs_too_long_is_cancelled() -> None:
    shifts = Shifts(request=0.02)
    [task] = shifts.start(1, "slow")
    with pytest.raises(Refused, match="longer than") as refused:
        await task
    assert (refused.value.code, refused.value.status) == ("TIMEOUT", 504)


async def test_a_time_out_of_its_own_is_not_taken_for_ours() -> None:
    turns = Turns(Bounds())
    with pytest.raises(TimeoutError):
        async with turns.turn(1):
            raise TimeoutError


async def test_a_shop_with_all_its_turns_taken_does_not_hold_up_another(
    shop: ShopClient, other_shop: ShopClient, record: int, admin_url: str
) -> None:
    async with bounded(shop, max_in_flight=2, rate_size=10**6) as gateway:
        async with locked(admin_url, LOCK, record) as lock:
            stuck = [asyncio.create_task(gateway.post(UPDATE, {"id": record, "data": {"name": n}})) for n in "abc"]
            await lock.until_waited_for()
            theirs = await replace(gateway, id=other_shop.id, key=other_shop.key).post("{ contacts { nodes { id } } }")
            assert theirs.status_code == 200
        answers = await asyncio.gather(*stuck)
    assert sorted(answer.status_code for answer in answers) == [200, 200, 200]


async def test_a_full_pool_sheds_a_query(shop: ShopClient, gateway_url: str) -> None:
    """However many fields ask, the wait is one second in all."""
    async with pool_of(gateway_url, 1) as database, bounded(shop, database) as gateway:
        await gateway.ask("{ shop { name } }")  # the key is known now
        async with database.pool.acquire():
            refused = await gateway.post(
                "{ shop { name } contacts { nodes { id } } products { nodes { id } } overrides { field } }"
            )
        assert refused.status_code == 503
        assert refused.headers["retry-after"] == "1"
        assert refused.json()["errors"][0]["extensions"]["code"] == "UNAVAILABLE"
        assert "data" not in refused.json()
        assert (await gateway.post("{ contacts { nodes { id } } }")).status_code == 200


async def test_a_full_pool_sheds_a_mutation_that_wrote_nothing(shop: ShopClient, record: int, gateway_url: str) -> None:
    del record
    async with pool_of(gateway_url, 1) as database, bounded(shop, database) as gateway:
        await gateway.ask("{ shop { name } }")
        sent = {"input": {"definition": "thing", "records": [{"name": "two"}]}}
        async with database.pool.acquire():
            refused = await gateway.post(SAVE, sent)
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
        assert (await gateway.ask(SAVE, **sent))["saveCustomDataRecords"]["created"] == 1


async def test_a_full_pool_does_not_deny_what_a_mutation_wrote(
    shop: ShopClient, record: int, gateway_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second field of a document gets no connection; the first one is committed, so this is no 503."""
    del record
    async with pool_of(gateway_url, 1) as database, bounded(shop, database) as gateway:
        taken = []
        end = type(database.read_session(shop.id)).close

        async def close(session: object, how: str = "commit") -> None:
            await end(session, how)  # type: ignore[arg-type]
            if "begin; set" in session._begin and not taken:  # type: ignore[attr-defined]
                taken.append(await database.pool.take())

        monkeypatch.setattr("app.store.session.Session.close", close)
        one = 'saveCustomDataRecords(input: {definition: "thing", records: [{name: "%s"}]}) { created }'
        answer = await gateway.answer(f"mutation {{ a: {one % 'a'} b: {one % 'b'} }}")
        assert [error["extensions"]["code"] for error in answer["errors"]] == ["UNAVAILABLE"]
        assert answer["errors"][0]["path"] == ["b"]
        database.pool.give(taken[0])


async def test_a_request_that_takes_too_long_is_stopped(
    shop: ShopClient, record: int, gateway_url: str, admin_url: str
) -> None:
    async with pool_of(gateway_url, 2) as database, bounded(shop, database, request_timeout_ms=300) as gateway:
        async with locked(admin_url, LOCK, record) as lock:
            answer = await gateway.post(UPDATE, {"id": record, "data": {"name": "two"}})
            await lock.until_waited_for(False)
        assert answer.status_code == 504
        assert answer.json()["errors"][0]["extensions"]["code"] == "TIMEOUT"
        outcome = await gateway.ask(UPDATE, id=record, data={"name": "three"})
        assert outcome["updateCustomDataRecord"]["outcome"] == "UPDATED"


async def test_a_statement_that_takes_too_long_is_an_error_of_its_field(
    shop: ShopClient, record: int, gateway_url: str, admin_url: str
) -> None:
    database = await Database.connect(gateway_url, size=2, statement_timeout_ms=200)
    try:
        async with bounded(shop, database) as gateway, locked(admin_url, LOCK, record):
            [(code, message)] = await gateway.errors(UPDATE, id=record, data={"name": "two"})
    finally:
        await database.close()
    assert code == "TIMEOUT"
    assert "too long" in message
