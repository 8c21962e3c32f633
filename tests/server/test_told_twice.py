"""A second signal does not disturb what the first one has set off: no database is left running, and the exit is clean,
also while the gateway is still starting."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.processes import PATIENCE, environment, hears_ctrl_c, postmaster

SIGNALS = 5


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=lambda number: number.name)
@pytest.mark.parametrize("stage", ["lock", "postgres.new", "postgres/postmaster.pid"])
def test_it_ends_cleanly(stage: str, number: signal.Signals, tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "app.cli", "serve", "--port", "0"],
        env=environment(CUSTOM_DATA_HOME=tmp_path), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        preexec_fn=hears_ctrl_c,
    )  # fmt: skip
    deadline = time.monotonic() + PATIENCE
    while not (tmp_path / stage).exists():
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.005)
    for _ in range(SIGNALS):
        process.send_signal(number)
        time.sleep(0.02)
    _, said = process.communicate(timeout=PATIENCE)
    assert (process.returncode, said) == (0, "")
    assert postmaster(tmp_path) is None
