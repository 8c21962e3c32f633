"""The container's files: linted, and their commands run, as there is no container engine here."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import yaml

from app.store.cluster import _binaries
from tests.processes import CHECKOUT, environment, hears_ctrl_c

FOLDER = CHECKOUT / ".container"
CONTAINERFILE = FOLDER / "Containerfile"
COMPOSE = FOLDER / "compose.yaml"


def instructions() -> list[tuple[str, str]]:
    """The Containerfile's instructions, each with what follows it."""
    text = re.sub(r"^#.*\n", "", CONTAINERFILE.read_text(), flags=re.MULTILINE).replace("\\\n", " ")
    return [(line.split()[0], " ".join(line.split()[1:])) for line in text.splitlines() if line.strip()]


def of(name: str) -> list[str]:
    return [rest for instruction, rest in instructions() if instruction == name]


def tool(*command: str) -> None:
    """Runs a linter, which must find nothing."""
    done = subprocess.run([sys.executable, "-m", *command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_containerfile_is_linted() -> None:
    hadolint = Path(sys.executable).parent / "hadolint"
    done = subprocess.run([hadolint, CONTAINERFILE], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_compose_file_is_linted_and_fits_its_schema() -> None:
    tool("yamllint", "--strict", "-d", "{extends: default, rules: {document-start: disable, line-length: {max: 120}}}",
         str(COMPOSE))  # fmt: skip
    tool("check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(COMPOSE))


def test_only_what_is_there_is_copied() -> None:
    copied = [path for rest in of("COPY") for path in rest.split()[:-1]]
    assert copied
    assert [path for path in copied if not (CHECKOUT / path).exists()] == []


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment made by the commands of the Containerfile; its /wheels and /src stand below a folder of ours."""
    root = tmp_path_factory.mktemp("image")
    source, wheels = root / "src", root / "wheels"
    source.mkdir()
    for rest in of("COPY"):
        *paths, _ = rest.split()
        for path in paths:
            copy = shutil.copytree if (CHECKOUT / path).is_dir() else shutil.copy
            copy(CHECKOUT / path, source / path)
    subprocess.run([sys.executable, "-m", "venv", root / "venv"], check=True)
    built, installed = of("RUN")
    installed = re.sub(r"--mount=\S+", "", installed)
    path = f"{root / 'venv' / 'bin'}:{os.environ['PATH']}"
    for command in (built, installed):
        subprocess.run(
            command.replace("/wheels", str(wheels)), shell=True, cwd=source, check=True,
            env={**os.environ, "PATH": path},
        )  # fmt: skip
    return root / "venv" / "bin"


def test_what_it_installs_migrates_serves_and_is_found_healthy(image: Path, tmp_path: Path) -> None:
    """By the compose file's own commands, and the health check of the image."""
    services = yaml.safe_load(COMPOSE.read_text())["services"]
    [entrypoint] = json.loads(of("ENTRYPOINT")[0])
    settings = environment(DATABASE_URL=os.environ["TEST_DATABASE_ADMIN_URL"], CUSTOM_DATA_LOG_FORMAT="json")
    del settings["PYTHONPATH"]
    settings["PATH"] = f"{image}:{settings['PATH']}"
    migrated = subprocess.run(
        [image / entrypoint, *services["migrate"]["command"]], env=settings, cwd=tmp_path, capture_output=True,
        text=True, check=False,
    )  # fmt: skip
    assert migrated.returncode == 0, migrated.stderr
    _set_password(services["roles"], settings, "letters1")
    settings["DATABASE_URL"] = os.environ["TEST_DATABASE_URL"]  # of the role that serves
    check = json.loads(of("HEALTHCHECK")[0].partition("CMD ")[2])
    port = _free_port()
    command = [argument.replace("8000", str(port)) for argument in services["gateway"]["command"]]
    assert json.loads(of("CMD")[0]) == services["gateway"]["command"][:5]
    settings["CUSTOM_DATA_METRICS_ADDRESS"] = "127.0.0.1:0"
    with subprocess.Popen(
        [image / entrypoint, *command], env=settings, cwd=tmp_path, stdout=subprocess.PIPE, text=True,
        preexec_fn=hears_ctrl_c,
    ) as serving:  # fmt: skip
        try:
            deadline = time.monotonic() + 60
            while subprocess.run(_on(port, check), env=settings, capture_output=True, check=False).returncode != 0:
                assert time.monotonic() < deadline
                time.sleep(0.2)
        finally:
            serving.terminate()
        assert serving.wait(20) == 0
    assert subprocess.run(_on(port, check), env=settings, capture_output=True, check=False).returncode != 0


def _set_password(roles: dict[str, Any], settings: dict[str, str], password: str) -> None:
    """By the compose file's command, of the database of the run."""
    url = urlsplit(os.environ["TEST_DATABASE_ADMIN_URL"])
    said = dict(parse_qsl(url.query))
    given = {
        "PATH": f"{_binaries()}:{settings['PATH']}", "PGDATABASE": url.path[1:], "GATEWAY_PASSWORD": password,
        "PGHOST": said.get("host", url.hostname or ""), "PGPORT": said.get("port", str(url.port or 5432)),
    }  # fmt: skip
    assert roles["environment"].keys() == {"PGHOST", "PGPASSWORD", "GATEWAY_PASSWORD"}
    done = subprocess.run(
        [*roles["entrypoint"], *roles["command"]], env=settings | given, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def _on(port: int, check: list[str]) -> list[str]:
    return [argument.replace("8000", str(port)) for argument in check]


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])
