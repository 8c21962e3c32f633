"""Where the time of a reading request goes: `python -m tests.benchmarks.reading --profile Q1`.

The application is asked in this process, without sockets, one request after the other: first as it is, for the time
and the statements of a request, then under cProfile, whose shares are more to be trusted than its times. A function
of C counts as whoever called it; what the loop does, and its waiting for the database, is a group of its own.
"""

import asyncio
import cProfile
import pstats
from collections import defaultdict
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager
from statistics import median
from time import perf_counter, process_time
from typing import Any

from starlette.applications import Starlette
from starlette.types import ASGIApp

from app.server.app import mount
from app.server.settings import Settings
from app.store.database import Database
from tests.benchmarks.grid import gateway
from tests.benchmarks.queries import Question
from tests.benchmarks.sides import Bench

RUNS = 1_000
TOP = 25
_LOOP = "the loop, and waiting for the database"
_GROUPS = {
    "statements and driver": ("/asyncpg/", "/app/store/"),
    "executor": ("/app/execution/", "/graphql/execution/", "/strawberry/"),
    "parsing, validation, limits": ("/graphql/", "/app/graphql/limits", "/app/graphql/cost", "/app/graphql/documents"),
    "resolvers and loaders": ("/app/graphql/", "/app/loaders/", "/app/domain/", "/aiodataloader/", "aiodataloader.py"),
    "server": ("/app/server/", "/starlette/", "/uvicorn/"),
    _LOOP: ("/asyncio/", "/uvloop/", "uvloop"),
}
_ORDER = ("executor", "resolvers and loaders", "parsing, validation, limits")


async def main(bench: Bench, question: Question) -> None:
    bodies = question.bodies(bench.places, RUNS)[0]
    async with asking(bench) as (ask, statements):
        for body in bodies:
            await ask(body)  # warm: documents known, statements prepared
        statements.clear()
        await ask(bodies[0])
        print(f"\n## {question.name}: {question.title}\nstatements: {', '.join(statements)}")
        await _time(ask, bodies)
        profile = cProfile.Profile()
        profile.enable()
        for body in bodies:
            await ask(body)
        profile.disable()
    _print(pstats.Stats(profile).stats, len(bodies))  # type: ignore[attr-defined]


@asynccontextmanager
async def asking(bench: Bench) -> Any:
    """A function that asks it, and the names of the statements it has run."""
    settings = Settings.model_validate({**bench.environment})
    database = await Database.connect(gateway(bench.url), size=1)
    statements: list[str] = []
    database.observers.append(lambda _shop, statement: statements.append(statement.name))
    app = mount(Starlette(), database, settings)
    try:
        yield (lambda body: ask_once(app, bench, body)), statements
    finally:
        await database.close()


async def ask_once(app: ASGIApp, bench: Bench, body: bytes, path: str = "/graphql") -> None:
    """One request, as the server's protocol passes it on."""
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    headers += [(name.encode(), value.encode()) for name, value in bench.headers.items()]
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "http",
        "path": path, "raw_path": path.encode(), "query_string": b"", "root_path": "", "headers": headers,
        "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 8000),
    }  # fmt: skip
    incoming = [{"type": "http.request", "body": body, "more_body": False}]
    statuses = []

    async def receive() -> Any:
        return incoming.pop() if incoming else await asyncio.get_running_loop().create_future()

    async def send(message: Any) -> None:
        statuses.append(message.get("status"))

    await app(scope, receive, send)
    assert statuses[0] == 200


async def _time(ask: Callable[[bytes], Awaitable[None]], bodies: list[bytes]) -> None:
    times, used = [], process_time()
    for body in bodies:
        began = perf_counter()
        await ask(body)
        times.append(perf_counter() - began)
    used = (process_time() - used) / len(bodies)
    print(f"one request: {median(times) * 1000:.2f} ms in the median, of which {used * 1000:.2f} ms of processor time")


def _print(stats: dict[Any, Any], count: int) -> None:
    """Groups by their share, and the functions that take most by themselves."""
    own: dict[Any, float] = defaultdict(float)
    for function, (_, _, seconds, _, callers) in stats.items():
        if _group(function[0]) is not None or not callers:
            own[function] += seconds
            continue
        for caller, (_, _, part, _) in callers.items():
            own[caller] += part
    total = sum(own.values())
    groups: dict[str, float] = defaultdict(float)
    for function, seconds in own.items():
        groups[_group(function[0]) or "other"] += seconds
    print(f"under the profiler {total * 1000 / count:.2f} ms:")
    for name, seconds in sorted(groups.items(), key=lambda each: -each[1]):
        print(f"  {seconds / total:5.0%}  {name}")
    print("by function, with the functions of C it calls, share and microseconds under the profiler:")
    for function, seconds in sorted(own.items(), key=lambda each: -each[1])[:TOP]:
        print(f"  {seconds / total:5.1%} {seconds * 1e6 / count:8.1f}  {_named(function)}")


def _group(path: str) -> str | None:
    """None for functions of C and the standard library, which belong to their callers."""
    for name, parts in _GROUPS.items():
        if any(part in path for part in parts):
            return name
    return None


def _named(function: tuple[str, int, str]) -> str:
    path, line, name = function
    return name if path == "~" else f"{'/'.join(path.split('/')[-3:])}:{line} {name}"
