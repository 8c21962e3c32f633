"""Delivery survives the death of its worker."""

import asyncio
import subprocess
import sys
from collections import defaultdict

from tests.processes import PATIENCE, environment
from tests.shops import ShopClient
from tests.tour_of_events import new_trigger
from tests.webhooks.receiver import Received, receiving

KILLS = 20
WRITERS = 5


async def test_a_worker_killed_twenty_times_loses_nothing(apart: tuple[str, ShopClient]) -> None:
    """While records change all the time, a real worker process is killed in the midst of sending, twenty times. What is
    told at last is every change, each record's in order; repeats are known by their event."""

    gateway_url, shop = apart

    async def slowly(_: Received) -> int:
        await asyncio.sleep(0.02)
        return 200

    await shop.define("Counter", {"code": "STRING", "n": "NUMBER"}, uniqueKeys=["code"])
    stopped = asyncio.Event()
    saved: dict[str, int] = {}

    async def write(writer: int) -> None:
        code = str(writer)
        while not stopped.is_set():
            n = saved.get(code, 0) + 1
            await shop.save("counter", {"code": code, "n": n})
            saved[code] = n
            await asyncio.sleep(0.3)

    settings = {
        "DATABASE_URL": gateway_url, "CUSTOM_DATA_PRIVATE_WEBHOOKS": "true", "CUSTOM_DATA_WEBHOOK_TIMEOUT_MS": 1000,
    }  # fmt: skip
    async with receiving(slowly) as receiver:
        about = {"definition": "counter", "when": {}, "transition": "EVERY_MATCH", "deliver": {"url": receiver.url}}
        await new_trigger(shop, name="all", **about)
        writers = [asyncio.create_task(write(writer)) for writer in range(WRITERS)]
        for _ in range(KILLS):  # each is seen to send, and goes on sending when it is killed
            came = len(receiver.received)
            worker = await asyncio.to_thread(_start, settings)
            await receiver.until(came + 2, PATIENCE)
            worker.kill()
            await asyncio.to_thread(worker.wait)
        stopped.set()
        await asyncio.gather(*writers)
        last = await asyncio.to_thread(_start, settings)
        try:
            wanted = {(code, n) for code, most in saved.items() for n in range(1, most + 1)}
            async with asyncio.timeout(PATIENCE):
                while True:
                    if _told(receiver.received) == wanted:
                        break
                    await asyncio.sleep(0.05)
        finally:
            last.terminate()
            await asyncio.to_thread(last.wait)
    first_told: dict[str, list[int]] = defaultdict(list)
    events: dict[str, bytes] = {}
    for each in receiver.received:
        if each.event not in events:
            after = each.told["change"]["after"]
            first_told[after["code"]].append(after["n"])
        assert events.setdefault(each.event, each.body) == each.body
    assert first_told == {code: list(range(1, most + 1)) for code, most in saved.items()}
    assert len(events) == sum(saved.values())


def _start(settings: dict[str, object]) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "app.cli", "deliver"], env=environment(**settings), text=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip


def _told(received: list[Received]) -> set[tuple[str, int]]:
    after = [each.told["change"]["after"] for each in received]
    return {(each["code"], each["n"]) for each in after}
