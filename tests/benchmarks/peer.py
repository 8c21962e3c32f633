"""PostGraphile beside the gateway: installed, its tables filled from the grid shop, started as one process."""

import json
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from tests.benchmarks.serving import HOME, Server, started

FOLDER = HOME / "peer"
POOL = 16  # as many connections as the gateway's worker has
_PACKAGES = {  # and the versions they begin with
    "node": "24", "postgraphile": "5", "postgraphile-plugin-connection-filter": "4",
    "@graphile/pg-aggregates": "0.2.0-rc.2",
}  # fmt: skip
_ROLE = "custom_data_benchmark_peer"
_RIGHTS = """
    grant usage on schema peer to {role};
    grant select on all tables in schema peer to {role};
    grant execute on all functions in schema peer to {role};
"""


class NoPeer(Exception):
    """PostGraphile cannot be installed here."""


def install() -> str:
    """Installs what is missing below FOLDER, by npm; says what there is. Raises NoPeer."""
    if not all(_version(name).startswith(version) for name, version in _PACKAGES.items()):
        if shutil.which("npm") is None:
            raise NoPeer("npm is missing, which installs PostGraphile. Install Node.js and npm first.")
        FOLDER.mkdir(parents=True, exist_ok=True)
        (FOLDER / "package.json").write_text('{"private": true}')
        print(f"installing PostGraphile below {FOLDER}", flush=True)
        wanted = [f"{name}@{version}" for name, version in _PACKAGES.items()]
        done = subprocess.run(
            ["npm", "install", "--no-audit", "--no-fund", *wanted], cwd=FOLDER, capture_output=True, text=True,
            check=False,
        )  # fmt: skip
        if done.returncode or not _node().exists():
            raise NoPeer(f"npm could not install {' '.join(wanted)}: {done.stdout[-1000:]}{done.stderr[-1000:]}")
    return f"PostGraphile {_version('postgraphile')} on Node {_version('node')}"


async def fill(url: str, shop: int) -> str:
    """Makes the schema `peer` of that shop unless it is there; the URL of the peer's own login. `url` logs in as the
    owner of the gateway's tables."""
    admin = await asyncpg.connect(url)
    try:
        made_for = await admin.fetchval("select obj_description(to_regnamespace('peer'))")
        script = files(__package__).joinpath("peer.sql").read_text()
        made = f"shop {int(shop)}, {sha256(script.encode()).hexdigest()}"
        if made_for != made:
            print("filling the peer's tables", flush=True)
            async with admin.transaction():
                await admin.execute("drop schema if exists peer cascade")
                await admin.execute(script.replace("{shop}", str(shop)))
                await admin.execute(f"comment on schema peer is '{made}'")
            await admin.execute("vacuum analyze")
        return await _login(admin, url)
    finally:
        await admin.close()


async def _login(admin: "asyncpg.Connection[asyncpg.Record]", url: str) -> str:
    password = secrets.token_hex()
    if not await admin.fetchval("select exists (select from pg_roles where rolname = $1)", _ROLE):
        await admin.execute(f"create role {_ROLE} nosuperuser nobypassrls")
    await admin.execute(f"alter role {_ROLE} login password '{password}'")
    await admin.execute(_RIGHTS.format(role=_ROLE))
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=f"{_ROLE}:{password}@{parts.netloc.rpartition('@')[2]}"))


@contextmanager
def serving(url: str, *, filters: bool = False) -> Iterator[Server]:
    """PostGraphile over the schema `peer`, as that login; with its plugins for filters and aggregates."""
    program = FOLDER / "peer.mjs"
    program.write_text(files(__package__).joinpath("peer.mjs").read_text())
    environment = {
        "PEER_URL": url, "PEER_POOL": str(POOL), "GRAPHILE_ENV": "production", "NODE_ENV": "production",
        "PEER_FILTERS": "1" if filters else "",
    }  # fmt: skip
    with started("PostGraphile", [str(_node()), str(program)], environment, "/") as server:
        yield server


def cursors(server: Server) -> dict[str, str]:
    """A cursor of each list in its usual order."""
    lists = ("allLoyalties", "allContacts", "allProducts")
    document = "{" + " ".join(f"{name}(first: 1) {{ pageInfo {{ endCursor }} }}" for name in lists) + "}"
    data = server.data(json.dumps({"query": document}).encode())
    return {name: page["pageInfo"]["endCursor"] for name, page in data.items()}


def _node() -> Path:
    return (FOLDER / "node_modules/node/bin/node").absolute()


def _version(package: str) -> str:
    try:
        return str(json.loads((FOLDER / "node_modules" / package / "package.json").read_text())["version"])
    except OSError:
        return "none"
