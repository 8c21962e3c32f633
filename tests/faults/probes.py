"""Asks, as a load balancer does, whether the gateway lives and is ready."""

import asyncio
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx

from tests.processes import CHECKOUT, PATIENCE

_PAUSE_SECONDS = 0.02


@dataclass
class Probes:
    """Statuses of both addresses; 0 where the connection was refused or cut."""

    live: Counter[int] = field(default_factory=Counter)
    readiness: Counter[int] = field(default_factory=Counter)
    ready: bool = False  # by the last answer

    async def until_ready(self) -> None:
        deadline = time.monotonic() + PATIENCE
        while not self.ready:
            assert time.monotonic() < deadline, self.readiness
            await asyncio.sleep(_PAUSE_SECONDS)

    @property
    def healthy(self) -> str:
        """How often it said so, and how often it did not answer."""
        return f"{self.live[200]} of {self.live.total()}"

    @property
    def unready(self) -> str:
        return f"{self.readiness[503]} of {self.readiness.total()}"


@asynccontextmanager
async def probing(url: str) -> AsyncIterator[Probes]:
    """For as long as the block runs, from a process of its own: clients in this one would hold it up."""
    probes = Probes()
    asking = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.faults.probes", url, cwd=CHECKOUT, stdout=asyncio.subprocess.PIPE
    )

    async def read() -> None:
        assert asking.stdout is not None
        async for line in asking.stdout:
            live, ready = map(int, line.split())
            probes.live[live] += 1
            probes.readiness[ready] += 1
            probes.ready = ready == 200

    reading = asyncio.create_task(read())
    try:
        yield probes
    finally:
        asking.kill()
        await asking.wait()
        await reading


def _status(url: str) -> int:
    """Each on a connection of its own, as new clients come."""
    try:
        return httpx.get(url, timeout=PATIENCE).status_code
    except httpx.TransportError:
        return 0


def main(url: str) -> None:
    """Prints the statuses of both addresses, again and again."""
    while True:
        print(_status(f"{url}/healthz"), _status(f"{url}/readyz"), flush=True)
        time.sleep(_PAUSE_SECONDS)


if __name__ == "__main__":
    main(sys.argv[1])
