"""What cannot be written to its end: one line, an exit code, and no half file that looks whole."""

import asyncio
import os
import resource
import signal
import stat
import subprocess
import sys
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from app.bulk.whole_file import OutputFailed, whole_file
from app.cli import main
from app.domain.imports import Kind
from tests.bulk.files import import_text
from tests.processes import PATIENCE, environment, run
from tests.shops import ShopClient, VetShop

COMMANDS = {
    "backup": ("backup",),
    "records": ("export", "records", "--definition", "vet_pricing"),
    "contacts": ("export", "contacts", "--format", "jsonl"),
    "products": ("export", "products"),
    "person": ("export", "person", "--contact", "email:dubois@example.com"),
}
EXPORTS = [name for name in COMMANDS if name != "backup"]


@pytest.fixture
def given(admin_url: str, gateway_url: str) -> dict[str, str]:
    return {"DATABASE_URL": gateway_url, "DATABASE_ADMIN_URL": admin_url}


def no_file_beyond_40_bytes() -> None:
    """In the new process: as on a disk that is full."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (40, 40))


def told(
    shop: ShopClient, given: dict[str, str], name: str, *file: str, before: Callable[[], None] | None = None,
    stdout: int | None = None,
) -> subprocess.CompletedProcess[str]:  # fmt: skip
    command = [sys.executable, "-m", "app.cli", *COMMANDS[name], "--shop", str(shop.id), *file]
    return subprocess.run(
        command, env=environment(**given), stdout=subprocess.PIPE if stdout is None else stdout,
        stderr=subprocess.PIPE, text=True, timeout=PATIENCE, check=False, preexec_fn=before,
    )  # fmt: skip


@pytest.mark.parametrize("name", COMMANDS)
def test_a_disk_that_is_full_leaves_nothing(vets: VetShop, given: dict[str, str], name: str, tmp_path: Path) -> None:
    file = tmp_path / "out"
    done = told(vets.shop, given, name, str(file), before=no_file_beyond_40_bytes)
    assert (done.returncode, done.stderr) == (1, f"Error: {file} cannot be written: File too large.\n")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", EXPORTS)
def test_nor_is_what_was_there_before_lost(vets: VetShop, given: dict[str, str], name: str, tmp_path: Path) -> None:
    file = tmp_path / "out"
    file.write_text("of yesterday")
    assert told(vets.shop, given, name, str(file), before=no_file_beyond_40_bytes).returncode == 1
    assert [(each.name, each.read_text()) for each in tmp_path.iterdir()] == [("out", "of yesterday")]


@pytest.mark.parametrize("name", COMMANDS)
def test_where_no_file_can_be(vets: VetShop, given: dict[str, str], name: str, tmp_path: Path) -> None:
    nowhere = told(vets.shop, given, name, str(tmp_path / "none" / "out"))
    assert (nowhere.returncode, nowhere.stderr.count("\n")) == (1, 1)
    assert "cannot be written: No such file or directory." in nowhere.stderr
    folder = told(vets.shop, given, name, str(tmp_path))
    assert folder.returncode == 2
    assert "is a directory" in folder.stderr
    assert "Traceback" not in folder.stderr
    below_a_file = tmp_path / "file"
    below_a_file.write_text("")
    told_so = told(vets.shop, given, name, str(below_a_file / "out"))
    assert (told_so.returncode, told_so.stderr.count("\n")) == (1, 1)
    assert "cannot be written: Not a directory." in told_so.stderr


@pytest.mark.parametrize("name", COMMANDS)
def test_where_one_may_not_write(vets: VetShop, given: dict[str, str], name: str) -> None:
    """Nobody may make files there, not even root."""
    done = told(vets.shop, given, name, "/sys/kernel/out")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert done.stderr.startswith("Error: /sys/kernel/out cannot be written: ")


@pytest.mark.parametrize("name", EXPORTS)
def test_a_reader_that_goes_is_told_of(vets: VetShop, given: dict[str, str], name: str) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = told(vets.shop, given, name, stdout=writing)
    finally:
        os.close(writing)
    assert (done.returncode, done.stderr) == (1, "Error: Standard output was closed before everything was written.\n")


@pytest.mark.parametrize("name", EXPORTS)
def test_standard_output_that_is_full_is_told_of(vets: VetShop, given: dict[str, str], name: str) -> None:
    with open("/dev/full", "wb") as full:
        done = told(vets.shop, given, name, stdout=full.fileno())
    message = "Error: Standard output cannot be written: No space left on device.\n"
    assert (done.returncode, done.stderr) == (1, message)
    device = told(vets.shop, given, name, "/dev/full")
    assert (device.returncode, device.stderr) == (1, message.replace("Standard output", "/dev/full"))


@pytest.fixture
async def many(shop: ShopClient) -> ShopClient:
    """With several pages of products."""
    rows = "".join(f"{n},Product {n},1\n" for n in range(5_000))
    await import_text(shop, "idProduct,name,price\n" + rows, kind=Kind.PRODUCTS)
    return shop


def test_where_it_ends_in_the_midst_nothing_waits(many: ShopClient, given: dict[str, str], tmp_path: Path) -> None:
    """The rest of the pages are not asked for, and the connection is given back."""
    for file, before in (("/dev/full", None), (str(tmp_path / "out"), no_file_beyond_40_bytes)):
        done = told(many, given, "products", file, before=before)
        assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert list(tmp_path.iterdir()) == []
    with subprocess.Popen(
        [sys.executable, "-m", "app.cli", *COMMANDS["products"], "--shop", str(many.id)], env=environment(**given),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline().startswith("idProduct")  # as head -1
        process.stdout.close()
        assert process.wait(PATIENCE) == 1
        assert "was closed before everything was written" in process.stderr.read()


@pytest.mark.parametrize(
    ("name", "asked"), [("records", "app.bulk.exporting.records.page"), ("person", "app.bulk.person._Told.changes"),
                        ("backup", "app.bulk.backup.archive.page")],
)  # fmt: skip
def test_one_that_is_told_to_stop_leaves_nothing(
    vets: VetShop, given: dict[str, str], name: str, asked: str, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """In the midst of it."""
    names: list[str] = []

    def stopped(*_: object) -> _ForEver:
        names.extend(each.suffix for each in tmp_path.iterdir())
        os.kill(os.getpid(), signal.SIGTERM)
        return _ForEver()

    monkeypatch.setattr(asked, stopped)
    command = [*COMMANDS[name], "--shop", str(vets.shop.id), str(tmp_path / "out")]
    done = CliRunner().invoke(main, command, env=given)
    assert (done.exit_code, done.stderr.strip(), names) == (1, "Aborted!", [".part"])
    assert list(tmp_path.iterdir()) == []


class _ForEver:
    """Something to wait for, whichever way."""

    def __aiter__(self) -> "_ForEver":
        return self

    async def __anext__(self) -> None:
        await self

    def __await__(self) -> Generator[Any, None, None]:
        return asyncio.sleep(PATIENCE).__await__()


def test_a_new_file_is_its_owners_and_one_that_is_replaced_keeps_its_mode(tmp_path: Path) -> None:
    file, link = tmp_path / "out", tmp_path / "link"
    link.symlink_to(file)
    with whole_file(link) as made:
        made.write(b"one")
        assert not file.exists()
    assert (file.read_bytes(), stat.S_IMODE(file.stat().st_mode), link.is_symlink()) == (b"one", 0o600, True)
    file.chmod(0o640)
    with whole_file(file) as made:
        made.write(b"two")
        assert file.read_bytes() == b"one"
    assert (file.read_bytes(), stat.S_IMODE(file.stat().st_mode)) == (b"two", 0o640)


def _left(folder: Path) -> dict[str, str]:
    return {each.name: each.read_text() for each in folder.iterdir()}


def test_a_block_that_fails_leaves_nothing(tmp_path: Path) -> None:
    def fail() -> None:
        with whole_file(tmp_path / "x") as made:
            made.write(b"half")
            raise LookupError

    with pytest.raises(LookupError):
        fail()
    assert _left(tmp_path) == {}


def test_a_new_file_takes_nobodys_place(tmp_path: Path) -> None:
    """Nor that of one that came while it was written."""

    def write() -> None:
        with whole_file(tmp_path / "new", new=True) as made:
            made.write(b"mine")
            (tmp_path / "new").write_text("another's")

    for said in ("there by now", "there already"):
        with pytest.raises(OutputFailed, match=said):
            write()
    assert _left(tmp_path) == {"new": "another's"}


def test_a_name_as_long_as_names_may_be(tmp_path: Path) -> None:
    with whole_file(tmp_path / ("x" * 255)) as made:
        made.write(b"one")
    assert (tmp_path / ("x" * 255)).read_bytes() == b"one"


def test_a_pipe_is_written_as_it_is(vets: VetShop, given: dict[str, str], tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with subprocess.Popen(["cat", pipe], stdout=subprocess.PIPE, text=True) as reading:
        done = run("export", "contacts", "--shop", str(vets.shop.id), str(pipe), **given)
        assert (done.returncode, done.stderr) == (0, "2 rows.\n")
        assert reading.stdout is not None
        assert "dubois@example.com" in reading.stdout.read()
