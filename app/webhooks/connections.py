"""Connections of one process to endpoints, a few for each: httpcore looks at all of a pool's whenever it needs one, so
that a pool for all endpoints would take longer the more of them there are."""

import time
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpcore

from app.webhooks.addresses import Guarded

_KEPT_SECONDS = 5.0  # unused


@dataclass(slots=True)
class _Pool:
    """An endpoint's. `uses` are under way; `since` when the last one ended."""

    connections: httpcore.AsyncConnectionPool
    uses: int = 0
    since: float = 0.0


class Connections:
    """Kept a while for each endpoint when they are not used any more."""

    def __init__(self, *, most: int, private: bool) -> None:
        self._pools: dict[str, _Pool] = {}
        self._unused: OrderedDict[str, _Pool] = OrderedDict()  # the longest first
        self._how: dict[str, Any] = {
            "max_connections": most, "max_keepalive_connections": most, "keepalive_expiry": _KEPT_SECONDS,
            "network_backend": Guarded(private=private), "ssl_context": httpcore.default_ssl_context(),
        }  # fmt: skip

    @asynccontextmanager
    async def to(self, url: str) -> AsyncIterator[httpcore.AsyncConnectionPool]:
        """Those to that endpoint, for one request."""
        if (pool := self._pools.get(url)) is None:
            pool = self._pools[url] = _Pool(httpcore.AsyncConnectionPool(**self._how))
        self._unused.pop(url, None)
        pool.uses += 1
        try:
            yield pool.connections
        finally:
            pool.uses -= 1
            if pool.uses == 0:
                pool.since = time.monotonic()
                self._unused[url] = pool
        await self._end_unused()

    async def close(self) -> None:
        pools, self._pools = self._pools, {}
        self._unused.clear()
        for pool in pools.values():
            await pool.connections.aclose()

    async def _end_unused(self) -> None:
        until = time.monotonic() - _KEPT_SECONDS
        while self._unused and next(iter(self._unused.values())).since < until:
            url, pool = self._unused.popitem(last=False)
            self._pools.pop(url, None)
            await pool.connections.aclose()
