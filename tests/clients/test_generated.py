"""Clients generated from a shop's own schema type-check, in TypeScript (GraphQL Code Generator) and in Python
(ariadne-codegen), and the latter one works."""

import asyncio
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from app.demo import loading
from app.store.database import Database
from tests.processes import Gateway, run
from tests.shops import ShopClient, new_shop

NODE_PACKAGES = (
    "graphql@^16.11", "typescript@^5.9", "@graphql-codegen/cli@^7.0", "@graphql-codegen/typescript@^6.0",
    "@graphql-codegen/typescript-operations@^6.0",
)  # fmt: skip
PYTHON_PACKAGES = ("ariadne-codegen>=0.19,<0.20", "mypy>=1.18,<3")  # it needs an older graphql-core than we do
GIVEN = Path(__file__).parent / "generated"
_PATIENCE = 600  # seconds; registries may be slow


@pytest.fixture(scope="module")
async def demo(database: Database, http: httpx.AsyncClient, admin_url: str) -> AsyncIterator[ShopClient]:
    shop = await new_shop(database, http, admin_url)
    await loading.load(database, shop.id)
    return shop


@pytest.fixture
def folder(demo: ShopClient, tmp_path: Path, admin_url: str, gateway_url: str) -> Path:
    """A client's project: the shop's SDL, as the command line prints it, and the client's own files."""
    shutil.copytree(GIVEN, tmp_path, dirs_exist_ok=True)
    given = {"DATABASE_URL": gateway_url, "DATABASE_ADMIN_URL": admin_url}
    (tmp_path / "schema.graphql").write_text(run("schema", "--shop", str(demo.id), **given).stdout)
    return tmp_path


def done(folder: Path, *command: str | Path) -> str:
    """What a command says that must not fail."""
    ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=_PATIENCE, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


def test_types_for_typescript(folder: Path) -> None:
    done(folder, "npm", "install", "--no-audit", "--no-fund", "--prefix", folder, *NODE_PACKAGES)
    programs = folder / "node_modules" / ".bin"
    done(folder, programs / "graphql-codegen", "--config", "codegen.yml")
    done(
        folder,
        programs / "tsc",
        "--noEmit",
        "--strict",
        "--skipLibCheck",
        "--target",
        "es2022",
        "usage.ts",
        "schema.ts",
    )


async def test_a_client_for_python(folder: Path, demo: ShopClient, gateway: Gateway) -> None:
    python = folder / "venv" / "bin" / "python"
    done(folder, sys.executable, "-m", "venv", folder / "venv")
    done(folder, python, "-m", "pip", "install", "-q", *PYTHON_PACKAGES)
    (folder / "pyproject.toml").write_text(SETTINGS)
    done(folder, folder / "venv" / "bin" / "ariadne-codegen")
    done(folder, python, "-m", "mypy", "usage.py", "shop_client")
    script = ASK.format(url=f"{gateway.url}/graphql", key=demo.key)
    said = await asyncio.to_thread(done, folder, python, "-c", script)
    created, again, member, tiers, kept = said.split()
    assert (created, again) == ("True", "False")
    assert (tiers, kept) == ("gold,silver,bronze", "True")
    assert member.endswith("@example.com")


SETTINGS = """[tool.ariadne-codegen]
schema_path = "schema.graphql"
queries_path = "shop.graphql"
target_package_name = "shop_client"
"""
ASK = """
import asyncio
from shop_client import Client
from usage import keep, richest, save, tiers

async def main():
    client = Client("{url}", headers={{"spm-api-key": "{key}"}})
    for _ in range(2):
        print(await save(client, "noe.petit@example.com"))
    print(await richest(client))
    print(",".join(await tiers(client)))
    print(await keep(client))

asyncio.run(main())
"""
