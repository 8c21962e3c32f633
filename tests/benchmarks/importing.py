"""The whole price list from a file: `python -m tests.benchmarks.importing [rows]` (see grid.py).

Writes the 840,000 prices of the real grid as CSV, 700 vets named by their unique key and 1,200 products by id, and
imports them with the command, into a new shop: every reference resolved, every value checked, unique keys, slots and
indexes kept, and a summary of each chunk in the change log. Prints the seconds, the rows a second, what the importer
itself and its database took of the processors, and the peak of its memory; then the same file once more, when nothing
changes.
"""

import asyncio
import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import psutil

from tests.benchmarks import grid
from tests.processes import environment

ROWS = grid.VETS * grid.PRODUCTS
_NO_PRICES = "select $1::bigint, $2::bigint, $3::bigint, '{veto_id}{product_id}{price}{price_discount}'"


def main(url: str, rows: int) -> None:
    with patch.object(grid, "_PRICING", _NO_PRICES):
        size = replace(grid.GRID, shop=f"Import {time.time_ns()}", contacts=1_000)
        shop = asyncio.run(grid.build(url, size))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "prices.csv"
        with file.open("w") as opened:
            opened.write("veto_id.nom,product_id,price,price_discount\n")
            opened.writelines(
                f"Vet {n % grid.VETS + 1},p{n // grid.VETS + 1},{10 + n % 997}.50,\n" for n in range(rows)
            )
        for what in ("new", "again"):
            _import(url, shop, file, what)


def _import(url: str, shop: int, file: Path, what: str) -> None:
    command = [sys.executable, "-m", "app.cli", "import", "records", "--shop", str(shop), "--definition", "vet_pricing"]
    before, database, begun = resource.getrusage(resource.RUSAGE_CHILDREN), _of_database(), time.perf_counter()
    told = subprocess.run(
        [*command, str(file)], env=environment(DATABASE_URL=grid.gateway(url), DATABASE_ADMIN_URL=url),
        stdout=subprocess.PIPE, text=True, check=True,
    ).stdout  # fmt: skip
    seconds = time.perf_counter() - begun
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    own = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(f"{what}: {told.strip()} With start and end {seconds:.1f} s; of a processor {own:.1f} s, and "
          f"{_of_database() - database:.1f} s of the database; peak {after.ru_maxrss // 1024} MB; "
          f"load {os.getloadavg()[0]:.1f}", flush=True)  # fmt: skip


def _of_database() -> float:
    """What the embedded server and those it started, and buried, took of the processors so far, in seconds."""
    pid = Path(".custom-data/benchmarks/postgres/postmaster.pid")
    if not pid.exists():
        return 0.0
    server = psutil.Process(int(pid.read_text().split()[0]))
    times = [process.cpu_times() for process in (server, *server.children())]
    return sum(each.user + each.system for each in times) + times[0].children_user + times[0].children_system


if __name__ == "__main__":
    with grid.server() as url:
        main(url, int(sys.argv[1]) if len(sys.argv) > 1 else ROWS)
