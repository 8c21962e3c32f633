"""A courier for each shop that has triggers, in one process."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from app.domain.limits import CHANGE_DAYS
from app.store.database import Database
from app.store.failures import StoreFailure
from app.telemetry import metrics
from app.webhooks.bounds import WebhookBounds
from app.webhooks.places import Places
from app.webhooks.sending import Sender
from app.webhooks.shop_courier import ShopCourier

_log = logging.getLogger(__name__)
_LOOK_SECONDS = 2.0  # for shops with a first trigger
_GRACE_SECONDS = 3.0  # for what is being sent when the process ends
POOL_SIZE = 4  # connections of their own, so that requests need not wait for couriers


class Couriers:
    """Any number of processes may have some: what one claims no other sends."""

    def __init__(self, database: Database, bounds: WebhookBounds) -> None:
        self._database = database
        self._bounds = bounds
        self._sender = Sender(bounds)
        self._places = Places(bounds.at_once)
        self._shops: dict[int, tuple[ShopCourier, asyncio.Task[None]]] = {}

    async def run(self) -> None:
        """Without end. A courier that fails is told of, and replaced."""
        while True:
            try:
                shop_ids = await self._database.automated_shops()
            except StoreFailure as failure:
                _log.warning("Webhooks wait: %s", failure)
            except Exception:  # a mistake of ours must not end them for as long as the process lives
                _log.exception("Webhooks wait.")
            else:
                self._look_after(shop_ids)
                metrics.lagging(max((courier.lag for courier, _ in self._shops.values()), default=0.0))
                metrics.unjudged(max((courier.behind for courier, _ in self._shops.values()), default=0))
            await asyncio.sleep(_LOOK_SECONDS)

    async def close(self) -> None:
        """Begins nothing any more, and waits a little for what is being sent."""
        tasks = [task for _, task in self._shops.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.gather(*(courier.finish(_GRACE_SECONDS) for courier, _ in self._shops.values()))
        await self._sender.close()

    def _look_after(self, shop_ids: list[int]) -> None:
        for shop_id in shop_ids:
            known = self._shops.get(shop_id)
            if known is not None and not known[1].done():
                continue
            if known is not None:
                _log.error("The courier of shop %d failed; another takes over.", shop_id, exc_info=known[1].exception())
            courier = ShopCourier(self._database, shop_id, self._sender, self._bounds, self._places)
            self._shops[shop_id] = courier, asyncio.create_task(courier.run())


@asynccontextmanager
async def couriers(
    url: str, bounds: WebhookBounds, *, statement_timeout_ms: int = 5000, direct_url: str | None = None,
    change_days: int = CHANGE_DAYS,
) -> AsyncIterator[None]:  # fmt: skip
    """Couriers at work for as long as the block runs."""
    database = await Database.connect_in_time(
        url, size=POOL_SIZE, statement_timeout_ms=statement_timeout_ms, direct_url=direct_url, change_days=change_days
    )
    at_work = Couriers(database, bounds)
    running = asyncio.create_task(at_work.run())
    try:
        yield
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
        await at_work.close()
        await database.close()
