"""Metrics in Prometheus' form. Each process counts in files of its own below one directory, whose sums the serving
parent tells: so they are right however many workers there are, and stay right when one is replaced.

Names of definitions are the shops' own, so they are bounded: the first hundred have a label each, the others share one,
in each process and in the sum.
"""

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from app.telemetry.observation import Observation

if TYPE_CHECKING:
    from prometheus_client import Metric
    from prometheus_client.registry import Collector
    from prometheus_client.samples import Sample

_DIRECTORY = "PROMETHEUS_MULTIPROC_DIR"
_DEFINITIONS = 100
_OTHERS = "(others)"
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_KEYS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)


class AddressTaken(Exception):
    """Metrics cannot be told at their address."""


@contextmanager
def told_at(host: str, port: int) -> Iterator[int]:
    """Tells, as http://host:port/metrics, what this process and those it starts count; gives the port. To be entered
    before the first of them begins to count. Raises AddressTaken."""
    with tempfile.TemporaryDirectory(prefix="custom-data-metrics-") as directory:
        os.environ[_DIRECTORY] = directory  # which the library looks for when it is imported
        from prometheus_client import CollectorRegistry, start_http_server

        registry = CollectorRegistry()
        registry.register(Bounded(Counted(Path(directory))))
        try:
            server, thread = start_http_server(port, host, registry)
        except OSError as error:
            raise AddressTaken(f"Metrics cannot be told at {host}:{port}: {error.strerror or error}.") from error
        try:
            yield int(server.server_port)
        finally:
            server.shutdown()
            thread.join()
            server.server_close()
            del os.environ[_DIRECTORY]


def wanted() -> bool:
    """Whether this process, or the one that started it, tells metrics."""
    return _DIRECTORY in os.environ


def forget_process(pid: int) -> None:
    """A process that has ended: what it had at that moment (connections, say) counts no more."""
    if wanted():
        from prometheus_client.multiprocess import mark_process_dead

        mark_process_dead(pid)  # type: ignore[no-untyped-call]


@cache
def metrics() -> "Metrics":
    """This process's."""
    return Metrics()


def attempted(outcome: str, seconds: float) -> None:
    """Counts an attempt to deliver a webhook, where metrics are wanted: DELIVERED, FAILED (to be tried again) or
    DEAD."""
    if wanted():
        metrics().delivered(outcome, seconds)


def lagging(seconds: float) -> None:
    """How long the webhook that is due the longest has waited in this process's shops."""
    if wanted():
        metrics().lag(seconds)


def unjudged(changes: int) -> None:
    """How many changes the change log is ahead of the trigger furthest behind, in this process's shops."""
    if wanted():
        metrics().unjudged(changes)


def noticed(by: str, seconds: Sequence[float]) -> None:
    """How long after each of some changes was written it was read for `by`: subscribers or triggers."""
    if wanted():
        metrics().noticed(by, seconds)


class Metrics:
    """What is counted. Labels have few values: kinds, codes, names of our own statements and fields."""

    def __init__(self) -> None:
        from prometheus_client import Counter, Gauge, Histogram

        self._operations = Counter(
            "custom_data_operations", "Operations that ended, by the code of their first error.", ["type", "code"]
        )
        self._seconds = Histogram("custom_data_operation_seconds", "How long they took.", ["type"], buckets=_SECONDS)
        self._cost = Counter("custom_data_operation_cost", "What they cost, as their answers tell.", ["type"])
        self._documents = Counter("custom_data_documents", "Documents asked, known from before or not.", ["known"])
        self._statements = Histogram(
            "custom_data_statement_seconds", "How long statements took.", ["statement"], buckets=_SECONDS
        )
        self._batches = Histogram(
            "custom_data_loader_batch_keys", "Keys that a loader asked at once.", ["loader"], buckets=_KEYS
        )
        self._definitions = Counter(
            "custom_data_definition_operations", "Operations on a definition's records.", ["definition", "type"]
        )
        self._items = Counter("custom_data_items", "Items sent to mutations.", ["field", "outcome"])
        self._connections = Gauge(
            "custom_data_pool_connections", "Database connections.", ["state"], multiprocess_mode="livesum"
        )
        self._waiting = Gauge("custom_data_pool_waiting", "Who waits for a connection.", multiprocess_mode="livesum")
        self._deliveries = Counter("custom_data_webhook_attempts", "Attempts to deliver a webhook.", ["outcome"])
        self._delivery_seconds = Histogram("custom_data_webhook_seconds", "How long attempts took.", buckets=_SECONDS)
        self._lag = Gauge(
            "custom_data_webhook_lag_seconds",
            "How long the webhook that is due the longest has waited.",
            multiprocess_mode="livemax",
        )
        self._noticed = Histogram(
            "custom_data_change_lag_seconds",
            "How long after a change was written it was read, for subscribers or by triggers.",
            ["by"],
            buckets=_SECONDS,
        )
        self._behind = Gauge(
            "custom_data_subscribers_behind_changes",
            "How many changes the slowest subscriber has not taken that were read for it.",
            multiprocess_mode="livemax",
        )
        self._unjudged = Gauge(
            "custom_data_triggers_behind_changes",
            "How many changes the trigger furthest behind has not looked at.",
            multiprocess_mode="livemax",
        )
        self._labels = Labels(_DEFINITIONS)

    def __call__(self, seen: Observation) -> None:
        """Counts an operation that ended."""
        kind = seen.kind or "none"
        self._operations.labels(kind, seen.codes[0] if seen.codes else "OK").inc()
        self._cost.labels(kind).inc(seen.cost)
        if kind != "subscription":
            self._seconds.labels(kind).observe(seen.seconds)
        if seen.kind and seen.kind != "bulk":
            self._documents.labels("true" if seen.known else "false").inc()
        for query, _, seconds, *_ in seen.statements:
            self._statements.labels(query.name).observe(seconds)
        for loader, keys in seen.batches:
            self._batches.labels(loader).observe(keys)
        for key in seen.definitions:
            self._definitions.labels(self._labels[key], kind).inc()
        for (field, outcome), number in seen.items.items():
            self._items.labels(field, outcome).inc(number)

    def pool(self, used: int, idle: int, waiting: int) -> None:
        """The pool as it is now."""
        self._connections.labels("used").set(used)
        self._connections.labels("idle").set(idle)
        self._waiting.set(waiting)

    def delivered(self, outcome: str, seconds: float) -> None:
        self._deliveries.labels(outcome).inc()
        self._delivery_seconds.observe(seconds)

    def lag(self, seconds: float) -> None:
        self._lag.set(seconds)

    def noticed(self, by: str, seconds: Sequence[float]) -> None:
        histogram = self._noticed.labels(by)
        for each in seconds:
            histogram.observe(max(each, 0.0))  # the database's clock may be ahead of ours

    def unjudged(self, changes: int) -> None:
        self._unjudged.set(changes)

    def behind(self, changes: int) -> None:
        self._behind.set(changes)


class Labels(dict[str, str]):
    """A label for each of the first names, and one for all others."""

    def __init__(self, room: int) -> None:
        super().__init__()
        self._room = room

    def __missing__(self, name: str) -> str:
        if len(self) < self._room and name != _OTHERS:
            self[name] = name
        return self.get(name, _OTHERS)


class Counted:
    """What all processes count in files below a folder. One that is empty is left out: its process is just making it,
    or was killed over it, and the library would tell nothing of anybody."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def collect(self) -> "Iterator[Metric]":
        from prometheus_client.multiprocess import MultiProcessCollector

        files = [str(file) for file in self._folder.glob("*.db") if _has_begun(file)]
        yield from MultiProcessCollector.merge(files, accumulate=True)  # type: ignore[no-untyped-call]


def _has_begun(file: Path) -> bool:
    try:
        return file.stat().st_size > 0
    except FileNotFoundError:  # what its process had at the moment went with it
        return False


class Bounded:
    """What all processes count, with as many labels of definitions as one of them may have: each has its own first
    hundred. A definition that has a label keeps it, as its count must not fall."""

    def __init__(self, counted: "Collector") -> None:
        self._counted = counted
        self._labels = Labels(_DEFINITIONS)
        self._turn = Lock()  # scrapes may come side by side

    def collect(self) -> "Iterator[Metric]":
        for metric in self._counted.collect():
            if any("definition" in sample.labels for sample in metric.samples):
                with self._turn:
                    metric.samples = self._joined(metric.samples)
            yield metric

    def _joined(self, samples: "Sequence[Sample]") -> "list[Sample]":
        joined: dict[tuple[str, tuple[tuple[str, str], ...]], Sample] = {}
        for sample in samples:
            labels = sample.labels | {"definition": self._labels[sample.labels["definition"]]}
            key = sample.name, tuple(sorted(labels.items()))
            before = joined[key].value if key in joined else 0.0
            joined[key] = sample._replace(labels=labels, value=before + sample.value)
        return list(joined.values())
