"""The change log as it grows: read once for all who follow a shop in this process."""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime

from app.domain.changes import Kind, Logged
from app.store import changes
from app.store.failures import StoreFailure
from app.store.paging import Page
from app.store.session import Session
from app.store.wakes import Wakes, wait
from app.telemetry import metrics

_log = logging.getLogger(__name__)

_PAGE = 200
_RECENT = 1_000  # changes of a shop that are kept for those who are a little behind
_PAUSE_SECONDS = 1.0  # after the database failed

Reading = Callable[[int], AbstractAsyncContextManager[Session]]


class Forgotten(Exception):
    """The log no longer has what is asked for. The text says since when it has."""


class NotReached(Exception):
    """The log has not come so far: it may have been restored from a backup."""

    def __init__(self, after: int, last: int) -> None:
        super().__init__(
            f"The change log ends at {last}: it has no change {after}. It may have been restored from a backup. Read "
            f"the records anew, then go on without after, or behind {last}."
        )
        self.last = last


class Feeds:
    """The feeds of one process, each there while somebody follows its shop."""

    def __init__(self, reading: Reading, wakes: Wakes) -> None:
        self._reading = reading
        self._wakes = wakes
        self._feeds: dict[int, _Feed] = {}

    async def start(self, shop_id: int, after: int | None) -> int:
        """The sequence behind which to follow: the one asked for, or the latest. Raises Forgotten where changes behind
        it are gone already, NotReached where the log ends before it."""
        async with self._reading(shop_id) as session:
            first, last = await changes.ends(session)
        if after is None:
            return last
        if after + 1 < first:
            raise Forgotten(f"Changes before {first} are no longer kept. Read the records anew, then go on from there.")
        if after > last:
            raise NotReached(after, last)
        return after

    async def follow(self, shop_id: int, after: int) -> AsyncGenerator[list[Logged], None]:
        """All changes of the shop behind that sequence, in order, without end. Nothing is buffered for whoever is slow:
        what is not taken stays in the log."""
        feed = self._feeds.get(shop_id) or _Feed(shop_id, self._reading, self._wakes)
        self._feeds[shop_id] = feed
        follower = feed.join(after)
        try:
            while True:
                found = await feed.behind(after)
                yield found
                after = found[-1].sequence
                feed.took(follower, after)
        finally:
            if feed.leave(follower):
                self._feeds.pop(shop_id, None)

    @property
    def behind(self) -> int:
        """How many changes that were read for it the slowest follower has not taken."""
        return max((feed.untaken for feed in self._feeds.values()), default=0)


class _Feed:
    """One shop's. A task reads what is new; followers take it from here, and what is older from the log."""

    def __init__(self, shop_id: int, reading: Reading, wakes: Wakes) -> None:
        self._shop_id = shop_id
        self._reading = reading
        self._wakes = wakes
        self._recent: deque[Logged] = deque(maxlen=_RECENT)
        self._grown = asyncio.Event()  # replaced each time
        self._followers: dict[object, int] = {}  # up to where each has taken
        self._reader: asyncio.Task[None] | None = None
        self._read: int | None = None  # up to which sequence; None before the first look

    def join(self, after: int) -> object:
        """A new follower, from behind that sequence."""
        follower = object()
        self._followers[follower] = after
        if self._reader is None:
            self._reader = asyncio.create_task(self._run())
        return follower

    def took(self, follower: object, sequence: int) -> None:
        """It has taken all up to there."""
        self._followers[follower] = sequence

    def leave(self, follower: object) -> bool:
        """Whether nobody follows any more."""
        del self._followers[follower]
        if not self._followers and self._reader is not None:
            self._reader.cancel()
        return not self._followers

    @property
    def untaken(self) -> int:
        return max(0, (self._read or 0) - min(self._followers.values(), default=self._read or 0))

    async def behind(self, sequence: int) -> list[Logged]:
        """What comes next, at least one change; waits for it. What the log has forgotten meanwhile is left out."""
        while True:
            grown = self._grown
            if self._read is None or sequence >= self._read:
                await grown.wait()
            elif self._recent and sequence + 1 >= self._recent[0].sequence:
                start = sequence + 1 - self._recent[0].sequence
                return [self._recent[n] for n in range(start, min(start + _PAGE, len(self._recent)))]
            elif found := await self._page(sequence):
                return found
            else:
                sequence = self._read

    async def _page(self, after: int) -> list[Logged]:
        async with self._reading(self._shop_id) as session:
            return await changes.page(session, Page(_PAGE, after=after))

    async def _run(self) -> None:
        """Reads on for as long as somebody follows. What the database cannot give now it gives later."""
        with self._wakes.watch(self._shop_id) as woken:
            while True:
                woken.clear()
                try:
                    await self._read_on()
                    await wait(woken)
                except StoreFailure:
                    await asyncio.sleep(_PAUSE_SECONDS)
                except Exception:  # a mistake of ours must not leave followers waiting for nobody
                    _log.exception("The change log of shop %d could not be read; it is tried again.", self._shop_id)
                    await asyncio.sleep(_PAUSE_SECONDS)

    async def _read_on(self) -> None:
        if self._read is None:
            async with self._reading(self._shop_id) as session:
                self._read = (await changes.ends(session))[1]
            self._tell()
        while found := await self._page(self._read):
            if any(each.change.kind is Kind.CONTACT_ERASED for each in found):
                self._recent.clear()  # what was told of the person: the log has it without that by now
            self._recent.extend(found)
            self._read = found[-1].sequence
            now = datetime.now(UTC)
            metrics.noticed("subscribers", [(now - each.made_at).total_seconds() for each in found])
            self._tell()

    def _tell(self) -> None:
        self._grown, grown = asyncio.Event(), self._grown
        grown.set()
