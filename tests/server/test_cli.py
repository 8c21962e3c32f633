"""The command line, run as a person runs it."""

import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from app.domain.shops import parse_key
from tests.processes import Gateway, children, postmaster, run, serving, wait_until_gone, workers


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "home"
    assert postmaster(tmp_path / "home") is None, "a command left its database running"


@pytest.fixture
def given(admin_url: str, gateway_url: str) -> dict[str, str]:
    """The run's own server, as a person's DATABASE_URL."""
    return {"DATABASE_URL": gateway_url, "DATABASE_ADMIN_URL": admin_url}


def alive(gateway: Gateway) -> bool:
    return httpx.get(f"{gateway.url}/healthz", timeout=30).status_code == 200


def test_shops_and_keys_from_creation_to_revocation(given: dict[str, str]) -> None:
    name_of_its_own = f"A shop of its own {uuid4()}"
    shop = run("shop", "create", name_of_its_own, "--timezone", "Europe/Paris", **given).stdout.strip()
    assert f"{shop}\tEurope/Paris\t{name_of_its_own}\n" in run("shop", "list", **given).stdout
    text = run("key", "create", "--shop", shop, "--name", "till", **given).stdout.strip()
    parsed = parse_key(text)
    assert parsed is not None
    assert parsed[0] == int(shop)
    listed = run("key", "list", "--shop", name_of_its_own, **given).stdout
    key_id, prefix, _, revoked, scopes, name = listed.strip().split("\t")
    assert (text.startswith(prefix.removesuffix("...")), revoked, scopes, name) == (True, "-", "all", "till")
    assert text not in listed
    assert run("key", "revoke", "--shop", shop, key_id, **given).stdout == f"Key {key_id} is revoked.\n"
    assert run("key", "list", "--shop", shop, **given).stdout.split("\t")[3] != "-"


def test_two_shops_of_one_name_are_told_apart_by_id(given: dict[str, str]) -> None:
    ids = [run("shop", "create", "Twins", **given).stdout.strip() for _ in range(2)]
    asked = run("key", "list", "--shop", "Twins", **given)
    assert asked.returncode == 1
    assert all(each in asked.stderr for each in ids)
    assert run("key", "list", "--shop", ids[0], **given).returncode == 0


@pytest.mark.parametrize(
    ("arguments", "settings", "said"),
    [
        (["shop", "create", "x", "--time-zone", "Mars"], {}, "no IANA time zone"),
        (["shop", "create", " "], {}, "blank"),
        (["key", "list", "--shop", "nobody's"], {}, "There is no shop"),
        (["shop", "list"], {"CUSTOM_DATA_POOL_SIZE": "0"}, "CUSTOM_DATA_POOL_SIZE"),
        (["shop", "list"], {"CUSTOM_DATA_STATEMENT_TIMEOUT_MS": "soon"}, "CUSTOM_DATA_STATEMENT_TIMEOUT_MS"),
        (["shop", "list"], {"DATABASE_URL": "mysql://x"}, "DATABASE_URL"),
        (["shop", "list"], {"DATABASE_URL": "", "DATABASE_ADMIN_URL": "postgresql://x"}, "DATABASE_ADMIN_URL"),
        (["migrate"], {"DATABASE_ADMIN_URL": "postgresql:///x?host=/nowhere"}, "cannot be reached"),
        (["serve", "--port", "0"], {"DATABASE_ADMIN_URL": "postgresql:///x?host=/nowhere"}, "cannot be reached"),
        (["serve", "--host", "no.such.host.invalid"], {}, "Cannot listen on"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_a_failure_is_one_line_and_exit_code_1(
    given: dict[str, str], arguments: list[str], settings: dict[str, str], said: str
) -> None:
    done = run(*arguments, **{**given, **settings})
    assert done.returncode == 1
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""


def test_wrong_usage_is_exit_code_2(given: dict[str, str]) -> None:
    assert run("serve", "--workers", "0", **given).returncode == 2
    assert run("key", "create", **given).returncode == 2


def test_migrating_what_is_migrated_changes_nothing(given: dict[str, str]) -> None:
    assert run("migrate", **given).stdout == "Nothing to apply.\n"


def test_schema_prints_the_sdl_without_a_database() -> None:
    assert "type Query" in run("schema", DATABASE_URL="postgresql:///x?host=/nowhere").stdout


def test_a_command_runs_the_embedded_database_for_itself(home: Path) -> None:
    assert run("migrate", CUSTOM_DATA_HOME=home).stdout.startswith("Applied: 0001_shops")
    assert run("shop", "create", "first", CUSTOM_DATA_HOME=home).stdout == "1\n"
    assert postmaster(home) is None


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name)
def test_serving_stops_workers_and_database_when_told_to(home: Path, number: int) -> None:
    with serving("--workers", "2", CUSTOM_DATA_HOME=home) as gateway:
        assert alive(gateway)
        answering = workers(gateway.process.pid)
        assert gateway.end(number) == 0
    wait_until_gone(answering)
    assert postmaster(home) is None


def test_a_command_beside_a_gateway_uses_its_database_and_a_second_gateway_is_refused(home: Path) -> None:
    with serving(CUSTOM_DATA_HOME=home) as gateway:
        assert run("shop", "create", "beside", CUSTOM_DATA_HOME=home).stdout == "1\n"
        second = run("serve", "--port", "0", CUSTOM_DATA_HOME=home)
        assert (second.returncode, second.stderr.count("\n")) == (1, 1)
        assert "already serves" in second.stderr
        assert alive(gateway)
        assert gateway.end() == 0


def test_after_a_kill_the_next_gateway_starts_and_its_stop_stops_the_database(home: Path) -> None:
    with serving("--workers", "2", CUSTOM_DATA_HOME=home) as killed:
        assert alive(killed)
        answering = workers(killed.process.pid)
        killed.end(signal.SIGKILL)
    wait_until_gone(answering)
    with serving(CUSTOM_DATA_HOME=home) as gateway:
        assert alive(gateway)
        assert gateway.end() == 0
    assert postmaster(home) is None


def test_a_killed_worker_is_replaced(given: dict[str, str]) -> None:
    with serving(**given) as gateway:
        assert alive(gateway)
        before = workers(gateway.process.pid)
        os.kill(before[-1], signal.SIGKILL)
        assert alive(gateway)
        assert before[-1] not in workers(gateway.process.pid)
        assert gateway.end() == 0


def test_workers_are_replaced_when_the_process_they_were_forked_from_is_killed(given: dict[str, str]) -> None:
    with serving("--workers", "2", **given) as gateway:
        assert alive(gateway)
        before = workers(gateway.process.pid)
        assert len(before) == 2
        [nursery] = children(gateway.process.pid, "forkserver")
        os.kill(nursery, signal.SIGKILL)
        wait_until_gone(before)
        assert alive(gateway)
        assert gateway.end() == 0


def test_a_port_in_use_is_said_in_one_line_and_the_database_stops(home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = run("serve", "--port", str(taken.getsockname()[1]), CUSTOM_DATA_HOME=home)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "Address already in use" in done.stderr


def test_the_doctor_finds_nothing_wrong_with_what_migrate_made(home: Path) -> None:
    assert run("migrate", CUSTOM_DATA_HOME=home).returncode == 0
    done = run("doctor", CUSTOM_DATA_HOME=home)
    assert done.returncode == 0, done.stdout
    assert "fault" not in done.stdout
    assert "row security: It is forced on all" in done.stdout


def test_the_doctor_says_what_to_do_where_nothing_was_migrated(tmp_path: Path) -> None:
    done = run("doctor", CUSTOM_DATA_HOME=tmp_path)
    assert done.returncode == 1
    assert "run 'custom-data migrate'" in done.stdout
