"""Time spent waiting for statements, beside the time of the whole."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median
from time import perf_counter
from typing import Any

from app.store.session import Session


@dataclass
class Watch:
    """Seconds in statements (sent, run, received), and how many there were."""

    seconds: float = 0.0
    statements: int = 0


@contextmanager
def watched() -> Iterator[Watch]:
    """Watches every statement of every session meanwhile."""
    watch = Watch()
    unwatched: Callable[..., Any] = Session.fetch

    async def fetch(session: Session, *args: Any) -> Any:
        began = perf_counter()
        try:
            return await unwatched(session, *args)
        finally:
            watch.seconds += perf_counter() - began
            watch.statements += 1

    Session.fetch = fetch  # type: ignore[method-assign, assignment]
    try:
        yield watch
    finally:
        Session.fetch = unwatched  # type: ignore[method-assign]


def in_milliseconds(seconds: list[float]) -> str:
    """Median and worst."""
    return f"{median(seconds) * 1000:6.2f} ms in the median, {max(seconds) * 1000:6.2f} ms at worst"
