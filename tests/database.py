"""The PostgreSQL of a test run: an embedded one of its own, or the one that TEST_DATABASE_ADMIN_URL names."""

import asyncio
import os
import shutil
import tempfile
from pathlib import Path

from app.store.embedded import EmbeddedServer
from app.store.migrate import migrate

_FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_connections": "200"}

_running: list[tuple[EmbeddedServer, Path]] = []


def start() -> None:
    """Starts and migrates the server, and names it in the environment, which the workers inherit."""
    if "TEST_DATABASE_ADMIN_URL" not in os.environ:
        home = Path(tempfile.mkdtemp(prefix="custom-data-tests-"))
        server = EmbeddedServer(home, settings=_FAST)
        urls = server.start()
        _running.append((server, home))
        os.environ["TEST_DATABASE_ADMIN_URL"], os.environ["TEST_DATABASE_URL"] = urls.admin, urls.gateway
    asyncio.run(migrate(os.environ["TEST_DATABASE_ADMIN_URL"]))


def stop() -> None:
    """Stops and removes the server, if this run started it."""
    for server, home in _running:
        server.stop()
        shutil.rmtree(home, ignore_errors=True)
    _running.clear()
