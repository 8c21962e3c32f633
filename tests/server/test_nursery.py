"""Where workers come from."""

import socket
from multiprocessing import active_children
from multiprocessing.process import BaseProcess
from typing import Any

import pytest

from app.server import nursery, processes


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
