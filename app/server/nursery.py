"""Where workers come from: one process that has imported the application, and is forked for each of them.

Importing is most of what a start takes. So it is done once, beside all else that has to be done before anything is
served, and a worker that was killed is replaced without it.
"""

import multiprocessing
import os
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from multiprocessing import forkserver
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess
from pkgutil import resolve_name
from typing import Any

_PRELOADED = ["app.server.uncollected", "app.server.preloaded"]
# told to all processes of a terminal or a service; only the parent heeds them, and workers what it tells them
_NOT_MEANT = (signal.SIGINT, signal.SIGHUP, signal.SIGTERM)
FORSAKEN = 255
"""The exit code of a worker whose end nobody could see, as the process it was forked from has been killed."""


def prepare() -> None:
    """Begins to import the application, in a process of its own. To be called as early as can be; harmless again."""
    if _context().get_start_method() == "forkserver":
        with _not_meant():
            forkserver.ensure_running()


def start(work: str, *args: Any) -> BaseProcess:
    """A process that does the work ("module:function"), in the environment that ours has now. It ends with us, whatever
    way we end, if the work looks at `orphaned`. Nobody but us tells it to stop."""
    process: BaseProcess = _context().Process(  # type: ignore[attr-defined]  # each context has its own
        target=_work, args=(dict(os.environ), work, *args), daemon=True
    )
    with _not_meant():
        process.start()
    return process


def orphaned() -> bool:
    """Whether the process that started this one has gone."""
    parent = multiprocessing.parent_process()
    return parent is not None and not parent.is_alive()


def _work(environment: dict[str, str], work: str, *args: Any) -> None:
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGTERM])
    os.environ.clear()
    os.environ.update(environment)
    resolve_name(work)(*args)


@cache
def _context() -> BaseContext:
    """Forking needs a folder for a socket; without one, each worker imports for itself."""
    try:
        tempfile.gettempdir()
    except FileNotFoundError:
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_PRELOADED)
    return context


@contextmanager
def _not_meant() -> Iterator[None]:
    """What is started meanwhile does not hear those signals."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _NOT_MEANT)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
