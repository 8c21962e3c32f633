"""Who is told of operations, by the settings: the log, of slow ones in full, metrics, traces."""

import asyncio
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from app.server.settings import Settings
from app.store.database import Database
from app.telemetry import lines, metrics, tracing
from app.telemetry.telemetry import Telemetry, Teller

_GAUGE_SECONDS = 1.0


def set_up_logging(settings: Settings) -> None:
    """For this process, standard error."""
    lines.set_up(lines.form_for(settings.log_format, sys.stderr))


@asynccontextmanager
async def telling(settings: Settings, database: Database) -> AsyncIterator[Telemetry]:
    """The telemetry of a worker for as long as the block runs. At its end nothing is left untold."""
    from app.server.slow_operations import SlowOperations  # not for the parent of the workers, whose start it holds up

    form = lines.form_for(settings.log_format, sys.stderr)
    written = lines.Lines(lines.unblocked(sys.stderr, form), form)
    tellers: list[Teller] = [SlowOperations(written, database, settings.slow_ms / 1000)]
    if settings.log_operations != "none":
        tellers.append(lines.OperationLines(written, only_failed=settings.log_operations == "failed"))
    if metrics.wanted():
        tellers.append(metrics.metrics())
    traces = tracing.Tracing() if tracing.wanted() else None
    if traces is not None:
        tellers.append(traces)
    gauging = asyncio.create_task(_gauge(database)) if metrics.wanted() else None
    try:
        yield Telemetry(tellers, detailed=traces is not None)
    finally:
        if gauging is not None:
            gauging.cancel()
        written.flush()
        if traces is not None:
            await asyncio.to_thread(traces.close)


@contextmanager
def metrics_told(settings: Settings) -> Iterator[None]:
    """Tells metrics of this process and of those it starts, where the settings say so; traces that cannot be sent are
    refused here. Raises AddressTaken and TracingMissing."""
    if tracing.wanted():
        tracing.check()
    if settings.metrics_address is None:
        yield
        return
    host, _, port = settings.metrics_address.rpartition(":")
    with metrics.told_at(host.strip("[]"), int(port)) as taken:
        print(f"Metrics:  http://{host}:{taken}/metrics", flush=True)
        yield


async def _gauge(database: Database) -> None:
    """How the pool and the subscribers are, every second."""
    pool = database.pool
    while True:
        metrics.metrics().pool(pool.size - pool.idle, pool.idle, pool.waiting)
        metrics.metrics().behind(database.feeds.behind)
        await asyncio.sleep(_GAUGE_SECONDS)
