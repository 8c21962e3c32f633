"""What a person sees while a file is on its way in."""

import asyncio
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

from tests.processes import PATIENCE, environment
from tests.shops import ShopClient

_CHUNK = "import app.bulk.importing as i; i.ROWS_PER_CHUNK = 100; from app.cli import main; main()"


async def test_a_terminal_shows_how_far_it_is(
    shop: ShopClient, tmp_path: Path, admin_url: str, gateway_url: str
) -> None:
    """A bar that comes to its end, with the rows so far; a pipe gets none of it (see test_processes)."""
    await shop.define("Visit", {"reason": "STRING"})
    file = tmp_path / "visits.csv"
    file.write_text("reason\n" + "check\n" * 300)
    given = environment(DATABASE_URL=gateway_url, DATABASE_ADMIN_URL=admin_url, TERM="xterm")
    arguments = ["import", "records", "--shop", str(shop.id), "--definition", "visit", str(file)]
    said, seen = await asyncio.to_thread(_at_a_terminal, arguments, given)
    assert "300 created" in said, seen
    assert re.search(r"\[-*\] +0%", seen)
    assert re.search(r"\[#+\] +100% .*300 rows, [0-9,]+/s", seen)


def _at_a_terminal(arguments: list[str], given: dict[str, str]) -> tuple[str, str]:
    """What a command says, and what it shows on the terminal that is its standard error."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", _CHUNK, *arguments], env=given, stdout=subprocess.PIPE, stderr=theirs, text=True
    )
    said = process.communicate(timeout=PATIENCE)[0]
    os.close(theirs)
    return said, _all(ours)


def _all(terminal: int) -> str:
    """What was written to a terminal that nobody writes to any more."""
    seen = b""
    try:
        while piece := os.read(terminal, 65_536):
            seen += piece
    except OSError:  # as Linux tells its end
        pass
    os.close(terminal)
    return seen.decode()
