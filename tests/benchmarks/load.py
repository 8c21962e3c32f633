"""One round of load: 16 connections that repeat a list of requests, by wrk, and what it cost the server."""

import json
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from statistics import median

import psutil

from tests.benchmarks.serving import HOME, Server, cpu_of

CONNECTIONS = 16
_SCRIPT = """
local bodies = {{
{bodies}
}}
local requests, turn = {{}}, 0
wrk.method = "POST"
{headers}

init = function()
  for n, body in ipairs(bodies) do requests[n] = wrk.format(nil, "{path}", nil, body) end
end

request = function()
  turn = turn % #requests + 1
  return requests[turn]
end

done = function(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '\\n{{"requests": %d, "seconds": %f, "p50": %f, "p99": %f, "refused": %d, "failed": %d}}\\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    errors.status, errors.connect + errors.read + errors.write + errors.timeout))
end
"""


class LoadFailed(Exception):
    """wrk is missing, or the server refused or dropped requests."""


@dataclass(frozen=True)
class Round:
    """Requests answered a second; milliseconds of latency; milliseconds of processor time for each answer, of the
    server's process and of the database's (None if that runs elsewhere); resident MB at the end; and how many requests
    were refused, which a server may when it is far too slow for the load."""

    rate: float
    p50: float
    p99: float
    cpu: float
    database: float | None
    memory: float
    refused: float


def require_wrk() -> None:
    """Raises LoadFailed."""
    if shutil.which("wrk") is None:
        raise LoadFailed("wrk is missing, which makes the load. Install it: apt-get install wrk.")


def script(server: Server, bodies: Sequence[bytes]) -> Path:
    """The file that has wrk post these bodies to that server in turn."""
    headers = {"Content-Type": "application/json", **server.headers}
    text = _SCRIPT.format(
        bodies=",\n".join(json.dumps(body.decode()) for body in bodies),  # a text in JSON is one in Lua
        headers="\n".join(f"wrk.headers[{json.dumps(key)}] = {json.dumps(value)}" for key, value in headers.items()),
        path=server.path,
    )
    made = HOME / f"{server.name.replace(' ', '-')}.lua"
    made.write_text(text)
    return made


def run(server: Server, asking: Path, seconds: int, database: psutil.Process | None) -> Round:
    """A round. Raises LoadFailed when an answer fails to come, or more than a tenth are refusals."""
    before, database_before = server.cpu(), _database_cpu(database)
    wrk = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--timeout", "30s", "--latency", "-s", str(asking)]
    done = subprocess.run([*wrk, f"http://127.0.0.1:{server.port}"], capture_output=True, text=True, check=False)
    used, database_used = server.cpu() - before, _database_cpu(database) - database_before
    if done.returncode:
        raise LoadFailed(f"wrk failed: {done.stdout[-500:]}{done.stderr[-500:]}")
    said = json.loads(done.stdout.splitlines()[-1])
    count = said["requests"] - said["refused"]
    if said["failed"] or count <= said["requests"] * 0.9:
        raise LoadFailed(f"{server.name} did not answer everything: {said}")
    return Round(
        count / said["seconds"], said["p50"], said["p99"], used * 1000 / count,
        database_used * 1000 / count if database else None, server.memory(),
        said["refused"],
    )  # fmt: skip


def typical(rounds: Sequence[Round]) -> Round:
    """The median of each figure."""
    columns = ([getattr(each, name.name) for each in rounds] for name in fields(Round))
    return Round(*(None if None in column else median(column) for column in columns))


def _database_cpu(database: psutil.Process | None) -> float:
    return cpu_of(database) if database else 0.0
