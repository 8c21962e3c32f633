"""An installed wheel works outside the checkout: migrations, statements and assets travel in it."""

import os
import re
import subprocess
import sys
import sysconfig
from pathlib import Path

import asyncpg
import httpx
import pytest

from tests.processes import PATIENCE

CHECKOUT = Path(__file__).parents[2]


def run(*command: str | Path, cwd: Path, **settings: str) -> str:
    ours = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "DATABASE_"))}
    done = subprocess.run(command, cwd=cwd, env={**ours, **settings}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment with the wheel; its dependencies are ours."""
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", folder, CHECKOUT, cwd=folder)
    run(sys.executable, "-m", "venv", "--without-pip", folder / "venv", cwd=folder)
    [packages] = (folder / "venv" / "lib").glob("python3*/site-packages")
    [wheel] = folder.glob("*.whl")
    python = folder / "venv" / "bin" / "python"
    run(sys.executable, "-m", "pip", "--quiet", "--python", python, "install", "--no-deps", wheel, cwd=folder)
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    where = run(python, "-c", "import app; print(app.__file__)", cwd=folder)
    assert Path(where.strip()).is_relative_to(packages)
    return folder


def test_the_schema_is_the_committed_one(installed: Path) -> None:
    printed = run(installed / "venv" / "bin" / "custom-data", "schema", cwd=installed)
    assert printed == (CHECKOUT / "schema.graphql").read_text()


async def test_it_migrates_and_serves_the_demo(installed: Path, admin_url: str) -> None:
    admin = await asyncpg.connect(admin_url)
    try:
        await admin.execute("create database wheel")
        await asked_with_the_wheel(installed, re.sub(r"/custom_data\?", "/wheel?", admin_url))
    finally:
        await admin.execute("drop database wheel with (force)")
        await admin.close()


async def asked_with_the_wheel(installed: Path, url: str) -> None:
    command = [installed / "venv" / "bin" / "custom-data", "serve", "--demo", "--port", "0"]
    ours = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    settings = {"DATABASE_URL": url, "CUSTOM_DATA_HOME": str(installed / "home")}
    with subprocess.Popen(  # noqa: ASYNC220  (nothing else runs meanwhile)
        command, cwd=installed, env={**ours, **settings}, stdout=subprocess.PIPE, text=True
    ) as gateway:
        assert gateway.stdout is not None
        said = gateway.stdout.readline() + gateway.stdout.readline()
        try:
            address, key = re.search(r"http://[^ /]+", said), re.search(r"cdg_\S+", said)
            assert address, said
            assert key, said
            async with httpx.AsyncClient(
                base_url=address[0], headers={"spm-api-key": key[0]}, timeout=PATIENCE
            ) as client:
                page = await client.get("/graphql", headers={"accept": "text/html"})
                answer = await client.post("/graphql", json={"query": "{ shop { name } }"})
            assert "<title>Custom Data Gateway</title>" in page.text
            assert answer.json()["data"] == {"shop": {"name": "Veterinary demo shop"}}
        finally:
            gateway.terminate()
