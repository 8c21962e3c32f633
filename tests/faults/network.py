"""Disturbs what lies between a worker and its database, and reports: what clients were told, how long they waited, how
long it took to serve again, and that nothing stays behind.

python -m tests.faults.network [rounds]
"""

import asyncio
import os
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass

import httpx

from tests import database
from tests.faults.proxy import Proxy, proxied
from tests.faults.writers import Ledger, assert_exactly_once, writing
from tests.limits.abuse import GROWTH, MEBIBYTE, calm
from tests.limits.edge import locked
from tests.limits.gateway import Served, Weight, served
from tests.processes import PATIENCE

ROUNDS = 3
LASTING = 4.0  # seconds of a fault: longer than a statement, and than the driver waits for the server to say so
WRITERS = 8
BATCHES = 4
POOL_SIZE = 6
SETTINGS = {
    "CUSTOM_DATA_POOL_SIZE": POOL_SIZE, "CUSTOM_DATA_STATEMENT_TIMEOUT_MS": 1000,
    "CUSTOM_DATA_REQUEST_TIMEOUT_MS": 6000, "CUSTOM_DATA_MAX_IN_FLIGHT": 24,
    "CUSTOM_DATA_RATE_SIZE": 10**9, "CUSTOM_DATA_RATE_REFILL": 10**9,
}  # fmt: skip
LONGEST = 6.0 + 2.0  # an operation's time, and that to end its transaction
CONNECTIONS = POOL_SIZE + 1  # and one that hears of changes
_READ = "{ contacts { nodes { idContact } } }"
_OK = "OK"

Fault = Callable[[Proxy, Served], AbstractAsyncContextManager[None]]


def _fault(begin: Callable[[Proxy], None], end: Callable[[Proxy], None] = lambda _: None) -> Fault:
    @asynccontextmanager
    async def lasting(proxy: Proxy, _: Served) -> AsyncIterator[None]:
        begin(proxy)
        try:
            yield
        finally:
            end(proxy)

    return lasting


@asynccontextmanager
async def _table_locked(_: Proxy, gateway: Served) -> AsyncIterator[None]:
    """Readers fill the pool with statements that wait, until each is too slow."""
    async with locked(gateway.admin_url, "lock table contacts in access exclusive mode"):
        yield


@asynccontextmanager
async def _clients_gone(_: Proxy, gateway: Served) -> AsyncIterator[None]:
    """Clients that go while their statements wait."""
    async with locked(gateway.admin_url, "lock table products in access exclusive mode"):
        async with httpx.AsyncClient(base_url=gateway.url, timeout=0.5) as http:
            body = {"query": "{ products { nodes { idProduct } } }"}
            asked = [http.post("/graphql", json=body, headers={"spm-api-key": gateway.shop.key}) for _ in range(20)]
            gone = await asyncio.gather(*asked, return_exceptions=True)
        assert {type(each) for each in gone} <= {httpx.ReadTimeout, httpx.Response, httpx.ConnectTimeout}
        yield


def _slowed(proxy: Proxy) -> None:
    proxy.delay = 0.05


def _quickened(proxy: Proxy) -> None:
    proxy.delay = 0.0


_UNHEARD = {_OK, "UNAVAILABLE", "TIMEOUT"}
_CUT = {_OK, "UNAVAILABLE"}

FAULTS: dict[str, tuple[Fault, set[str]]] = {
    "slow: 50 ms each way": (_fault(_slowed, _quickened), {_OK, "UNAVAILABLE", "TIMEOUT"}),
    "cut, and new connections reset": (_fault(Proxy.cut, Proxy.mend), _CUT),
    "a black hole": (_fault(Proxy.silence, Proxy.speak), _UNHEARD),
    "what is connected is forgotten": (_fault(Proxy.lose), _UNHEARD),
    "half-closed by the database": (_fault(lambda proxy: proxy.half_close(of_database=True)), _CUT),
    "half-closed by the gateway": (_fault(lambda proxy: proxy.half_close(of_database=False)), _CUT),
    "a table is locked, the pool fills": (_table_locked, _UNHEARD),
    "20 clients go": (_clients_gone, _UNHEARD),
}


@dataclass(frozen=True)
class Report:
    """Of all rounds of one fault."""

    name: str
    told: Counter[str]
    expected: set[str]
    slowest: float  # seconds that somebody waited for an answer
    recovered: float  # seconds from the fault's end to the first good answer, the longest
    connections: int  # afterwards
    before: Weight
    after: Weight

    @property
    def faults(self) -> list[str]:
        found = []
        if wrong := self.told.keys() - self.expected:
            found.append(f"told {sorted(wrong)}")
        if self.connections > CONNECTIONS:
            found.append(f"{self.connections} connections")
        if self.after.memory - self.before.memory > GROWTH:
            found.append(f"grew by {(self.after.memory - self.before.memory) // MEBIBYTE} MiB")
        for what in ("tasks", "busy"):
            if getattr(self.after, what) > getattr(self.before, what):
                found.append(f"{what}: {getattr(self.before, what)} before, {getattr(self.after, what)} after")
        return found

    def __str__(self) -> str:
        told = ", ".join(f"{count} {code}" for code, count in sorted(self.told.items()))
        ending = "; ".join(self.faults) or "as before"
        return f"| {self.name} | {told} | {self.slowest:.1f} s | {self.recovered:.2f} s | {ending} |"


HEADING = (
    "| between gateway and database | told to readers | longest wait | serving after its end | afterwards |\n"
    "|---|---|---|---|---|"
)


async def disturbed(gateway: Served, proxy: Proxy, name: str, rounds: int) -> Report:
    """Readers and writers go on all the while; what the writers saved is checked to be there once."""
    fault, expected = FAULTS[name]
    before = await calm(gateway, None)
    ledger, told, slowest, recovered = Ledger(), Counter[str](), 0.0, 0.0
    for number in range(rounds):
        async with asyncio.TaskGroup() as group, _reading(gateway, told) as waits:
            prefix = f"{name} {number} "
            group.create_task(writing(gateway.url, [gateway.shop.key], WRITERS, BATCHES, ledger, prefix))
            await ledger.until(len(ledger.acknowledged) + 1)
            async with fault(proxy, gateway):
                await asyncio.sleep(LASTING)
            recovered = max(recovered, await _until_served(gateway))
        slowest = max(slowest, *waits)
    after = await calm(gateway, before)
    await assert_exactly_once(gateway.admin_url, ledger, name)
    return Report(name, told, expected, slowest, recovered, proxy.open, before, after)


@asynccontextmanager
async def _reading(gateway: Served, told: Counter[str]) -> AsyncIterator[list[float]]:
    """Readers at work; how long each of their answers took."""
    waits: list[float] = []
    ended = asyncio.Event()

    async def read() -> None:
        while not ended.is_set():
            asked = time.monotonic()
            answer = (await gateway.shop.post(_READ)).json()
            waits.append(time.monotonic() - asked)
            told.update([error["extensions"]["code"] for error in answer.get("errors", ())] or [_OK])
            await asyncio.sleep(0.05)

    async with asyncio.TaskGroup() as group:
        for _ in range(WRITERS):
            group.create_task(read())
        try:
            yield waits
        finally:
            ended.set()


async def _until_served(gateway: Served) -> float:
    began = time.monotonic()
    while "errors" in (await gateway.shop.post(_READ)).json():
        assert time.monotonic() < began + PATIENCE
        await asyncio.sleep(0.05)
    return time.monotonic() - began


@asynccontextmanager
async def apart(admin_url: str) -> AsyncIterator[tuple[Served, Proxy]]:
    """A worker that reaches its database through a proxy."""
    async with proxied(admin_url) as proxy, served(admin_url, proxy.url, **SETTINGS) as gateway:
        await gateway.shop.define("Entry", {"batch": "STRING", "n": "NUMBER"})
        yield gateway, proxy


async def main(rounds: int) -> bool:
    well = True
    async with apart(os.environ["TEST_DATABASE_ADMIN_URL"]) as (gateway, proxy):
        print(HEADING)
        for name in FAULTS:
            report = await disturbed(gateway, proxy, name, rounds)
            print(report, flush=True)
            well = well and not report.faults and report.slowest <= LONGEST
    return well


if __name__ == "__main__":
    database.start()
    try:
        sys.exit(not asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS)))
    finally:
        database.stop()
