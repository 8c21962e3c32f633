"""A served gateway, and Node with the clients' packages."""

import asyncio
import json
import os
import shutil
import subprocess
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.processes import Gateway, serving
from tests.shops import ShopClient

PACKAGES = (
    "graphql@^16.11", "graphql-http@~1.23", "graphql-ws@^6.0", "ws@^8.18", "@apollo/client@^4.0", "rxjs@^7.8",
    "@urql/core@^6.0", "@urql/exchange-persisted@^5.0", "apollo-upload-client@^19.0",
)  # fmt: skip
_SCRIPTS = Path(__file__).parent
_PATIENCE = 300  # seconds; npm may be slow

Node = Callable[..., Awaitable[Any]]


@pytest.fixture(scope="session")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the packages installed and the scripts beside them."""
    folder = tmp_path_factory.mktemp("clients")
    command = ["npm", "install", "--no-audit", "--no-fund", "--prefix", str(folder), *PACKAGES]
    done = subprocess.run(command, capture_output=True, text=True, timeout=_PATIENCE, check=False)
    assert done.returncode == 0, done.stderr
    for script in _SCRIPTS.glob("*.mjs"):
        shutil.copy(script, folder)
    return folder


@pytest.fixture(scope="session")
def gateway(admin_url: str, gateway_url: str) -> Iterator[Gateway]:
    with serving("--workers", "1", DATABASE_URL=gateway_url, DATABASE_ADMIN_URL=admin_url) as running:
        yield running


@pytest.fixture
def node(packages: Path, gateway: Gateway, shop: ShopClient) -> Node:
    """Runs a script as a client of the shop and gives what it prints."""

    async def run(script: str, **settings: str) -> Any:
        process = await asyncio.create_subprocess_exec(
            "node", script, cwd=packages, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
            env={**os.environ, "GATEWAY": f"{gateway.url}/graphql", "KEY": shop.key, **settings},
        )  # fmt: skip
        said, complaints = await asyncio.wait_for(process.communicate(), _PATIENCE)
        assert process.returncode == 0, complaints.decode()
        return json.loads(said)

    return run
