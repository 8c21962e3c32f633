"""The PostgreSQL of a test run: an embedded one of its own, or the one that TEST_DATABASE_ADMIN_URL names."""

import asyncio
import os
import shutil
import tempfile
from pathlib import Path

import asyncpg

from app.store.embedded import EmbeddedServer
from app.store.migrate import migrate

FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_connections": "200"}

_running: list[tuple[EmbeddedServer, Path]] = []


def start() -> None:
    """Starts and migrates the server, and names it in the environment, which the workers inherit."""
    if "TEST_DATABASE_ADMIN_URL" not in os.environ:
        home = Path(tempfile.mkdtemp(prefix="custom-data-tests-"))
        server = EmbeddedServer(home, settings=FAST)
        urls = server.start()
        _running.append((server, home))
        os.environ["TEST_DATABASE_ADMIN_URL"], os.environ["TEST_DATABASE_URL"] = urls.admin, urls.gateway
    ready(os.environ["TEST_DATABASE_ADMIN_URL"])


def ready(url: str) -> None:
    """Brings a database into shape."""
    asyncio.run(_ready(url))


async def _ready(url: str) -> None:
    """Migrated, and with ids that tell whose they are: a mix-up of kinds finds nothing, and no id is part of another
    number."""
    await migrate(url)
    admin = await asyncpg.connect(url)
    try:
        for number, table in enumerate(("contacts", "definitions", "records", "api_keys"), 1):
            await admin.execute(
                f"select setval('{table}_id_seq', greatest((select last_value from {table}_id_seq), {number}700001))"
            )
    finally:
        await admin.close()


def stop() -> None:
    """Stops and removes the server, if this run started it."""
    for server, home in _running:
        server.stop()
        shutil.rmtree(home, ignore_errors=True)
    _running.clear()
