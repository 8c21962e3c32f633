"""The command line as real processes, each in an environment of its own."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

CHECKOUT = Path(__file__).parents[1]
PATIENCE = 60  # seconds; a test that waits this long has failed


def environment(**settings: object) -> dict[str, str]:
    """Ours, with these settings of the gateway and no others. It delivers nothing unless told to: on the run's own
    database it would deliver for the shops of other tests. It tells nothing of operations, as nobody
    may be reading standard error."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith(("DATABASE_", "CUSTOM_DATA_"))}
    fixed = {
        "PYTHONPATH": str(CHECKOUT), "CUSTOM_DATA_DELIVER": "false", "CUSTOM_DATA_LOG_OPERATIONS": "none",
        "CUSTOM_DATA_SLOW_MS": str(3600 * 1000),  # on a busy machine all are slow
    }  # fmt: skip
    return {**ours, **fixed, **{name: str(value) for name, value in settings.items()}}


def run(*arguments: str, **settings: object) -> subprocess.CompletedProcess[str]:
    """A command, to its end."""
    command = [sys.executable, "-m", "app.cli", *arguments]
    return subprocess.run(
        command, env=environment(**settings), capture_output=True, text=True, timeout=PATIENCE, check=False
    )


def hears_ctrl_c() -> None:
    """In the new process: as at a terminal. A run in the background of a script hands on an ignored SIGINT, one under
    `nohup` an ignored SIGHUP."""
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


class Gateway:
    """A `serve` that answers at `url`."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        assert process.stdout is not None
        self.said = process.stdout.readline()  # the address comes first, and is listened on by then
        found = re.search(r"http://[^ ]+:\d+", self.said)
        assert found, process.communicate()
        self.url = found[0]

    def end(self, number: int = signal.SIGINT) -> int:
        """The exit code after this signal."""
        self.process.send_signal(number)
        self.process.communicate(timeout=PATIENCE)
        return self.process.returncode


@contextmanager
def serving(*arguments: str, **settings: object) -> Iterator[Gateway]:
    """A gateway on a free port, until the block ends or ends it."""
    process = subprocess.Popen(
        [sys.executable, "-m", "app.cli", "serve", "--port", "0", *arguments],
        env=environment(**settings), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        preexec_fn=hears_ctrl_c,
    )  # fmt: skip
    try:
        yield Gateway(process)
    finally:
        if process.poll() is None:
            process.terminate()
        process.communicate(timeout=PATIENCE)


def postmaster(home: Path) -> int | None:
    """The process of the server below `home`, if it runs."""
    try:
        pid = int((home / "postgres" / "postmaster.pid").read_text().split("\n")[0])
        os.kill(pid, 0)
    except (FileNotFoundError, ProcessLookupError):
        return None
    return pid


def children(pid: int, called: str = "") -> list[int]:
    """The processes that a process has started and not yet buried; with `called` those whose command says so."""
    listed = subprocess.run(
        ["ps", "-A", "-ww", "-o", "ppid=,pid=,args="], capture_output=True, text=True, check=True
    ).stdout
    rows = (line.split(maxsplit=2) for line in listed.splitlines())
    return [int(child) for parent, child, *said in rows if int(parent) == pid and called in "".join(said)]


def workers(pid: int) -> list[int]:
    """The processes that answer for a gateway: forked by one of its children, the nursery."""
    return [worker for nursery in children(pid, "forkserver") for worker in children(nursery)]


def wait_until_gone(pids: list[int]) -> None:
    """Returns when none of them runs any more; a test that never sees that fails."""
    deadline = time.monotonic() + PATIENCE
    while any(_runs(pid) for pid in pids):
        assert time.monotonic() < deadline, f"still running: {pids}"
        time.sleep(0.02)


def _runs(pid: int) -> bool:
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout
    return bool(state.strip()) and not state.startswith("Z")
