"""Kills processes in the midst of saves, and reports: what clients were told, how long it took, and what is there then.

python -m tests.faults.kills [rounds]
"""

import asyncio
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass

import httpx

from app.store.administration import connected
from app.store.database import Database
from tests.faults.probes import Probes, probing
from tests.faults.supervised import Supervised, kill, supervised
from tests.faults.writers import Ledger, assert_exactly_once, writing
from tests.processes import PATIENCE
from tests.shops import ShopClient, new_shop

CLIENTS = 200
BATCHES = 3  # of each client, one after the other
SHOPS = 4
ROUNDS = 3


@dataclass(frozen=True)
class Round:
    """What came of one kill."""

    name: str
    begun: int
    acknowledged: int
    refusals: Counter[str]
    seconds: float  # until something sent after the kill was acknowledged
    probes: Probes

    def __str__(self) -> str:
        told = ", ".join(f"{count} {code}" for code, count in sorted(self.refusals.items())) or "nothing"
        return (
            f"| {self.name} | {self.acknowledged:,} of {self.begun:,} | {told} | {self.seconds:.2f} s |"
            f" {self.probes.healthy} | {self.probes.unready} |"
        )


HEADING = (
    "| killed | acknowledged, once each | told instead, and sent again | serving after | `/healthz` | `/readyz` 503 |\n"
    "|---|---|---|---|---|---|"
)


async def _a_backend(gateway: Supervised) -> None:
    """One that is writing: clients go on until it is found."""
    with suppress(ConnectionError):  # this connection ends with the others before it can be closed
        async with connected(gateway.admin_url) as admin, asyncio.timeout(PATIENCE):
            while not (pid := await admin.fetchval(_WRITING)):
                pass
            kill(pid)


async def _the_database(gateway: Supervised) -> None:
    kill(gateway.database)


async def _a_worker(gateway: Supervised) -> None:
    kill(gateway.workers()[0])


async def _the_gateway(gateway: Supervised) -> None:
    kill(gateway.pid, *gateway.workers())


_WRITING = """select pid from pg_stat_activity where application_name = 'custom-data' and state = 'active'
    and backend_xid is not null limit 1"""

KILLS: dict[str, Callable[[Supervised], Awaitable[None]]] = {
    "a database backend": _a_backend,
    "the database": _the_database,
    "a worker of the gateway": _a_worker,
    "the gateway": _the_gateway,
}


async def killed(name: str) -> Round:
    """One round, with what must be true checked."""
    ledger = Ledger()
    async with supervised() as gateway:
        keys, over = [shop.key for shop in await shops(gateway)], asyncio.Event()
        async with probing(gateway.url) as probes:
            async with asyncio.TaskGroup() as group:
                group.create_task(writing(gateway.url, keys, CLIENTS, BATCHES - 1, ledger, until=over))
                await ledger.until(CLIENTS)
                moment = time.monotonic()
                await KILLS[name](gateway)
                over.set()
            await probes.until_ready()
        await assert_exactly_once(gateway.admin_url, ledger)
        assert len(ledger.acknowledged) == ledger.begun >= CLIENTS * BATCHES
        assert "unexpected error" not in gateway.said, gateway.said
        assert await gateway.stop() == 0
    return Round(name, ledger.begun, len(ledger.acknowledged), ledger.refusals, ledger.first_after(moment), probes)


async def shops(gateway: Supervised, count: int = SHOPS) -> list[ShopClient]:
    """New ones, each with a definition of entries that no key holds together: what is saved twice is there twice."""
    database = await Database.connect(gateway.admin_url, size=1)
    try:
        async with httpx.AsyncClient(base_url=gateway.url, timeout=PATIENCE) as http:
            made = [await new_shop(database, http, gateway.admin_url) for _ in range(count)]
            for shop in made:
                await shop.define("Entry", {"batch": "STRING", "n": "NUMBER"})
    finally:
        await database.close()
    return made


async def main(rounds: int) -> None:
    print(HEADING)
    for name in KILLS:
        for _ in range(rounds):
            print(await killed(name), flush=True)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS))
