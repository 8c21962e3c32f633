"""What a Citus coordinator adds to an operation: the same asked of a cluster and of a plain PostgreSQL, one at a time,
in alternating rounds.

    CITUS_DATABASE_URL=postgresql://postgres@coordinator/postgres python -m tests.benchmarks.cluster
"""

import asyncio
import os
import statistics
import tempfile
import time
from contextlib import AsyncExitStack, ExitStack
from pathlib import Path

import httpx
from starlette.applications import Starlette

from app.server.app import mount
from app.server.settings import Settings
from app.store.administration import connected
from app.store.database import Database
from app.store.embedded import EmbeddedServer
from app.store.migrate import migrate
from app.store.roles import GATEWAY_ROLE
from tests.benchmarks.scaling import Ask, filled, questions
from tests.shops import ShopClient, new_shop, new_vet_shop
from tests.store.scratch import as_login

ROUNDS, REQUESTS = 5, 40
_UNBOUNDED = Settings.model_construct(rate_size=10**9, rate_refill=10**9)


async def _prepared(stack: AsyncExitStack, admin: str) -> tuple[ShopClient, dict[str, Ask]]:
    await migrate(admin)
    database = await Database.connect(as_login(admin, GATEWAY_ROLE), size=4)
    stack.push_async_callback(database.close)
    app = Starlette()
    mount(app, database, _UNBOUNDED)
    transport = httpx.ASGITransport(app=app)
    http = await stack.enter_async_context(httpx.AsyncClient(transport=transport, base_url="http://gateway"))
    vets = await new_vet_shop(await new_shop(database, http, admin))
    asks = questions(await filled(vets))
    async with connected(admin) as connection:
        await connection.execute("analyze")  # a database a minute old has no statistics yet
    return vets.shop, asks


async def _asked(shop: ShopClient, ask: Ask) -> float:
    """The median of some requests, in milliseconds."""
    took = []
    for n in range(REQUESTS):
        began = time.perf_counter()
        await ask(shop, n)
        took.append((time.perf_counter() - began) * 1000)
    return statistics.median(took)


async def main(cluster: str, plain: str) -> None:
    async with AsyncExitStack() as stack:
        sides = {"cluster": await _prepared(stack, cluster), "plain": await _prepared(stack, plain)}
        for question in sides["plain"][1]:
            rounds: dict[str, list[float]] = {name: [] for name in sides}
            for _ in range(ROUNDS):
                for name, (shop, asks) in sides.items():
                    rounds[name].append(await _asked(shop, asks[question]))
            found = {name: statistics.median(each) for name, each in rounds.items()}
            least = {name: min(each) for name, each in rounds.items()}
            told = (f"{name} {found[name]:.2f} ms (least {least[name]:.2f})" for name in sides)
            print(f"{question:16}", ", ".join(told), f"{found['cluster'] / found['plain']:.2f} times", flush=True)


if __name__ == "__main__":
    with ExitStack() as resources:
        home = Path(resources.enter_context(tempfile.TemporaryDirectory(prefix="custom-data-cluster-")))
        urls = resources.enter_context(EmbeddedServer(home))
        asyncio.run(main(os.environ["CITUS_DATABASE_URL"], urls.admin))
