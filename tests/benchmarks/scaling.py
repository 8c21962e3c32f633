"""What a request costs each machine, in milliseconds of processor time: which does not depend on how busy they are.

    python -m tests.benchmarks.scaling [--pooler]

A gateway, a primary and a streaming replica of it on this machine; with --pooler also pgbouncer before the primary.
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import psutil

from app.store.database import Database
from tests.processes import PATIENCE, serving
from tests.scale.pooler.pgbouncer import pgbouncer
from tests.scale.standby import Standby, primary_and_standby
from tests.shops import ShopClient, VetShop, new_shop, new_vet_shop, to

REQUESTS, CLIENTS = 600, 8
_UNBOUNDED = {
    "CUSTOM_DATA_RATE_SIZE": 10**9,
    "CUSTOM_DATA_RATE_REFILL": 10**9,
    "CUSTOM_DATA_STATEMENT_TIMEOUT_MS": 60_000,
    "CUSTOM_DATA_REQUEST_TIMEOUT_MS": 60_000,
}
PAGE = """{ customDataRecords(definition: "card", first: 50) { nodes { idRecord data
    contact: relation(field: "contact_id") { ... on Contact { idContact email firstName lastName } }
    product: relation(field: "product_id") { ... on Product { idProduct name payable } } } } }"""
ONE = (
    'query($id: ID!) { customDataRecord(id: $id) { data relation(field: "contact_id") { ... on Contact { email } } } }'
)

Ask = Callable[[ShopClient, int], Awaitable[Any]]


class Machine:
    """Processes that stand for one: what they and their children have used."""

    def __init__(self, *pids: int) -> None:
        self._pids = pids

    def used(self) -> float:
        """Seconds, with those of children that have ended."""
        total = 0.0
        for pid in self._pids:
            process = psutil.Process(pid)
            for each in (process, *process.children(recursive=True)):
                times = each.cpu_times()
                total += times.user + times.system + times.children_user + times.children_system
        return total


def _postmaster(home: Path) -> Machine:
    return Machine(int((home / "postgres" / "postmaster.pid").read_text().split()[0]))


async def filled(vets: VetShop) -> list[int]:
    """100 cards, each of a contact and with a product; the ids of some."""
    shop = vets.shop
    await shop.define(
        "Card", {"number": "STRING", "points": "NUMBER", "tier": "STRING", "contact_id": "NUMBER",
                 "product_id": "STRING"},
        uniqueKeys=["number"], relationships=[to("contact_id", "contacts"), to("product_id", "products")],
    )  # fmt: skip
    ids: list[int] = []
    for half in (0, 50):
        people = [f"{half + n}@example.com" for n in range(50)]
        await shop.customers(*({"idCustomer": each, "email": each, "emailVerified": True} for each in people))
        await shop.products(*({"idProduct": f"p{half + n}", "name": f"P {n}", "price": n + 1} for n in range(50)))
        cards = [
            {"number": each, "points": n, "tier": "gold", "product_id": f"p{half + n}",
             "contact_id": {"by": "email", "value": each}} for n, each in enumerate(people)
        ]  # fmt: skip
        saved = await shop.save("card", *cards)
        ids += [int(result["record"]["idRecord"]) for result in saved["results"]]
    return ids


def questions(ids: list[int]) -> dict[str, Ask]:
    saves = iter(range(10**9))

    async def save(shop: ShopClient, _: int) -> None:
        batch = next(saves)
        saved = await shop.save("card", *({"number": f"{batch} {n}", "points": n, "tier": "new"} for n in range(50)))
        assert saved["created"] == 50

    return {
        "a page of 50": lambda shop, _: shop.ask(PAGE),
        "one record": lambda shop, n: shop.ask(ONE, id=str(ids[n % len(ids)])),
        "a save of 50": save,
    }


async def _measured(shop: ShopClient, ask: Ask, machines: dict[str, Machine], requests: int) -> dict[str, float]:
    async def client(first: int, count: int) -> None:
        for n in range(count):
            await ask(shop, first * count + n)

    await asyncio.gather(*(client(n, 10) for n in range(CLIENTS)))
    before = {name: machine.used() for name, machine in machines.items()}
    await asyncio.gather(*(client(n, requests // CLIENTS) for n in range(CLIENTS)))
    return {name: (machine.used() - before[name]) * 1000 / requests for name, machine in machines.items()}


@contextmanager
def _arranged(url: str, direct: str, standby: Standby) -> Iterator[dict[str, tuple[str, dict[str, Machine]]]]:
    """Gateways by how they are set up, each with the machines that its requests use."""
    primary, replica = _postmaster(standby.home.parent / "primary"), _postmaster(standby.home)
    with ExitStack() as stack:
        bare = {"DATABASE_URL": direct, **_UNBOUNDED}
        replicated = {**bare, "DATABASE_REPLICA_URLS": standby.urls.gateway}
        settings = {
            "primary only": bare,
            "a replica": replicated,
            "a replica, 1 s late": {**replicated, "CUSTOM_DATA_REPLICA_STALENESS_MS": 1000},
        }
        if url != direct:
            settings["pgbouncer"] = {**bare, "DATABASE_URL": url, "DATABASE_DIRECT_URL": direct}
        found = {name: stack.enter_context(serving(**each)) for name, each in settings.items()}
        yield {
            name: (each.url, {"gateway": Machine(each.process.pid), "primary": primary, "replica": replica})
            for name, each in found.items()
        }


async def main(url: str, admin: str, direct: str, standby: Standby) -> None:
    database = await Database.connect(direct, size=2)
    with _arranged(url, direct, standby) as arranged:
        print(f"{'':22}{'':16}" + "".join(f"{name:>10}" for name in ("gateway", "primary", "replica")))
        first = next(iter(arranged.values()))[0]
        async with httpx.AsyncClient(base_url=first, timeout=PATIENCE) as http:
            vets = await new_vet_shop(await new_shop(database, http, admin))
            asks = questions(await filled(vets))
        for round_ in range(3):
            for name, (address, machines) in arranged.items():
                async with httpx.AsyncClient(base_url=address, timeout=PATIENCE) as http:
                    shop = replace(vets.shop, http=http)
                    for question, ask in asks.items():
                        used = await _measured(shop, ask, machines, REQUESTS if "save" not in question else 160)
                        print(
                            f"{round_ + 1} {name:20}{question:16}" + "".join(f"{ms:10.2f}" for ms in used.values()),
                            flush=True,
                        )
    await database.close()


if __name__ == "__main__":
    with ExitStack() as stack:
        urls, replica = stack.enter_context(primary_and_standby())
        through = stack.enter_context(pgbouncer(urls.gateway)) if "--pooler" in sys.argv else urls.gateway
        asyncio.run(main(through, urls.admin, urls.gateway, replica))
