"""How long a shop's schema takes to make, and how the loop is held meanwhile: `python -m tests.benchmarks.schemas`.

The largest that is meant to be made: 100 definitions of 40 fields, each with relations to contacts, a product and
another definition. It is made as a worker makes it, in a thread, while the loop is asked to wake up every millisecond.
Goals: under 2 s, and at p99 the loop woken less than 20 ms late.
"""

import asyncio
import tracemalloc
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from statistics import median, quantiles
from time import perf_counter, sleep

import uvloop

from app.domain.definitions import Definition, Field, FieldType, Relationship, Status, Target
from app.graphql.schema import BREADTH_FIRST, Schema, schema_for
from app.graphql.typed.digest import version
from app.server.garbage import spare_collections
from app.server.shop_schemas import quietly

DEFINITIONS, FIELDS, ROUNDS = 100, 40, 5
TIMES = 5  # in a round, so that there are enough delays for a p99
_TICK = 0.001
KEPT: list[Schema] = []
_SCALARS = [FieldType.STRING, FieldType.NUMBER, FieldType.DECIMAL, FieldType.BOOLEAN, FieldType.DATE,
            FieldType.DATETIME, FieldType.LIST, FieldType.JSON]  # fmt: skip


def definitions() -> list[Definition]:
    """Those of the largest shop."""
    return [_definition(n) for n in range(DEFINITIONS)]


def _definition(n: int) -> Definition:
    targets = {"contact_id": Target.CONTACTS, "product_id": Target.PRODUCTS, "other_id": Target.DEFINITION}
    relations = [
        Relationship(name, target, n or DEFINITIONS if target is Target.DEFINITION else None)
        for name, target in targets.items()
    ]
    fields = [Field(each.field, FieldType.NUMBER, each.field) for each in relations]
    fields += [_field(n) for n in range(FIELDS - len(fields))]
    now = datetime.now(UTC)
    return Definition(
        n + 1, f"thing_{n}", f"Thing {n}", "Something of the shop's own.", Status.ACTIVE, tuple(fields),
        tuple(relations), ("contact_id",), now, now,
    )  # fmt: skip


def _field(n: int) -> Field:
    kind = _SCALARS[n % len(_SCALARS)]
    options = ("gold", "silver", "bronze") if n % 16 == 0 else ()
    return Field(f"field_{n}", kind, f"Field {n}", "What people say of it.", options=options)


async def late(until: asyncio.Event) -> list[float]:
    """By how many milliseconds the loop woke up late, each time."""
    found = []
    while not until.is_set():
        began = perf_counter()
        await asyncio.sleep(_TICK)
        found.append((perf_counter() - began - _TICK) * 1000)
    return found


async def main() -> None:
    core, largest = schema_for(BREADTH_FIRST), definitions()
    spare_collections()
    tracemalloc.start()
    kept = core.of_shop(largest, contact=False)
    size = tracemalloc.get_traced_memory()[0] / 1_000_000
    tracemalloc.stop()
    began = perf_counter()
    version("", largest, contact=False)
    digested, printed = 1000 * (perf_counter() - began), len(kept.as_str()) // 1000
    print(f"version {digested:.0f} ms, schema {size:.0f} MB, SDL {printed} kB")
    print("round   made in ms   woken late by: median ms   p99 ms   at most ms   | without: p99 ms   at most ms")
    with ThreadPoolExecutor(1) as thread:
        for round_ in range(1, ROUNDS + 1):
            seconds, delays = await _watched(thread, lambda: _made(core, largest))
            _, idle = await _watched(thread, partial(sleep, seconds))
            print(
                f"{round_:5}{1000 * seconds / TIMES:13,.0f}{median(delays):26.1f}{_p99(delays):9.1f}{max(delays):13.1f}"
                f"{_p99(idle):20.1f}{max(idle):13.1f}"
            )


def _made(core: Schema, largest: list[Definition]) -> None:
    for _ in range(TIMES):
        with quietly():
            KEPT.append(core.of_shop(largest, contact=False))


async def _watched(thread: ThreadPoolExecutor, work: Callable[[], None]) -> tuple[float, list[float]]:
    """The seconds that some work takes in the thread, and how late the loop woke up meanwhile."""
    done = asyncio.Event()
    waiting = asyncio.ensure_future(late(done))
    began = perf_counter()
    await asyncio.get_running_loop().run_in_executor(thread, work)
    seconds = perf_counter() - began
    done.set()
    return seconds, await waiting


def _p99(delays: list[float]) -> float:
    return quantiles(delays, n=100)[98]


if __name__ == "__main__":
    uvloop.run(main())
