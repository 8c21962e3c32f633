"""What a reading request takes of the interpreter, layer by layer, beside the handler written by hand:
`python -m tests.benchmarks.reading --steps Q4`.

Counted are the steps (bytecodes) that the interpreter executes, which are the same in every run; one is worth about a
hundred instructions, with all that it calls in C. HTTP's protocol below the application is not among them: it is the
same on both sides.
"""

import os
import sys
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from types import FrameType
from typing import Any

from tests.benchmarks import by_hand, profiling
from tests.benchmarks.queries import Question
from tests.benchmarks.sides import Bench

RUNS = 20
_LAYERS = {
    "driver": ("/asyncpg/",),
    "snapshot, statements, rows": ("/app/store/",),
    "columns (app/tables.py)": ("/app/tables.py",),
    "executor": ("/app/execution/", "site-packages/graphql/", "site-packages/strawberry/", "<string>"),
    "resolvers": ("/app/graphql/", "/app/domain/"),
    "loaders": ("/app/loaders/", "aiodataloader"),
    "telemetry": ("/app/telemetry/",),
    "server": ("/app/server/", "/starlette/", "/json/"),
    "by hand": ("/by_hand.py",),
}
_OURS = (
    "/app/graphql/limits",
    "/app/graphql/cost",
    "/app/graphql/documents",
    "/app/graphql/schema",
    "/app/graphql/context",
)
_BOUNDS = "limits, cost, context"
_OTHER = "asyncio and others"

Ask = Callable[[bytes], Awaitable[None]]


async def main(bench: Bench, question: Question) -> None:
    bodies = question.bodies(bench.places, RUNS)[0]
    async with profiling.asking(bench) as (ask, _):
        ours = await _counted(ask, bodies)
    theirs = Counter[str]()
    if question.by_hand:
        async with _asking_by_hand(bench, question) as ask:
            theirs = await _counted(ask, bodies)
    print(f"\n## {question.name}: {question.title}; steps of the interpreter for a request\n")
    print(f"{'':28}{'gateway':>9}{'by hand':>9}")
    for layer in sorted(ours | theirs, key=lambda each: -ours[each]):
        print(f"{layer:28}{ours[layer]:9,.0f}{theirs[layer]:9,.0f}")
    print(f"{'together':28}{ours.total():9,.0f}{theirs.total():9,.0f}")


async def _counted(ask: Ask, bodies: Iterable[bytes]) -> Counter[str]:
    """The steps of one request by layer, on average, once everything is warm."""
    bodies = list(bodies)
    for body in bodies:
        await ask(body)
    steps: Counter[str] = Counter()

    def traced(frame: FrameType, event: str, _: object) -> Any:
        if event == "call":
            frame.f_trace_opcodes, frame.f_trace_lines = True, False
        elif event == "opcode":
            steps[frame.f_code.co_filename] += 1
        return traced

    sys.settrace(traced)
    try:
        for body in bodies:
            await ask(body)
    finally:
        sys.settrace(None)
    layers: Counter[str] = Counter()
    for file, count in steps.items():
        if "/tests/benchmarks/profiling" not in file:
            layers[_layer(file)] += count
    return Counter({layer: count // len(bodies) for layer, count in layers.items()})


def _layer(file: str) -> str:
    if any(part in file for part in _OURS):
        return _BOUNDS
    return next((name for name, parts in _LAYERS.items() if any(part in file for part in parts)), _OTHER)


@asynccontextmanager
async def _asking_by_hand(bench: Bench, question: Question) -> Any:
    os.environ.update(bench.environment)
    app = by_hand.create()
    async with app.router.lifespan_context(app):
        yield lambda body: profiling.ask_once(app, bench, body, f"/{question.name}")
