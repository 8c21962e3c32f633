"""The serving parent: it alone starts and stops the embedded database; the workers it watches get a URL."""

import multiprocessing
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from types import FrameType

import uvicorn

from app.server import open_sockets
from app.server.connections import Connection
from app.server.decoding import LARGEST_BODY

APPLICATION = "app.server.app:create"
_GRACE_SECONDS = 8  # for requests under way when a worker is told to stop
_PAUSE_SECONDS = 1  # between two starts of a worker that is killed; and beyond the grace, before one is killed
_BACKLOG = 2048
_FROM_TERMINAL = (signal.SIGINT, signal.SIGHUP)
_spawning = multiprocessing.get_context("spawn")


class ServingFailure(Exception):
    """The gateway cannot go on serving; the text says why."""


@contextmanager
def listening(host: str, port: int) -> Iterator[socket.socket]:
    """The socket all workers accept from. Raises ServingFailure."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        listener = socket.create_server((host, port), family=family, backlog=_BACKLOG)
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
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _interrupt)
    try:
        yield
    except KeyboardInterrupt:
        return


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _ignore_signals() -> None:
    """A second signal must not disturb the clean-up: workers first, then the database."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)


def serve(
    listener: socket.socket, workers: int, application: str = APPLICATION, gone: Callable[[int], None] = lambda _: None
) -> None:
    """Keeps that many workers serving until a KeyboardInterrupt, and ends them before it lets go. A worker that is
    killed is replaced, and `gone` is told its process id; one that ends by itself cannot start, which raises
    ServingFailure."""
    running: dict[BaseProcess, float] = {}  # since when
    try:
        for _ in range(workers):
            running[_start(listener, application)] = time.monotonic()
        while True:
            for worker in _ended(running):
                since = running.pop(worker)
                gone(worker.pid or 0)
                running[_replace(worker, since, listener, application)] = time.monotonic()
    finally:
        _ignore_signals()
        _stop(running)


class _Worker(uvicorn.Server):
    """A server that also ends when its parent has gone without saying so, and with it the port it holds."""

    def __init__(self, config: uvicorn.Config, parent: int) -> None:
        super().__init__(config)
        self._parent = parent

    async def on_tick(self, counter: int) -> bool:
        return await super().on_tick(counter) or os.getppid() != self._parent

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await open_sockets.close_all()
        await super().shutdown(sockets)


def configuration(application: str) -> uvicorn.Config:
    """How a worker serves."""
    return uvicorn.Config(
        application, factory=True, loop="uvloop", http=Connection, timeout_graceful_shutdown=_GRACE_SECONDS,
        access_log=False, log_level="warning", log_config=None, server_header=False, backlog=_BACKLOG,
        ws="websockets-sansio", ws_max_size=LARGEST_BODY,
        proxy_headers=False,  # nobody asks where a client is, or how it came
    )  # fmt: skip


def _work(parent: int, application: str, listener: socket.socket) -> None:
    _Worker(configuration(application), parent).run(sockets=[listener])


def _start(listener: socket.socket, application: str) -> BaseProcess:
    """Workers leave Ctrl-C, which a terminal sends to all of them, to the parent."""
    worker = _spawning.Process(target=_work, args=(os.getpid(), application, listener), daemon=True)
    signal.pthread_sigmask(signal.SIG_BLOCK, _FROM_TERMINAL)
    try:
        worker.start()
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _FROM_TERMINAL)
    return worker


def _ended(running: Collection[BaseProcess]) -> list[BaseProcess]:
    gone = wait([worker.sentinel for worker in running])
    return [worker for worker in running if worker.sentinel in gone]


def _replace(worker: BaseProcess, since: float, listener: socket.socket, application: str) -> BaseProcess:
    worker.join()
    if (worker.exitcode or 0) >= 0:
        raise ServingFailure(f"A worker could not start (exit code {worker.exitcode}); what it said is above.")
    print(f"Worker {worker.pid} was killed by signal {-(worker.exitcode or 0)}; starting another.", file=sys.stderr)
    time.sleep(max(0.0, since + _PAUSE_SECONDS - time.monotonic()))
    return _start(listener, application)


def _stop(workers: Collection[BaseProcess]) -> None:
    for worker in workers:
        worker.terminate()
    for worker in workers:
        worker.join(_GRACE_SECONDS + _PAUSE_SECONDS)
        if worker.is_alive():
            worker.kill()
            worker.join()
