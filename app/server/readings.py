"""What takes long to read of a request, read beside the loop: a large body, and a document that is new.

Parsing and validating 5,000 tokens takes a third of a second, decoding two megabytes a sixth; on the loop, everybody
else would wait for it. One thread does it. What is small is read at once, but in its shop's line too: of many that come
together, one is read each time the loop comes around, and other shops' turns are in between.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TypeVar

from app.server.bounds import Bounds
from app.server.turns import Turns

T = TypeVar("T")

LARGE_DOCUMENT = 1_000  # characters; takes 5 ms to read
LARGE_BODY = 64 * 1024  # characters or bytes; takes as long


class Readings:
    """Of one worker. One shop's wait for each other, for half as long as an operation may take."""

    def __init__(self, bounds: Bounds) -> None:
        self._turns = Turns(replace(bounds, in_flight=1, wait=bounds.request / 2))
        self._thread = ThreadPoolExecutor(1, "reading")

    async def document(self, shop_id: int, characters: int, read: Callable[[], T]) -> T:
        """What `read` makes of a new document of that length. Raises Refused with SHOP_BUSY where too many wait."""
        async with self._turns.turn(shop_id):
            if characters > LARGE_DOCUMENT:
                return await self._read(read)
            done = read()
            await asyncio.sleep(0)  # others have their turn before the next of this shop
            return done

    async def body(self, shop_id: int, size: int, read: Callable[[], T]) -> T:
        """What `read` makes of a body of that size. Raises Refused with SHOP_BUSY where too many wait."""
        if size <= LARGE_BODY:
            return read()
        async with self._turns.turn(shop_id):
            return await self._read(read)

    async def message(self, size: int, read: Callable[[], T]) -> T:
        """The same for a socket's message, whose shop need not be known yet: a socket has one at a time."""
        return await self._read(read) if size > LARGE_BODY else read()

    async def _read(self, read: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, read)
