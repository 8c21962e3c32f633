"""A log that nobody reads holds up nobody who writes to it."""

import os
from collections.abc import Iterator
from typing import TextIO

import httpx
import pytest

from app.telemetry.unblocked import Unblocked
from tests.processes import PATIENCE, serving

LINE = "x" * 99 + "\n"
ASKED = 600  # operations, whose lines are more than a pipe holds


@pytest.fixture
def pipe() -> Iterator[tuple[int, TextIO]]:
    reads, writes = os.pipe()
    with os.fdopen(reads, "rb"), os.fdopen(writes, "w") as stream:
        yield reads, stream


def taken(reads: int, log: Unblocked) -> list[str]:
    """All that is read until nothing is left."""
    read = b""
    while not log.flush() or not read.endswith(b"\n"):
        read += os.read(reads, 65536)
    os.set_blocking(reads, False)
    while True:
        try:
            read += os.read(reads, 65536)
        except BlockingIOError:
            return read.decode().splitlines()


def test_all_is_written_in_order_where_somebody_reads(pipe: tuple[int, TextIO]) -> None:
    log = Unblocked(pipe[1], str)
    for number in range(5_000):
        log.write(f"{number:099}\n")
    assert not log.flush(), "more than a pipe holds"
    assert taken(pipe[0], log) == [f"{number:099}" for number in range(5_000)]


def test_what_is_too_much_to_wait_is_lost_and_told(pipe: tuple[int, TextIO]) -> None:
    log = Unblocked(pipe[1], "{} were lost\n".format, most=10 * len(LINE))
    while log.flush():
        log.write(LINE)
    while not log._lost:
        log.write(LINE)
    log.write(LINE)
    *lines, last = taken(pipe[0], log)
    assert set(lines) == {LINE[:-1]}
    assert last == "2 were lost"


def test_a_gateway_whose_log_nobody_reads_serves_on(admin_url: str, gateway_url: str) -> None:
    settings = {"CUSTOM_DATA_LOG_OPERATIONS": "all", "DATABASE_URL": gateway_url, "DATABASE_ADMIN_URL": admin_url}
    with serving(**settings) as gateway, httpx.Client(base_url=gateway.url, timeout=PATIENCE) as http:
        for _ in range(ASKED):
            assert http.post("/graphql", json={"query": "{ __typename }"}).status_code == 401
        assert http.get("/healthz").status_code == 200
        gateway.process.terminate()
        said = gateway.process.communicate(timeout=PATIENCE)[1]
        assert gateway.process.returncode == 0
    assert 100 < said.count('"UNAUTHENTICATED"') <= ASKED
