"""A task's turn at a session."""

import asyncio
from typing import TYPE_CHECKING

from app.store.failures import translation
from app.telemetry import observation

if TYPE_CHECKING:
    from app.store.session import Session


class Asking:
    """A task's turn at a session; the driver's exceptions leave it as ours. Loaders ask in tasks of their own, which
    outlive a cancelled operation unless `close` ends them. A plain class: entered for every statement, it costs a third
    of a generator."""

    __slots__ = ("_asker", "_session")

    def __init__(self, session: "Session") -> None:
        self._asker = asyncio.current_task()
        self._session = session

    async def __aenter__(self) -> None:
        session = self._session
        session._askers.add(self._asker)
        try:
            await session._turn.acquire()
        except BaseException:
            session._askers.discard(self._asker)
            raise

    async def __aexit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        session = self._session
        running, session._running = session._running, None
        if running is not None:
            observation.asked(*running)
        try:
            if error is not None:
                await session._failed(error)
        finally:
            session._turn.release()
            session._askers.discard(self._asker)
        if error is not None and (ours := translation(error)) is not None:
            raise ours from error
