"""The embedded server comes back when it dies, where it was, and not when it is told to stop."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.store.embedded import EmbeddedServer, EmbeddedUrls
from app.store.failures import StoreFailure
from tests.processes import PATIENCE, postmaster, wait_until_gone
from tests.store.test_embedded import ask, home, server

__all__ = ["home"]


@pytest.fixture
def running(home: Path) -> Iterator[tuple[EmbeddedServer, EmbeddedUrls]]:
    started = server(home)
    urls = started.start()
    yield started, urls
    started.stop()


def killed(home: Path) -> int:
    pid = postmaster(home)
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    wait_until_gone([pid])
    return pid


def asked_until_answered(urls: EmbeddedUrls, question: str) -> object:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            return ask(urls, question)
        except StoreFailure:
            assert time.monotonic() < deadline
            time.sleep(0.05)


def test_a_killed_server_comes_back_where_it_was_with_its_data(
    home: Path, running: tuple[EmbeddedServer, EmbeddedUrls]
) -> None:
    _, urls = running
    ask(urls, "create table kept (id int)")
    for _ in range(3):
        pid = killed(home)
        assert asked_until_answered(urls, "select count(*) from kept") == 0
        assert postmaster(home) != pid


def test_one_that_cannot_start_is_tried_again_until_it_can(
    home: Path, running: tuple[EmbeddedServer, EmbeddedUrls], caplog: pytest.LogCaptureFixture
) -> None:
    _, urls = running
    control = home / "postgres" / "global" / "pg_control"
    control.rename(control.with_name("hidden"))
    killed(home)
    deadline = time.monotonic() + PATIENCE
    while "It is tried again." not in caplog.text:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    control.with_name("hidden").rename(control)
    assert asked_until_answered(urls, "select 1") == 1


def test_stopping_in_the_midst_of_it_stops(home: Path, running: tuple[EmbeddedServer, EmbeddedUrls]) -> None:
    started, _ = running
    gone = (killed(home), None)  # its number may still be written down
    started.stop()
    assert postmaster(home) in gone
    time.sleep(0.5)  # longer than the watch looks away
    assert postmaster(home) in gone
