"""The serving parent: it alone starts and stops the embedded database; the workers it watches get a URL."""

import logging
import os
import signal
import socket
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from multiprocessing import active_children
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from types import FrameType

from app.server import nursery

APPLICATION = "app.server.app:create"
GRACE_SECONDS = 8  # for requests under way when a worker is told to stop
_WORK = "app.server.worker:work"  # by its name: this process does not import what workers do
_SETTLED_SECONDS = 10  # a worker that lived for so long could start
_PAUSE_SECONDS = 1  # between two starts of a worker that is killed; and beyond the grace, before one is killed
BACKLOG = 2048
_STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

_log = logging.getLogger(__name__)


class ServingFailure(Exception):
    """The gateway cannot go on serving; the text says why."""


@contextmanager
def listening(host: str, port: int) -> Iterator[socket.socket]:
    """The socket all workers accept from. Raises ServingFailure."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        listener = socket.create_server((host, port), family=family, backlog=BACKLOG)
    except (OSError, OverflowError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ServingFailure(
            f"Cannot listen on {host}:{port}: {reason}. Choose another with --host or --port."
        ) from error
    with listener:
        yield listener


@contextmanager
def until_told_to_stop() -> Iterator[None]:
    """Runs its block until it ends or the process is told to stop (Ctrl-C, SIGTERM, a closed terminal), which is no
    error: the block sees a KeyboardInterrupt and cleans up."""
    for number in _STOPPING:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _interrupt)
    try:
        yield
    except KeyboardInterrupt:
        return


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    _ignore_signals()
    raise KeyboardInterrupt


def _ignore_signals() -> None:
    """A second signal must not disturb the clean-up: workers first, then the database."""
    for number in _STOPPING:
        signal.signal(number, signal.SIG_IGN)


def serve(
    listener: socket.socket, workers: int, application: str = APPLICATION, gone: Callable[[int], None] = lambda _: None
) -> None:
    """Keeps that many workers serving until a KeyboardInterrupt, and ends them before it lets go. A worker that is
    killed is replaced, and `gone` is told its process id; so is one that ends by itself (it may have waited for the
    database in vain), unless it could not even start, which raises ServingFailure."""
    running: dict[BaseProcess, float] = {}  # since when
    try:
        for _ in range(workers):
            running[nursery.start(_WORK, application, listener)] = time.monotonic()
        while True:
            for worker in _ended(running):
                since = running.pop(worker)
                gone(worker.pid or 0)
                running[_replace(worker, since, listener, application)] = time.monotonic()
    finally:
        _ignore_signals()
        _stop({*running, *active_children()})  # one may have been started as the signal came


def _ended(running: Collection[BaseProcess]) -> list[BaseProcess]:
    gone = wait([worker.sentinel for worker in running])
    return [worker for worker in running if worker.sentinel in gone]


def _replace(worker: BaseProcess, since: float, listener: socket.socket, application: str) -> BaseProcess:
    worker.join()
    code = worker.exitcode or 0
    if code == nursery.FORSAKEN:
        _log.warning("Worker %d is out of sight; starting another.", worker.pid)
        with suppress(ProcessLookupError):
            os.kill(worker.pid or 0, signal.SIGTERM)
    elif code >= 0 and time.monotonic() - since > _SETTLED_SECONDS:
        _log.warning("Worker %d ended by itself (exit code %d); starting another.", worker.pid, code)
    elif code >= 0:
        raise ServingFailure(f"A worker could not start (exit code {code}); what it said is above.")
    else:
        _log.warning("Worker %d was killed by signal %d; starting another.", worker.pid, -code)
    time.sleep(max(0.0, since + _PAUSE_SECONDS - time.monotonic()))
    return nursery.start(_WORK, application, listener)


def _stop(workers: Collection[BaseProcess]) -> None:
    for worker in workers:
        worker.terminate()
    for worker in workers:
        worker.join(GRACE_SECONDS + _PAUSE_SECONDS)
        if worker.is_alive():
            worker.kill()
            worker.join()
