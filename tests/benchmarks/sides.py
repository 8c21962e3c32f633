"""The sides of the reading benchmark: one shop, its data in both forms, and the servers that answer from it."""

import os
import platform
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import asyncpg
import psutil

from app.domain.shops import new_key
from app.store.database import Database
from app.store.keys import create_key
from tests.benchmarks import grid, peer
from tests.benchmarks.queries import PAGE_LIFTED, Places, Question
from tests.benchmarks.serving import Server, python, started

GATEWAY, CORE, BY_HAND, PEER = "gateway", "graphql-core", "by hand", "PostGraphile"
_APPLICATION = "app.server.app:create"
_UNLIMITED = {"CUSTOM_DATA_RATE_SIZE": "1000000000", "CUSTOM_DATA_RATE_REFILL": "1000000000"}
# 1,000 rows by graphql-core take longer than requests may wait; a key is looked up beside those under way
_PATIENT = {
    "CUSTOM_DATA_MAX_IN_FLIGHT": "16", "CUSTOM_DATA_POOL_SIZE": "20", "CUSTOM_DATA_REQUEST_TIMEOUT_MS": "60000",
}  # fmt: skip
_PLACES = """
    select (select array[min(id), max(id)] from contacts where shop_id = $1) as contacts,
           (select array_agg(id order by id) from products where shop_id = $1) as products,
           array[min(r.id), max(r.id)] as loyalty,
           pg_backend_pid() as backend, current_setting('server_version') as version
    from records r join definitions d on d.shop_id = r.shop_id and d.id = r.definition_id
    where r.shop_id = $1 and d.key = 'loyalty'"""


@dataclass(frozen=True)
class Bench:
    """Where everything is. `database` is the server's process, None if it runs elsewhere."""

    url: str
    peer_url: str
    shop: int
    key: str
    places: Places
    database: psutil.Process | None

    @property
    def environment(self) -> dict[str, str]:
        """What the gateway and its like are started with."""
        return {"DATABASE_URL": grid.gateway(self.url), "SHOP_ID": str(self.shop), **_UNLIMITED}

    @property
    def headers(self) -> dict[str, str]:
        return {"spm-api-key": self.key}


async def prepare(url: str) -> Bench:
    """The data in both forms, and a key of the shop."""
    shop = await grid.build(url)
    peer_url = await peer.fill(url, shop)
    database = await Database.connect(grid.gateway(url), size=1)
    async with database.writing(shop) as session:
        text, digest, prefix = new_key(shop)
        await create_key(session, "reading benchmark", digest, prefix)
    await database.close()
    admin = await asyncpg.connect(url)
    found = await admin.fetchrow(_PLACES, shop)
    parent = _parent_of(found["backend"])
    await admin.close()
    versions = f"PostgreSQL {found['version']}, Python {platform.python_version()}"
    print(f"{versions}, {os.cpu_count()} processors for all of it", flush=True)
    places = Places(_range(found["loyalty"]), _range(found["contacts"]), found["products"])
    return Bench(url, peer_url, shop, text, places, parent)


def _range(ends: list[int]) -> range:
    return range(ends[0], ends[1] + 1)


def _parent_of(backend: int) -> psutil.Process | None:
    """The database server of that backend, if it runs on this machine."""
    try:
        process = psutil.Process(backend)
        return process.parent() if process.name().startswith("postgres") else None
    except psutil.NoSuchProcess:
        return None


@contextmanager
def gateway(bench: Bench, name: str, lifted: bool, **more: str) -> Iterator[Server]:
    """A gateway of one process."""
    command = python(_APPLICATION, PAGE_LIFTED) if lifted else python(_APPLICATION)
    environment = bench.environment | more
    if lifted:
        environment |= _PATIENT
    with started(name, command, environment, "/readyz", headers=bench.headers) as server:
        yield server


@contextmanager
def all_serving(bench: Bench, peer_server: Server, question: Question) -> Iterator[list[Server]]:
    """The servers that answer the question."""
    with ExitStack() as stack:
        servers = [stack.enter_context(gateway(bench, GATEWAY, question.lifted))]
        core = gateway(bench, CORE, question.lifted, CUSTOM_DATA_EXECUTOR="graphql-core")
        servers.append(stack.enter_context(core))
        if question.by_hand:
            command = python("tests.benchmarks.by_hand:create")
            by_hand = started(BY_HAND, command, bench.environment, "/", path=f"/{question.name}")
            servers.append(stack.enter_context(by_hand))
        yield [*servers, peer_server]
