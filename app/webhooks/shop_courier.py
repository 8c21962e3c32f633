"""The courier of one shop: judges its change log, and sends its deliveries."""

import asyncio
import logging
import random
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress

from app.domain.webhooks import Delivery, event_id, pause
from app.operations.fire_triggers import fire
from app.store import deliveries, triggers, webhook_secrets
from app.store.database import Database
from app.store.failures import StoreFailure
from app.store.triggers import State
from app.telemetry import metrics
from app.webhooks.bounds import WebhookBounds
from app.webhooks.sending import Attempt, Sender

_log = logging.getLogger(__name__)
_PAGES = 10  # of changes judged in one round, so that sending goes on meanwhile
_SOONEST = 0.5  # between two looks at what cannot be sent yet
_SETTLING = (0.1, 0.5, 2.0)  # seconds between attempts to write down what came of a delivery


class Places:
    """How many deliveries may be sent at once in this process."""

    def __init__(self, free: int) -> None:
        self.free = free


class ShopCourier:
    """Several may work for one shop, in several processes: the tables keep them apart."""

    def __init__(self, database: Database, shop_id: int, sender: Sender, bounds: WebhookBounds, places: Places) -> None:
        self._database = database
        self._shop_id = shop_id
        self._sender = sender
        self._bounds = bounds
        self._places = places
        self._sending: Counter[int] = Counter()  # by trigger
        self._slow: set[int] = set()  # triggers whose last attempt failed, or took long
        self._tasks: set[asyncio.Task[None]] = set()
        self.lag = 0.0  # seconds that the delivery due the longest has waited

    async def run(self) -> None:
        """Without end. What the database cannot do now is done later."""
        with self._database.wakes.watch(self._shop_id) as woken:
            while True:
                woken.clear()
                try:
                    wait = await self._round(woken)
                except StoreFailure as failure:
                    _log.warning("Webhooks of shop %d wait: %s", self._shop_id, failure)
                    wait = self._bounds.look
                with suppress(TimeoutError):
                    async with asyncio.timeout(wait):
                        await woken.wait()

    async def finish(self, seconds: float) -> None:
        """Waits so long for what is being sent, then leaves it to whoever comes after."""
        if self._tasks:
            _, left = await asyncio.wait(self._tasks, timeout=seconds)
            for task in left:
                task.cancel()
            await asyncio.gather(*left, return_exceptions=True)

    async def _round(self, woken: asyncio.Event) -> float:
        """Judges, sends what may be sent, and gives the seconds until there may be more to do."""
        async with self._database.reading(self._shop_id) as session:
            states = await triggers.states(session)
        self.lag = max((-each.due for each in states if each.due is not None and each.due < 0), default=0.0)
        behind = [each for each in states if each.behind]
        waits = [self._bounds.look]
        for state in behind:
            waits.append(0.0 if await self._judge(state.id) else self._bounds.look)
        judged = {each.id for each in behind}
        due = [each for each in states if each.id in judged or (each.due is not None and each.due <= 0)]
        random.shuffle(due)  # none is always served first
        if not await self._claim(due, woken):
            waits += [max(each.due, _SOONEST) for each in states if each.due is not None]
        return min(waits)

    async def _judge(self, trigger_id: int) -> bool:
        """Whether changes are left. A trigger that cannot be judged now holds up no other."""
        try:
            for _ in range(_PAGES):
                if not await fire(self._database, self._shop_id, trigger_id):
                    return False
        except StoreFailure as failure:
            _log.warning("Trigger %d of shop %d waits: %s", trigger_id, self._shop_id, failure)
            return False
        return True

    async def _claim(self, due: Sequence[State], woken: asyncio.Event) -> bool:
        """Begins to send; whether there was anything."""
        places = self._free_places([each.id for each in due])
        if not places:
            return False
        self._places.free -= (taken := sum(places.values()))
        claimed: list[Delivery] = []
        try:
            async with self._database.writing(self._shop_id) as session:
                claimed = await deliveries.claim(session, places, self._bounds.lease)
                secrets = await webhook_secrets.valid(session) if claimed else []
        finally:
            self._places.free += taken
        urls = {each.id: each.url for each in due}
        for delivery in claimed:
            self._begin(delivery, urls[delivery.trigger_id], secrets, woken)
        return bool(claimed)

    def _free_places(self, trigger_ids: Sequence[int]) -> dict[int, int]:
        """An endpoint that fails, or is slow, is asked one thing at a time, so that it takes no places of others."""
        found: dict[int, int] = {}
        left = self._places.free
        for id_ in trigger_ids:
            width = 1 if id_ in self._slow else self._bounds.per_trigger
            free = min(width - self._sending[id_], left)
            if free > 0:
                found[id_] = free
                left -= free
        return found

    def _begin(self, delivery: Delivery, url: str, secrets: Sequence[str], woken: asyncio.Event) -> None:
        self._places.free -= 1
        self._sending[delivery.trigger_id] += 1
        task = asyncio.create_task(self._deliver(delivery, url, secrets))

        def ended(_: asyncio.Task[None]) -> None:
            self._places.free += 1
            self._sending[delivery.trigger_id] -= 1
            self._tasks.discard(task)
            woken.set()

        self._tasks.add(task)
        task.add_done_callback(ended)

    async def _deliver(self, delivery: Delivery, url: str, secrets: Sequence[str]) -> None:
        event = event_id(self._shop_id, delivery.trigger_id, delivery.sequence)
        began = time.monotonic()
        try:
            attempt = await self._sender.send(url, event, delivery.body.encode(), secrets)
        except Exception:  # a mistake of ours is an attempt like any other, or it would be made for ever
            _log.exception("Delivery %d of shop %d failed.", delivery.id, self._shop_id)
            attempt = Attempt(None, "The attempt failed inside the gateway.")
        seconds = time.monotonic() - began
        dead = attempt.error is not None and delivery.attempts + 1 >= self._bounds.attempts
        metrics.attempted("DEAD" if dead else "FAILED" if attempt.error else "DELIVERED", seconds)
        if attempt.error is None and seconds < self._bounds.slow:
            self._slow.discard(delivery.trigger_id)
        else:
            self._slow.add(delivery.trigger_id)
        for wait in (*_SETTLING, None):
            try:
                await self._settle(delivery, attempt)
            except StoreFailure as failure:
                if wait is None:  # it will be sent again when the claim has ended
                    _log.warning("Delivery %d of shop %d is not settled: %s", delivery.id, self._shop_id, failure)
                    return
                await asyncio.sleep(wait)
            else:
                return

    async def _settle(self, delivery: Delivery, attempt: Attempt) -> None:
        async with self._database.writing(self._shop_id) as session:
            if attempt.error is None:
                await deliveries.delivered(session, delivery, attempt.answered or 0)
                return
            attempts = delivery.attempts + 1
            seconds = pause(attempts, self._bounds.first_pause, random.random())
            dead = attempts >= self._bounds.attempts
            await deliveries.failed(session, delivery, attempt.answered, attempt.error, seconds, dead=dead)
