"""Asks, as a load balancer does, whether the gateway lives and is ready."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import httpx

from tests.processes import PATIENCE

_PAUSE_SECONDS = 0.02
_NO_KEEPING = httpx.Limits(max_keepalive_connections=0)  # each on a connection of its own, as new clients come


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
    """For as long as the block runs."""
    probes = Probes()
    async with httpx.AsyncClient(base_url=url, timeout=PATIENCE, limits=_NO_KEEPING) as http:

        async def status(path: str) -> int:
            try:
                return (await http.get(path)).status_code
            except httpx.TransportError:
                return 0

        async def live() -> None:
            while True:
                probes.live[await status("/healthz")] += 1
                await asyncio.sleep(_PAUSE_SECONDS)

        async def ready() -> None:
            while True:
                probes.readiness[found := await status("/readyz")] += 1
                probes.ready = found == 200
                await asyncio.sleep(_PAUSE_SECONDS)

        tasks = [asyncio.create_task(live()), asyncio.create_task(ready())]
        try:
            yield probes
        finally:
            for task in tasks:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
