"""The command itself, in a process of its own: killed at any point and run again, and how much memory it takes."""

import asyncio
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from app.server.app import mount
from app.store.database import Database
from app.store.migrate import migrate
from tests.bulk.files import every_record
from tests.processes import PATIENCE, environment, run
from tests.shops import ShopClient, new_shop, to
from tests.store.scratch import scratch_database

_ROWS = 15_000
_CHUNK = "import app.bulk.importing as i; i.ROWS_PER_CHUNK = 100; from app.cli import main; main()"


@pytest.fixture
def given(admin_url: str, gateway_url: str) -> dict[str, str]:
    return {"DATABASE_URL": gateway_url, "DATABASE_ADMIN_URL": admin_url}


async def _defined(shop: ShopClient, unique_keys: list[str]) -> None:
    await shop.customers(*({"idCustomer": f"C{n}", "email": f"c{n}@x.test"} for n in range(20)))
    await shop.define(
        "Visit", {"contact_id": "NUMBER", "code": "STRING", "amount": "DECIMAL", "note": "LONGTEXT"},
        uniqueKeys=unique_keys,
        relationships=[to("contact_id", "contacts")],
    )  # fmt: skip


@pytest.mark.parametrize("unique_keys", [["code"], []], ids=["keyed", "keyless"])
async def test_an_import_killed_at_any_point_goes_on_where_it_was(
    shop: ShopClient, tmp_path: Path, given: dict[str, str], unique_keys: list[str]
) -> None:
    """Nothing is lost and nothing there twice, in the table and in the file of rejects."""
    await _defined(shop, unique_keys)
    file = tmp_path / "visits.csv"
    good = [n for n in range(_ROWS) if n % 50]
    rows = "".join(f"c{n % 20 if n % 50 else 'none'}@x.test,V{n},{n}.50\n" for n in range(_ROWS))
    file.write_text("contact_id.email,code,amount\n" + rows)
    arguments = ["import", "records", "--shop", str(shop.id), "--definition", "visit", str(file)]
    chance = random.Random(f"{unique_keys}")
    for _ in range(10):  # in a thread: this one has connections to keep alive
        code, said = await asyncio.to_thread(
            _killed, arguments, given, file.with_suffix(".csv.rejects.csv"), chance.uniform(0, 0.03)
        )  # fmt: skip
        assert code == -signal.SIGKILL, f"it came to an end before it was killed: {said}"
    ended = await asyncio.to_thread(run, *arguments, **given)
    assert ended.returncode == 3, ended.stderr
    assert "Going on with import" in ended.stderr
    assert f"{len(good):,} created, 0 updated, 0 unchanged, {_ROWS // 50} rejected" in ended.stdout
    found = await every_record(shop, "visit")
    assert [record["version"] for record in found] == [1] * len(good)
    assert sorted(int(record["data"]["code"][1:]) for record in found) == good
    assert all(record["data"]["amount"] == f"{record['data']['code'][1:]}.50" for record in found)
    rejected = file.with_suffix(".csv.rejects.csv").read_text().splitlines()
    assert [line.split(",")[1] for line in rejected[1:]] == [f"V{n}" for n in range(0, _ROWS, 50)]


def _killed(arguments: list[str], given: dict[str, str], rejects: Path, wait: float) -> tuple[int, str]:
    """Kills the import that long after it has written another chunk's rejects; its exit code, and what it said."""
    before = rejects.stat().st_mtime_ns if rejects.exists() else 0
    process = subprocess.Popen(
        [sys.executable, "-c", _CHUNK, *arguments], env=environment(**given), stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    deadline = time.monotonic() + PATIENCE
    while process.poll() is None and not (rejects.exists() and rejects.stat().st_mtime_ns > before):
        assert time.monotonic() < deadline
        time.sleep(0.005)
    time.sleep(wait)
    process.send_signal(signal.SIGKILL)
    said = process.communicate(timeout=PATIENCE)[1]
    return process.returncode, said


# in kB; on Linux getrusage tells at least what the process was that started this one
_MEASURED = """
import re, resource
from pathlib import Path
from app.cli import main
try:
    main()
finally:
    status = Path("/proc/self/status")
    print("peak", re.search(r"VmHWM:\\s+(\\d+) kB", status.read_text())[1] if status.exists()
          else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


def _run(command: list[str], given: dict[str, str], sent: str = "") -> str:
    """What a command that must not fail says."""
    process = subprocess.run(
        command,
        env=environment(**given),
        capture_output=True,
        text=True,
        input=sent,
        timeout=10 * PATIENCE,
        check=False,
    )
    assert process.returncode == 0, process.stderr
    return process.stdout


@pytest.mark.parametrize(
    ("sizes", "wide", "margin"),
    [((20_000, 200_000), "", 10_000), ((400, 1_600), "x" * 99_000, 30_000)],
    ids=["many rows", "wide rows"],
)
async def test_memory_does_not_grow_with_the_file(
    admin_url: str, tmp_path: Path, sizes: tuple[int, int], wide: str, margin: int
) -> None:
    """In a database of its own: an import analyzes its table, which others' plans depend on. Margins in kB."""
    peaks = []
    async with scratch_database(admin_url) as url, shop_in(url) as shop:
        await _defined(shop, ["code"])
        for rows in sizes:
            file = tmp_path / f"{rows}.csv"
            with file.open("w") as opened:
                opened.write("contact_id.email,code,amount,note\n")
                opened.writelines(f"c{n % 20}@x.test,{rows}-{n},{n}.50,{wide}\n" for n in range(rows))
            arguments = ["import", "records", "--shop", str(shop.id), "--definition", "visit", str(file)]
            said = _run([sys.executable, "-c", _MEASURED, *arguments], {"DATABASE_URL": url})
            assert f"{rows:,} created" in said
            peaks.append(int(said.split()[-1]))
    assert peaks[1] - peaks[0] < margin, peaks


async def test_nor_does_it_with_what_goes_out_and_comes_back(admin_url: str, tmp_path: Path) -> None:
    """Rows as wide as one LONGTEXT, written by every command that writes, and restored."""
    peaks: dict[str, list[int]] = {}
    async with scratch_database(admin_url) as url, shop_in(url) as shop:
        await _defined(shop, ["code"])
        given = {"DATABASE_URL": url}
        for rows in (800, 2_400):  # of fewer, buffers are not full yet
            file, whole = tmp_path / f"{rows}.jsonl", tmp_path / f"{rows}.zip"
            with file.open("w") as opened:
                opened.writelines(f'{{"code":"{n}","note":"{"x" * 99_000}"}}\n' for n in range(rows))
            _run([sys.executable, "-m", "app.cli", "import", "records", "--shop", str(shop.id), "--definition", "visit",
                  str(file)], given)  # fmt: skip
            copy = _run([sys.executable, "-m", "app.cli", "shop", "create", f"Copy {rows}"], given).strip()
            for name, command in {
                "csv": ("export", "records", "--shop", str(shop.id), "--definition", "visit", "/dev/null"),
                "jsonl": ("export", "records", "--shop", str(shop.id), "--definition", "visit", str(file)),
                "backup": ("backup", "--shop", str(shop.id), str(whole)),
                "restore": ("restore", "--shop", copy, str(whole)),
            }.items():
                said = _run([sys.executable, "-c", _MEASURED, *command], given)
                peaks.setdefault(name, []).append(int(said.split()[-1]))
            assert file.stat().st_size > rows * 99_000
    assert [name for name, (few, many) in peaks.items() if many - few > 30_000] == [], peaks


@asynccontextmanager
async def shop_in(url: str) -> AsyncIterator[ShopClient]:
    """A shop in another database, which is migrated."""
    await migrate(url)
    database = await Database.connect(url, size=2)
    app = Starlette()
    mount(app, database)
    try:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://gateway") as http:
            yield await new_shop(database, http, url)
    finally:
        await database.close()


def test_the_help_tells_what_columns_are() -> None:
    assert "contact_id.customer:webshop" in run("import", "records", "--help").stdout


async def test_a_pipe_is_imported_and_what_is_wrong_is_one_line(shop: ShopClient, given: dict[str, str]) -> None:
    await _defined(shop, ["code"])
    arguments = ["import", "records", "--shop", str(shop.id), "--definition", "visit", "-", "--format", "jsonl"]
    said = _run([sys.executable, "-m", "app.cli", *arguments], given, '{"code": "A"}\n{"code": "B"}\n')
    assert "2 created" in said
    assert len(await every_record(shop, "visit")) == 2
    refused = run("import", "records", "--shop", str(shop.id), "--definition", "visits", os.devnull, **given)
    assert (refused.returncode, len(refused.stderr.splitlines())) == (1, 1)
