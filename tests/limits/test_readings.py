"""What takes long to read of a request is read beside the loop, one thing at a time for each shop."""

import asyncio
import json
import threading
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from app.graphql import limits
from app.server import endpoint, sockets
from app.server.app import mount
from app.server.bounds import Bounds
from app.server.readings import LARGE_BODY, LARGE_DOCUMENT, Readings
from app.server.refusals import Refused
from app.store.database import Database
from tests.shops import ShopClient
from tests.sockets import connected

SMALL = "{ shop { name } }"


def large(name: str) -> str:
    return f"query {name} {{ shop {{ " + "name id timeZone " * 100 + "} }"


class Places:
    """On which threads something ran."""

    def __init__(self, work: Callable[..., Any]) -> None:
        self._work = work
        self.here: list[bool] = []

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        self.here.append(threading.current_thread() is threading.main_thread())
        return self._work(*args, **kwargs)


@pytest.mark.parametrize("stage", ["_parsed", "_measured", "validate_document"])
async def test_a_large_new_document_is_read_beside_the_loop(
    stage: str, shop: ShopClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = Places(getattr(limits, stage))
    monkeypatch.setattr(limits, stage, places)
    document = large(f"Large{shop.id}{stage}")
    assert len(document) > LARGE_DOCUMENT
    for _ in range(3):
        assert (await shop.ask(document))["shop"]
    assert places.here == [False], "once"
    await shop.ask(f"query Small{shop.id}{stage} {SMALL}")
    assert places.here == [False, True], "what is small is read where it came"


async def test_a_large_body_is_decoded_beside_the_loop(shop: ShopClient, monkeypatch: pytest.MonkeyPatch) -> None:
    places = Places(endpoint.decode_json)
    monkeypatch.setattr(endpoint, "decode_json", places)
    await shop.ask(SMALL)
    await shop.ask(SMALL, unused="x" * LARGE_BODY)
    assert places.here == [True, False]


async def test_a_large_message_is_decoded_beside_the_loop(
    shop: ShopClient, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = Places(sockets.decode_text)
    monkeypatch.setattr(sockets, "decode_text", places)
    app = Starlette()
    mount(app, database)
    async with connected(app) as socket:
        await socket.init({"spm-api-key": shop.key})
        payload = {"query": SMALL, "variables": {"unused": "x" * LARGE_BODY}}
        await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": payload}))
        assert (await socket.receive())["payload"]["data"] == {"shop": {"name": "test shop"}}
    assert places.here == [True, False]


async def test_other_shops_are_answered_while_a_large_document_is_read(
    shop: ShopClient, other_shop: ShopClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is not done until they are."""
    validate, began, answered = limits.validate_document, threading.Event(), threading.Event()

    def held(schema: Any, document: Any, rules: Any) -> Any:
        if "Held" in str(document.loc.source.body):
            began.set()
            assert answered.wait(20)
        return validate(schema, document, rules)

    monkeypatch.setattr(limits, "validate_document", held)
    asking = asyncio.create_task(shop.ask(large(f"Held{shop.id}")))
    assert await asyncio.to_thread(began.wait, 20)
    await other_shop.ask(f"query Other{other_shop.id} {SMALL}")
    waits = asyncio.create_task(shop.ask(f"query Next{shop.id} {SMALL}"))
    await other_shop.ask(SMALL)
    assert not waits.done(), "its own shop's wait in line"
    answered.set()
    await asyncio.gather(asking, waits)


async def test_of_many_that_come_together_one_is_read_each_time_around() -> None:
    """Thirty of one shop: what another has to do is done after the first of them, not after the last."""
    readings, order = Readings(Bounds()), list[str]()

    async def many(number: int) -> None:
        await readings.document(1, 10, lambda: order.append(f"noisy {number}"))

    async def other() -> None:
        for step in range(3):
            await asyncio.sleep(0)
            order.append(f"quiet {step}")

    noisy = [asyncio.create_task(many(number)) for number in range(30)]
    await asyncio.gather(other(), *noisy)
    assert [name for name in order if name.startswith("noisy")] == [f"noisy {number}" for number in range(30)]
    between = [order.index(f"quiet {step}") for step in range(3)]
    assert max(between) < 12, order


async def test_a_line_has_an_end() -> None:
    readings = Readings(Bounds(waiting=1, request=120))
    going = threading.Event()
    first = asyncio.create_task(readings.document(1, LARGE_DOCUMENT + 1, going.wait))
    await asyncio.sleep(0)
    second = asyncio.create_task(readings.document(1, 1, lambda: True))
    await asyncio.sleep(0)
    with pytest.raises(Refused) as refused:
        await readings.document(1, 1, lambda: True)
    assert refused.value.code == "SHOP_BUSY"
    assert await readings.document(2, 1, lambda: "another shop's") == "another shop's"
    assert not second.done()
    going.set()
    assert [await first, await second] == [True, True]


async def test_waiting_in_line_ends() -> None:
    readings = Readings(Bounds(request=0.1))
    going = threading.Event()
    first = asyncio.create_task(readings.document(1, LARGE_DOCUMENT + 1, going.wait))
    await asyncio.sleep(0)
    with pytest.raises(Refused) as refused:
        await readings.document(1, 1, lambda: True)
    assert refused.value.code == "SHOP_BUSY"
    going.set()
    await asyncio.gather(first, return_exceptions=True)


async def test_what_is_wrong_is_told_as_ever(shop: ShopClient, http: httpx.AsyncClient) -> None:
    wrong = large(f"Wrong{shop.id}").replace("timeZone", "timeZon", 1)
    for _ in range(2):
        [error] = (await shop.answer(wrong))["errors"]
        assert error["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
    [error] = (await shop.answer("{ " + "x" * LARGE_DOCUMENT))["errors"]
    assert error["extensions"]["code"] == "GRAPHQL_PARSE_FAILED"
    headers = {"spm-api-key": shop.key, "content-type": "application/json"}
    answer = await http.post("/graphql", content=b"[" * (LARGE_BODY + 1), headers=headers)
    assert answer.json()["errors"][0]["extensions"]["code"] == "BAD_REQUEST"
