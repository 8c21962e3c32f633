"""A gateway on an embedded database of its own, and a supervisor that starts it again when it has ended."""

import asyncio
import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from tests.processes import PATIENCE, environment, postmaster, workers

WORKERS = 2
_PAUSE_SECONDS = 0.1  # before it is started again; a port may still be held
_SETTINGS = {"CUSTOM_DATA_RATE_SIZE": 10**9, "CUSTOM_DATA_RATE_REFILL": 10**9}


class Supervised:
    """`custom-data serve`, always at the same address."""

    def __init__(self, home: Path, log: Path, **settings: object) -> None:
        self.home = home
        self._settings = {"CUSTOM_DATA_HOME": home, **_SETTINGS, **settings}
        self._log = log
        self._process: asyncio.subprocess.Process | None = None
        self._port = 0
        self._supervisor: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    @property
    def admin_url(self) -> str:
        """Of the embedded database; its sockets are where they were when it is started again."""
        sockets = (self.home / "lock").read_text()
        return f"postgresql://postgres@/custom_data?host={sockets}&port=5432"

    @property
    def said(self) -> str:
        """All that was said on standard error."""
        return self._log.read_text()

    @property
    def database(self) -> int:
        """The process of the database."""
        pid = postmaster(self.home)
        assert pid is not None
        return pid

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def workers(self) -> list[int]:
        """The processes that answer."""
        return workers(self.pid)

    async def start(self) -> None:
        await self._launch()
        self._supervisor = asyncio.create_task(self._supervise())

    async def stop(self) -> int:
        """The exit code after a SIGTERM."""
        assert self._supervisor is not None
        assert self._process is not None
        self._supervisor.cancel()
        with suppress(asyncio.CancelledError):
            await self._supervisor
        with suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGTERM)
        return await asyncio.wait_for(self._process.wait(), PATIENCE)

    async def _launch(self) -> None:
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "app.cli", "serve", "--port", str(self._port), "--workers", str(WORKERS),
                env=environment(**self._settings), stdout=subprocess.PIPE, stderr=log,
            )  # fmt: skip
        assert self._process.stdout is not None
        said = (await self._process.stdout.readline()).decode()
        if found := re.search(r":(\d+)", said):
            self._port = int(found[1])

    async def _supervise(self) -> None:
        while True:
            assert self._process is not None
            await self._process.wait()
            await asyncio.sleep(_PAUSE_SECONDS)
            await self._launch()


@asynccontextmanager
async def supervised(below: Path | None = None, **settings: object) -> AsyncIterator[Supervised]:
    """On a new home, below a folder of its own or the given one."""
    with tempfile.TemporaryDirectory(prefix="custom-data-faults-") as folder:
        gateway = Supervised((below or Path(folder)) / "home", Path(folder) / "gateway.log", **settings)
        await gateway.start()
        try:
            yield gateway
        finally:
            await gateway.stop()


def kill(*pids: int) -> None:
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
