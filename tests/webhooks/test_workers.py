"""The processes that deliver."""

import asyncio
import signal
import subprocess
import sys

from tests.processes import PATIENCE, environment, serving
from tests.shops import ShopClient
from tests.tour_of_events import new_trigger
from tests.webhooks.receiver import Receiver

ABOUT = {"name": "all", "definition": "tag", "when": {}}


async def test_serving_processes_deliver_each_change_once(apart: tuple[str, ShopClient], receiver: Receiver) -> None:
    """Two of them, with a first trigger that is made while they serve."""
    url, shop = apart
    settings = {"DATABASE_URL": url, "CUSTOM_DATA_DELIVER": "true", "CUSTOM_DATA_PRIVATE_WEBHOOKS": "true"}
    await shop.define("Tag", {"code": "STRING"})
    gateways = serving("--workers", "2", **settings)
    gateway = await asyncio.to_thread(gateways.__enter__)
    try:
        await new_trigger(shop, **ABOUT, deliver={"url": receiver.url})
        for _ in range(3):
            await shop.save("tag", *({"code": str(n)} for n in range(10)))
        await receiver.until(30, PATIENCE)
        assert len({each.event for each in receiver.received}) == 30
        assert await asyncio.to_thread(gateway.end) == 0
    finally:
        await asyncio.to_thread(gateways.__exit__, None, None, None)


async def test_a_worker_ends_when_it_is_told_to(apart: tuple[str, ShopClient]) -> None:
    url, _ = apart
    worker = await asyncio.to_thread(
        lambda: subprocess.Popen(
            [sys.executable, "-m", "app.cli", "deliver"], env=environment(DATABASE_URL=url), text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )
    )  # fmt: skip
    assert worker.stdout is not None
    assert await asyncio.to_thread(worker.stdout.readline) == "Delivering. Ctrl-C stops.\n"
    worker.send_signal(signal.SIGTERM)
    _, said = await asyncio.to_thread(worker.communicate, timeout=PATIENCE)
    assert (worker.returncode, said) == (0, "")
