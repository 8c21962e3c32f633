"""Server processes of the reading benchmark: started, waited for, asked, and always ended.

`python -m tests.benchmarks.serving APPLICATION PORT [PAGE_SIZE]` is one of them: an application as a worker of
`custom-data serve` runs it, in one process. A page size lifts the gateway's own limit, which no setting does.
"""

import http.client
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

HOME = Path(".custom-data/benchmarks")
_PATIENCE_SECONDS = 60
_GRACE_SECONDS = 10


class NotServing(Exception):
    """A server did not start, or does not answer."""


@dataclass(frozen=True)
class Server:
    """One that answers. `cpu` counts it and its children."""

    name: str
    port: int
    process: psutil.Process
    path: str = "/graphql"
    headers: Mapping[str, str] = field(default_factory=dict)

    def ask(self, body: bytes) -> bytes:
        """The answer's bytes. Raises NotServing for a refusal or an answer with errors."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=_PATIENCE_SECONDS)
        try:
            connection.request("POST", self.path, body, {"content-type": "application/json", **self.headers})
            response = connection.getresponse()
            answer = response.read()
        finally:
            connection.close()
        if response.status != 200 or b'"errors"' in answer:
            raise NotServing(f"{self.name} answers {response.status}: {answer[:1000].decode()}")
        return answer

    def data(self, body: bytes) -> Any:
        """The answer's `data`."""
        return json.loads(self.ask(body))["data"]

    def cpu(self) -> float:
        """Seconds of processor time so far, in the program and in the system for it."""
        return cpu_of(self.process)

    def memory(self) -> float:
        """Resident, in MB."""
        return self.process.memory_info().rss / 1_000_000


def cpu_of(process: psutil.Process) -> float:
    """Seconds that it and those below it have used, those too that have ended."""
    times = process.cpu_times()
    total = times.user + times.system + times.children_user + times.children_system
    for child in process.children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            used = child.cpu_times()
            total += used.user + used.system
    return float(total)


def python(application: str, *more: object) -> list[str]:
    """The command of an application of ours, but for its port."""
    return [sys.executable, "-m", "tests.benchmarks.serving", application, "{port}", *map(str, more)]


@contextmanager
def started(
    name: str, command: Sequence[str], environment: Mapping[str, str], alive: str, *, path: str = "/graphql",
    headers: Mapping[str, str] | None = None,
) -> Iterator[Server]:  # fmt: skip
    """The server of a command, in which {port} stands for its port; it answers once GET `alive` does. What it says is
    kept in a log below HOME."""
    port = _free_port()
    log = HOME / f"{name.replace(' ', '-')}.log"
    command = [word.replace("{port}", str(port)) for word in command]
    with log.open("wb") as out:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            env={**os.environ, **environment, "PORT": str(port)},
        )
    try:
        _await(name, process, port, alive, log)
        yield Server(name, port, psutil.Process(process.pid), path, headers or {})
    finally:
        _end(process)


def _await(name: str, process: "subprocess.Popen[bytes]", port: int, alive: str, log: Path) -> None:
    last = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < last and process.poll() is None:
        if _answers(port, alive):
            return
        time.sleep(0.1)
    raise NotServing(f"{name} did not start (see {log}): {log.read_text(errors='replace')[-1000:]}")


def _answers(port: int, path: str) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status < 500
    except OSError:
        return False
    finally:
        connection.close()


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(_GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def main(application: str, port: str, page_size: str | None = None) -> None:
    """Serves until told to stop."""
    if page_size is not None:
        from app.domain import limits

        limits.PAGE_SIZE = int(page_size)  # before anything that asks for it is imported
    import uvicorn

    from app.server import processes, worker

    with processes.listening("127.0.0.1", int(port)) as listener:
        uvicorn.Server(worker.configuration(application)).run(sockets=[listener])


if __name__ == "__main__":
    main(*sys.argv[1:])
