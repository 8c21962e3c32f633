"""A worker as a process, on a database of its own whose tables may be locked, and what it weighs."""

import asyncio
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass

import httpx
import psutil

from app.store.administration import connected
from app.store.database import Database
from app.store.migrate import migrate
from app.store.roles import GATEWAY_ROLE
from tests.processes import PATIENCE, environment
from tests.shops import ShopClient, new_shop, new_vet_shop
from tests.store.scratch import as_login, scratch_database


@dataclass(frozen=True)
class Weight:
    """Bytes in memory, tasks, connections to the database that are busy, and to clients."""

    memory: int
    tasks: int
    busy: int
    sockets: int


@dataclass
class Served:
    """The process, its database, and a shop (the veterinary one) that asks it over the network."""

    process: "subprocess.Popen[str]"
    url: str
    admin_url: str
    shop: ShopClient

    @property
    def address(self) -> tuple[str, int]:
        host, port = self.url.removeprefix("http://").rsplit(":", 1)
        return host, int(port)

    async def weight(self) -> Weight:
        self.process.send_signal(signal.SIGUSR1)
        assert self.process.stdout is not None
        tasks = int(await asyncio.to_thread(self.process.stdout.readline))
        seen = psutil.Process(self.process.pid)
        clients = [each for each in seen.net_connections("tcp") if each.status == psutil.CONN_ESTABLISHED]
        return Weight(int(seen.memory_info().rss), tasks, await self._busy(), len(clients))

    async def _busy(self) -> int:
        async with connected(self.admin_url) as admin:
            count: int = await admin.fetchval(
                "select count(*) from pg_stat_activity where application_name = 'custom-data'"
                " and datname = current_database() and state <> 'idle'"
            )
        return count


_NO_KEEPING = httpx.Limits(max_keepalive_connections=0)  # idle connections would weigh


@asynccontextmanager
async def served(
    admin_url: str, through: Callable[[str], str] | None = None, **settings: object
) -> AsyncIterator[Served]:
    """`admin_url` names the server; the database on it is new. `through` gives the URL by which the worker reaches
    it."""
    async with scratch_database(admin_url) as url:
        await migrate(url)
        gateway_url = as_login(url, GATEWAY_ROLE)
        with _worker(DATABASE_URL=through(gateway_url) if through else gateway_url, **settings) as (process, address):
            database = await Database.connect(gateway_url, size=2)
            async with httpx.AsyncClient(base_url=address, timeout=PATIENCE, limits=_NO_KEEPING) as http:
                shop = await new_shop(database, http, url)
                await database.close()
                await new_vet_shop(shop)
                yield Served(process, address, url, shop)


@contextmanager
def _worker(**settings: object) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.limits.observed"],
        env=environment(**settings), stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        yield process, process.stdout.readline().strip()
    finally:
        process.terminate()
        process.communicate(timeout=PATIENCE)
