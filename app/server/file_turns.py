"""Which shops have a file on its way in or out: a worker takes one at a time of each."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from app.server.refusals import Refused


class FileTurns:
    """Files last as long as their clients take to send or read them: they take none of the shop's other turns, and no
    time is set for them."""

    def __init__(self) -> None:
        self._busy: set[int] = set()

    @asynccontextmanager
    async def turn(self, shop_id: int) -> AsyncIterator[None]:
        """The block of one file. Raises Refused with SHOP_BUSY while there is another."""
        if shop_id in self._busy:
            raise Refused(
                "SHOP_BUSY", "A file of this shop is on its way in or out. Wait for it.", {"retry-after": "5"}
            )
        self._busy.add(shop_id)
        try:
            yield
        finally:
            self._busy.discard(shop_id)
