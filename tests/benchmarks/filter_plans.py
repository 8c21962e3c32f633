"""The database's own time for the statements of a question, and what their plans look at: as the gateway's role, under
row-level security, for the values at hand (custom) and for any values (generic)."""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from statistics import median
from typing import Any

from app.store.database import Database
from app.store.session import Session
from app.store.statements import Statement
from tests.benchmarks.filter_questions import FilterQuestion
from tests.benchmarks.grid import gateway
from tests.benchmarks.profiling import asking
from tests.benchmarks.sides import Bench

RUNS = 9  # others each time; the first warms up
_MODES = ("custom", "generic")
_Issued = list[tuple[Statement, tuple[Any, ...]]]


async def main(bench: Bench, questions: Sequence[FilterQuestion]) -> None:
    database = await Database.connect(gateway(bench.url), size=1)
    try:
        for question in questions:
            print(f"\n## {question.name}: {question.title}", flush=True)
            runs = [await _issued(bench, body) for body in question.bodies(bench.places, RUNS)[0]]
            for place, (statement, _) in enumerate(runs[0]):
                for mode in _MODES:
                    plans = [await _explained(database, bench.shop, mode, run[place]) for run in runs]
                    times = [plan["Planning Time"] + plan["Execution Time"] for plan in plans[1:]]
                    ran = median(plan["Execution Time"] for plan in plans[1:])
                    print(f"{statement.name}, {mode}: {ran:.2f} ms ({median(times):.2f} with planning)")
                    print(f"    {'; '.join(_looks(plans[-1]['Plan']))}")
    finally:
        await database.close()


async def _issued(bench: Bench, body: bytes) -> _Issued:
    """What a request asks of the database, but for the shop's model."""
    issued: _Issued = []
    fetch = Session.fetch

    async def watched(session: Session, statement: Statement, *args: Any) -> Any:
        if not statement.name.startswith(("definitions.", "overrides.", "keys.", "shops.", "segments.")):
            issued.append((statement, (session.shop_id, *args)))
        return await fetch(session, statement, *args)

    async with asking(bench) as (ask, _):
        Session.fetch = watched  # type: ignore[method-assign]
        try:
            await ask(body)
        finally:
            Session.fetch = fetch  # type: ignore[method-assign]
    return issued


async def _explained(database: Database, shop: int, mode: str, run: tuple[Statement, tuple[Any, ...]]) -> Any:
    statement, args = run
    async with database.pool.acquire() as connection, connection.transaction():
        await connection.execute(f"set local app.shop_id = '{shop}'")
        await connection.execute(f"set local plan_cache_mode = force_{mode}_plan; prepare asked as {statement.sql}")
        values = ", ".join(map(_literal, args))
        plan = await connection.fetchval(f"explain (analyze, timing off, format json) execute asked ({values})")
        await connection.execute("deallocate asked")
    return json.loads(plan)[0]


def _literal(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool | int | float):
        return str(value)
    if isinstance(value, list):
        value = "{" + ",".join(map(str, value)) + "}"
    text = value.isoformat() if isinstance(value, datetime) else str(value)
    return "'" + text.replace("'", "''") + "'"


def _looks(plan: Any) -> Iterator[str]:
    """Each node that reads or joins or sorts, from the top: how often, and how many rows."""
    name = plan.get("Index Name") or plan.get("Relation Name") or ""
    rows, loops = plan["Actual Rows"], plan["Actual Loops"]
    if loops and plan["Node Type"] not in ("Limit", "Result", "CTE Scan", "Subquery Scan"):
        yield f"{plan['Node Type']} {name} {rows:.0f}{f' x {loops:.0f}' if loops > 1 else ''}".replace("  ", " ")
    for inner in plan.get("Plans", ()):
        yield from _looks(inner)
