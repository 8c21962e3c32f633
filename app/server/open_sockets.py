"""The WebSockets that this process holds open, so that they can be told when it stops."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

_GOING_AWAY = 1001  # RFC 6455: "a server going down"


class _Closable(Protocol):
    async def close(self, code: int, reason: str) -> None: ...


_open: set[_Closable] = set()


@contextmanager
def listed(socket: _Closable) -> Iterator[None]:
    """For as long as the block runs, the socket counts as open."""
    _open.add(socket)
    try:
        yield
    finally:
        _open.discard(socket)


async def close_all() -> None:
    """Tells every client that this server stops; theirs then connect elsewhere."""
    await asyncio.gather(*(each.close(_GOING_AWAY, "The server is stopping") for each in list(_open)))
