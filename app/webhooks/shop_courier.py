"""The courier of one shop: judges its change log, and sends its deliveries."""

import asyncio
import logging
import random
import time
from collections import Counter, defaultdict, deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from app.domain.webhooks import Delivery, event_id
from app.operations.fire_triggers import fire
from app.store import deliveries, triggers, webhook_secrets
from app.store.database import Database
from app.store.failures import StoreFailure
from app.store.triggers import State
from app.telemetry import metrics
from app.webhooks.bounds import WebhookBounds
from app.webhooks.places import Places, Standing
from app.webhooks.sending import Attempt, Sender
from app.webhooks.settling import Settler

_log = logging.getLogger(__name__)
_PAGES = 10  # of changes judged in one round, so that sending goes on meanwhile
_SOONEST = 0.5  # between two looks at what cannot be sent yet
_RECORDS = 4  # claimed for each place: those behind the first are sent when it is free again
_BEHIND = 16  # claimed behind a record's first delivery


@dataclass(frozen=True, slots=True)
class _Batch:
    """What was claimed for one trigger: records' deliveries in order. Sending must begin before `until` (of the
    monotonic clock), so that it ends while the claim lasts."""

    trigger_id: int
    standing: Standing  # for which it has its places
    url: str
    secrets: Sequence[str]
    until: float
    chains: deque[list[Delivery]]


class ShopCourier:
    """Several may work for one shop, in several processes: the tables keep them apart."""

    def __init__(self, database: Database, shop_id: int, sender: Sender, bounds: WebhookBounds, places: Places) -> None:
        self._database = database
        self._shop_id = shop_id
        self._sender = sender
        self._bounds = bounds
        self._places = places
        self._sending: Counter[int] = Counter()  # by trigger
        self._standings: defaultdict[int, Standing] = defaultdict(lambda: Standing.NEW)  # by trigger
        self._tasks: set[asyncio.Task[None]] = set()
        self._ending = False
        self._woken = asyncio.Event()
        self._settler = Settler(database, shop_id, bounds, lambda: self._woken.set())
        self.lag = 0.0  # seconds that the delivery due the longest has waited

    async def run(self) -> None:
        """Without end. What the database cannot do now is done later."""
        with self._database.wakes.watch(self._shop_id) as woken:
            self._woken = woken
            while True:
                woken.clear()
                try:
                    wait = await self._round()
                except StoreFailure as failure:
                    _log.warning("Webhooks of shop %d wait: %s", self._shop_id, failure)
                    wait = self._bounds.look
                with suppress(TimeoutError):
                    async with asyncio.timeout(wait):
                        await woken.wait()

    async def finish(self, seconds: float) -> None:
        """Waits so long for what is being sent, then leaves it to whoever comes after. What waits for a place is let go
        at once."""
        self._ending = True
        if self._tasks:
            _, left = await asyncio.wait(self._tasks, timeout=seconds)
            for task in left:
                task.cancel()
            await asyncio.gather(*left, return_exceptions=True)
        await self._settler.finish(seconds)

    async def _round(self) -> float:
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
        if not await self._claim(due):
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

    async def _claim(self, due: Sequence[State]) -> bool:
        """Begins to send; whether there was anything."""
        taken = self._take([each.id for each in due])
        self._places.looked(self._shop_id)
        if not taken:
            return False
        try:
            until = time.monotonic() + self._bounds.lease - self._bounds.timeout
            async with self._database.writing(self._shop_id, untold=True) as session:
                rooms = {id_: self._room(standing, places) for id_, (standing, places) in taken.items()}
                claimed = await deliveries.claim(session, rooms, self._bounds.lease)
                secrets = await webhook_secrets.valid(session) if claimed else []
            if not claimed:
                self._places.leave(self._shop_id)  # it looks again soon
            batches: dict[int, deque[list[Delivery]]] = defaultdict(deque)
            for chain in claimed:
                batches[chain[0].trigger_id].append(chain)
            urls = {each.id: each.url for each in due}
            for id_, chains in batches.items():
                standing, places = taken[id_]
                needed = min(places, len(chains))
                taken[id_] = standing, places - needed
                for _ in range(needed):
                    self._begin(_Batch(id_, standing, urls[id_], secrets, until, chains))
        finally:
            for standing, places in taken.values():
                if places:
                    self._places.give_back(self._shop_id, standing, places, unused=True)
        return bool(claimed)

    def _take(self, trigger_ids: Sequence[int]) -> dict[int, tuple[Standing, int]]:
        """Places for each trigger, as far as there are any: one where its endpoint is new, fails, or is slow. Waits for
        more where some are missing."""
        taken: dict[int, tuple[Standing, int]] = {}
        for id_ in trigger_ids:
            standing = self._standings[id_]
            width = self._bounds.per_trigger if standing is Standing.QUICK else 1
            wanted = width - self._sending[id_]
            if wanted <= 0:
                continue
            places = min(wanted, self._places.free(self._shop_id, standing))
            if places < wanted:
                self._places.wait(self._shop_id, standing, self._woken)
            if places > 0:
                self._places.take(self._shop_id, standing, places)
                taken[id_] = standing, places
        return taken

    def _room(self, standing: Standing, places: int) -> deliveries.Room:
        """One thing at a time is claimed for an endpoint that fails, or is slow."""
        slow = standing is Standing.SLOW
        return deliveries.Room(1) if slow else deliveries.Room(places * _RECORDS, _BEHIND)

    def _begin(self, batch: _Batch) -> None:
        """At a place that was taken for it."""
        self._sending[batch.trigger_id] += 1
        task = asyncio.create_task(self._send(batch))

        def ended(_: asyncio.Task[None]) -> None:
            self._sending[batch.trigger_id] -= 1
            self._tasks.discard(task)
            self._places.give_back(self._shop_id, batch.standing)
            self._woken.set()

        self._tasks.add(task)
        task.add_done_callback(ended)

    async def _send(self, batch: _Batch) -> None:
        """At one place: one record's deliveries after the other. What cannot be sent in time, or soon, is let go."""
        while batch.chains:
            chain = batch.chains.popleft()
            sent = 0
            while sent < len(chain) and self._in_time(batch):
                sent += 1
                if not await self._deliver(chain[sent - 1], batch):
                    break
            for delivery in chain[sent:]:
                self._settler.let_go(delivery)
            if self._standings[batch.trigger_id] is Standing.SLOW or not self._in_time(batch):
                while batch.chains:
                    for delivery in batch.chains.popleft():
                        self._settler.let_go(delivery)

    def _in_time(self, batch: _Batch) -> bool:
        return time.monotonic() < batch.until and not self._ending

    async def _deliver(self, delivery: Delivery, batch: _Batch) -> bool:
        """Whether it arrived."""
        event = event_id(self._shop_id, delivery.trigger_id, delivery.sequence)
        began = time.monotonic()
        try:
            attempt = await self._sender.send(batch.url, event, delivery.body.encode(), batch.secrets)
        except Exception:  # a mistake of ours is an attempt like any other, or it would be made for ever
            _log.exception("Delivery %d of shop %d failed.", delivery.id, self._shop_id)
            attempt = Attempt(None, "The attempt failed inside the gateway.")
        seconds = time.monotonic() - began
        dead = attempt.error is not None and delivery.attempts + 1 >= self._bounds.attempts
        metrics.attempted("DEAD" if dead else "FAILED" if attempt.error else "DELIVERED", seconds)
        quick = attempt.error is None and seconds < self._bounds.slow
        standing, self._standings[delivery.trigger_id] = (
            self._standings[delivery.trigger_id], Standing.QUICK if quick else Standing.SLOW
        )  # fmt: skip
        if quick and standing is not Standing.QUICK:
            self._woken.set()  # it may have more places
        self._settler.attempted(delivery, attempt)
        return attempt.error is None
