"""Attacks a gateway and reports: what it answered, how long that took, and whether it is afterwards as it was before.

python -m tests.limits.abuse [rounds]
"""

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass

from tests import database
from tests.limits.attacks import ATTACKS
from tests.limits.edge import PATIENCE
from tests.limits.gateway import Served, Weight, served

ROUNDS = 20
MEBIBYTE = 1024 * 1024
GROWTH = 24 * MEBIBYTE  # that an attack may leave behind when repeated: the allocator's slack
SETTINGS = {"CUSTOM_DATA_BODY_TIMEOUT_MS": 500, "CUSTOM_DATA_RATE_SIZE": 10**9, "CUSTOM_DATA_RATE_REFILL": 10**9}


@dataclass(frozen=True)
class Report:
    """Of one attack, the slowest round's seconds and the weight before and after all rounds."""

    name: str
    seen: set[int]
    expected: set[int]
    seconds: float
    before: Weight
    after: Weight

    @property
    def faults(self) -> list[str]:
        found = []
        if not self.seen <= self.expected:
            found.append(f"answered {sorted(self.seen)}, not {sorted(self.expected)}")
        if self.after.memory - self.before.memory > GROWTH:
            found.append(f"grew by {(self.after.memory - self.before.memory) // MEBIBYTE} MiB")
        for what in ("tasks", "busy", "sockets"):
            if getattr(self.after, what) > getattr(self.before, what):
                found.append(f"{what}: {getattr(self.before, what)} before, {getattr(self.after, what)} after")
        return found

    def __str__(self) -> str:
        answered = ", ".join(str(status) if status else "closed" for status in sorted(self.seen))
        growth = (self.after.memory - self.before.memory) / MEBIBYTE
        ending = "; ".join(self.faults) or "as before"
        return (
            f"| {self.name} | {answered} | {self.seconds * 1000:.0f} ms | {growth:+.1f} MiB |"
            f" {self.after.tasks} | {self.after.busy} | {ending} |"
        )


HEADING = "| attack | answered | slowest round | memory | tasks | busy | afterwards |\n|---|---|---|---|---|---|---|"


async def reports(gateway: Served, rounds: int, names: Collection[str] = ATTACKS) -> AsyncIterator[Report]:
    """Each attack once to warm up, then in rounds."""
    for name in names:
        attack, expected = ATTACKS[name]
        idle = await calm(gateway, None)
        seen: set[int] = set()
        slowest, before = 0.0, idle
        for number in range(rounds + 1):
            start = time.perf_counter()
            seen |= await attack(gateway)
            slowest = max(slowest, time.perf_counter() - start)
            if number == 0:
                before = await calm(gateway, idle)
        yield Report(name, seen, expected, slowest, before, await calm(gateway, before))


async def calm(gateway: Served, before: Weight | None) -> Weight:
    """The weight once it is no more than before, or after long enough."""
    deadline = time.monotonic() + PATIENCE
    while True:
        weight = await gateway.weight()
        settled = before is None or (
            weight.tasks <= before.tasks and weight.busy <= before.busy and weight.sockets <= before.sockets
        )
        if (settled and not weight.busy) or time.monotonic() > deadline:
            return weight
        await asyncio.sleep(0.05)


async def main(rounds: int) -> bool:
    well = True
    async with served(os.environ["TEST_DATABASE_ADMIN_URL"], **SETTINGS) as gateway:
        print(HEADING)
        async for report in reports(gateway, rounds):
            print(report, flush=True)
            well = well and not report.faults
    return well


if __name__ == "__main__":
    database.start()
    try:
        sys.exit(not asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS)))
    finally:
        database.stop()
