"""Mixed load of many shops for a long time: nothing grows, and a noisy shop does not slow down the others.

python -m tests.faults.soak [--minutes 15] [--shops 20]

Every other half minute one more shop, in a process of its own, asks as much at once as it can.
"""

import argparse
import asyncio
import os
import random
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from statistics import median, quantiles
from typing import Any

import httpx

from app.store.administration import connected
from app.store.database import Database
from tests import database
from tests.limits.abuse import MEBIBYTE, calm
from tests.limits.gateway import Served, Weight, served
from tests.processes import PATIENCE
from tests.shops import ShopClient, VetShop, new_shop, new_vet_shop

TURN_SECONDS = 30
PAUSE_SECONDS = 0.25  # between what a quiet shop asks
NOISE = 32  # operations at once of the noisy shop; eight of them run
SLOWER = 2.0  # times that the others' p99 may grow beside it
GROWTH = 32 * MEBIBYTE  # of the last third beyond the second
CONNECTIONS = 16 + 1  # of the pool, and one that hears of changes
_GIVES_WAY = 19  # the noise comes from other machines: making it takes nothing from those who are measured here
SETTINGS = {"CUSTOM_DATA_RATE_SIZE": 10**9, "CUSTOM_DATA_RATE_REFILL": 10**9}
OK = "OK"

_PRICES = "{ contacts { nodes { email products { nodes { name payable } } } } }"
_PAGE = """{ customDataRecords(definition: "veterinarian", first: 50, where: {ville: {eq: "Lyon"}}) {
    totalCount { count } nodes { version data } } }"""
_CHANGES = "{ customDataChanges(last: 20) { nodes { sequence kind after } } }"
_SAVE = """mutation($input: SaveRecordsInput!) { saveCustomDataRecords(input: $input) {
    rejected userErrors { code } } }"""
_DELETE = """mutation($key: JSON!) { deleteCustomDataRecord(input: {by: {definition: "veterinarian", key: $key}}) {
    userErrors { code } } }"""


def _asked(records: int) -> dict[str, Any]:
    """What a shop asks next: half reads, half writes."""
    kind = random.random()
    if kind < 0.5:
        return {"query": random.choice([_PRICES, _PAGE, _CHANGES])}
    name = f"Dr {random.randrange(500)}"
    if kind < 0.6:
        return {"query": _DELETE, "variables": {"key": name}}
    vets = [
        {"nom": f"Dr {random.randrange(500)}", "ville": random.choice(["Lyon", "Lille"]), "telephone": str(n)}
        for n in range(records)
    ]
    return {"query": _SAVE, "variables": {"input": {"definition": "veterinarian", "records": vets}}}


@dataclass
class Turn:
    """Half a minute: what the quiet shops were told and how long it took them, and the worker's weight after it."""

    noisy: bool
    told: Counter[str] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    weight: Weight | None = None
    connections: int = 0

    def __str__(self) -> str:
        assert self.weight is not None
        told = ", ".join(f"{count} {code}" for code, count in sorted(self.told.items()))
        return (
            f"| {'a noisy one beside them' if self.noisy else 'quiet'} | {told} |"
            f" {median(self.seconds) * 1000:.0f} ms | {p99(self.seconds) * 1000:.0f} ms |"
            f" {self.weight.memory / MEBIBYTE:.0f} MiB | {self.weight.tasks} | {self.connections} |"
        )


HEADING = (
    "| half a minute | the others were told | median | p99 | memory | tasks | connections |\n"
    "|---|---|---|---|---|---|---|"
)


def p99(seconds: list[float]) -> float:
    return quantiles(seconds, n=100)[98]


def faults(turns: list[Turn], idle: Weight, last: Weight) -> list[str]:
    """What is not as it should be."""
    found = []
    third = len(turns) // 3
    middle, end = (
        [turn.weight.memory for turn in part if turn.weight] for part in (turns[third:-third], turns[-third:])
    )
    if (grown := median(end) - median(middle)) > GROWTH:
        found.append(f"memory grew by {grown / MEBIBYTE:.0f} MiB")
    if last.tasks > idle.tasks or last.busy > idle.busy:
        found.append(f"tasks and busy connections: {idle.tasks} and {idle.busy} before, {last.tasks} and {last.busy}")
    if (most := max(turn.connections for turn in turns)) > CONNECTIONS:
        found.append(f"{most} connections")
    if wrong := {code for turn in turns for code in turn.told} - {OK}:
        found.append(f"the others were told {sorted(wrong)}")
    if (times := slower(turns)) > SLOWER:
        found.append(f"p99 beside a noisy shop is {times:.1f} times as long")
    return found


def slower(turns: list[Turn]) -> float:
    """The median p99 of noisy turns over that of quiet ones."""
    noisy, quiet = (median(p99(turn.seconds) for turn in turns if turn.noisy is kind) for kind in (True, False))
    return noisy / quiet


async def _shop_asks(gateway: Served, shop: ShopClient, now: list[Turn]) -> None:
    """Without end; what comes of it belongs to the turn in which it was asked."""
    async with httpx.AsyncClient(base_url=gateway.url, timeout=PATIENCE) as http:
        while True:
            turn, began = now[-1], time.monotonic()
            answer = (await http.post("/graphql", json=_asked(5), headers={"spm-api-key": shop.key})).json()
            turn.seconds.append(time.monotonic() - began)
            turn.told.update([error["extensions"]["code"] for error in answer.get("errors", ())] or [OK])
            await asyncio.sleep(PAUSE_SECONDS * random.uniform(0.5, 1.5))


async def _noise(url: str, key: str) -> None:
    """Without end, as much at once as it can, with batches of fifty."""
    async with httpx.AsyncClient(base_url=url, timeout=PATIENCE) as http, asyncio.TaskGroup() as group:

        async def one() -> None:
            while True:
                await http.post("/graphql", json=_asked(50), headers={"spm-api-key": key})

        for _ in range(NOISE):
            group.create_task(one())


@asynccontextmanager
async def _beside(gateway: Served, shop: ShopClient, *, noisy: bool) -> AsyncIterator[None]:
    if not noisy:
        yield
        return
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.faults.soak", "--noise", gateway.url, shop.key
    )
    try:
        yield
    finally:
        process.terminate()
        await process.wait()


async def _shops(gateway: Served, count: int) -> list[VetShop]:
    opened = await Database.connect(gateway.admin_url, size=1)
    try:
        return [await new_vet_shop(await new_shop(opened, gateway.shop.http, gateway.admin_url)) for _ in range(count)]
    finally:
        await opened.close()


async def _connections(gateway: Served) -> int:
    async with connected(gateway.admin_url) as admin:
        count: int = await admin.fetchval(_OPEN)
    return count


_OPEN = """select count(*) from pg_stat_activity
    where application_name = 'custom-data' and datname = current_database()"""


async def soak(minutes: float, shops: int) -> bool:
    """Whether all was well."""
    # webhooks are not part of it: their connections are others
    async with served(os.environ["TEST_DATABASE_ADMIN_URL"], CUSTOM_DATA_DELIVER="false", **SETTINGS) as gateway:
        quiet = await _shops(gateway, shops)
        idle = await calm(gateway, None)
        turns: list[Turn] = [Turn(noisy=False)]  # to warm up; not counted
        asking = [asyncio.create_task(_shop_asks(gateway, each.shop, turns)) for each in quiet]
        await asyncio.sleep(TURN_SECONDS / 3)
        print(HEADING)
        for number in range(max(6, round(minutes * 60 / TURN_SECONDS))):
            turn = Turn(noisy=bool(number % 2))
            async with _beside(gateway, gateway.shop, noisy=turn.noisy):
                turns.append(turn)
                await asyncio.wait(asking, timeout=TURN_SECONDS, return_when=asyncio.FIRST_EXCEPTION)
            turns.append(Turn(noisy=False))  # while it is weighed, which holds it up
            turn.weight, turn.connections = await gateway.weight(), await _connections(gateway)
            print(turn, flush=True)
        for task in asking:
            task.cancel()
        ended = await asyncio.gather(*asking, return_exceptions=True)
        last = await calm(gateway, idle)
    counted = [turn for turn in turns if turn.weight]
    found = faults(counted, idle, last)
    found += [repr(each) for each in ended if not isinstance(each, asyncio.CancelledError)]
    print(f"\nBeside a noisy shop p99 is {slower(counted):.2f} times as long. {'; '.join(found) or 'All is well'}.")
    return not found


def main() -> bool:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.soak")
    parser.add_argument("--minutes", type=float, default=15)
    parser.add_argument("--shops", type=int, default=20)
    parser.add_argument("--noise", nargs=2, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.noise:
        os.nice(_GIVES_WAY)
        asyncio.run(_noise(*asked.noise))
    database.start()
    try:
        return asyncio.run(soak(asked.minutes, asked.shops))
    finally:
        database.stop()


if __name__ == "__main__":
    sys.exit(not main())
