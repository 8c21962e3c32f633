"""Where workers come from."""

import socket
import subprocess
import sys
import time
from multiprocessing import active_children
from multiprocessing.process import BaseProcess
from types import SimpleNamespace
from typing import Any

import pytest

from app.server import nursery, processes
from tests.processes import CHECKOUT


def test_without_a_folder_for_a_socket_each_worker_imports_for_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> str:
        raise FileNotFoundError

    assert nursery._context.__wrapped__().get_start_method() == "forkserver"
    monkeypatch.setattr("app.server.nursery.tempfile.gettempdir", none)
    assert nursery._context.__wrapped__().get_start_method() == "spawn"


def test_a_worker_that_was_started_as_the_signal_came_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its process is there, but `serve` has not been given it yet."""
    start = nursery.start
    started: list[BaseProcess] = []

    def interrupted(_work: str, *_args: Any) -> BaseProcess:
        started.append(start("time:sleep", 600))
        raise KeyboardInterrupt

    monkeypatch.setattr(nursery, "start", interrupted)
    monkeypatch.setattr(processes, "_ignore_signals", lambda: None)
    with socket.create_server(("127.0.0.1", 0)) as listener, pytest.raises(KeyboardInterrupt):
        processes.serve(listener, 1)
    assert started
    assert active_children() == []


_WORKERS = {"graphql", "starlette", "strawberry", "uvicorn"}


def _imported(*modules: str) -> set[str]:
    """All that is there once these are imported, one after the other; and "collecting" if garbage is looked for."""
    script = "import gc, sys; from importlib import import_module; [import_module(each) for each in sys.argv[1:]]"
    told = "print(*sys.modules, *['collecting'] * gc.isenabled(), *['frozen'] * bool(gc.get_freeze_count()))"
    done = subprocess.run(
        [sys.executable, "-c", f"{script}; {told}", *modules], capture_output=True, text=True, check=True, cwd=CHECKOUT
    )
    return set(done.stdout.split())


def test_the_parent_imports_nothing_that_only_workers_need() -> None:
    assert not _WORKERS & _imported("app.cli.gateway")


def test_no_garbage_is_looked_for_until_all_is_imported() -> None:
    first, last = nursery._PRELOADED
    assert "collecting" not in _imported(first)
    assert {*_WORKERS, "collecting", "frozen", "app.server.slow_operations"} <= _imported(first, last)


@pytest.mark.parametrize(("lived", "replaced"), [(0.5, False), (processes._SETTLED_SECONDS + 1, True)])
def test_a_worker_that_ends_by_itself_is_replaced_if_it_could_start(
    lived: float, replaced: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that waited for the database in vain, say, while others serve on."""
    worker = SimpleNamespace(pid=1, exitcode=3, join=lambda: None)
    monkeypatch.setattr(nursery, "start", lambda *_: "another")
    monkeypatch.setattr(processes, "_PAUSE_SECONDS", 0)

    def replace() -> object:
        with socket.socket() as listener:
            return processes._replace(worker, time.monotonic() - lived, listener, "app")  # type: ignore[arg-type]

    if replaced:
        assert replace() == "another"
    else:
        with pytest.raises(processes.ServingFailure, match="could not start"):
            replace()
