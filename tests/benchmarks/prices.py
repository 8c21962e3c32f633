"""What prices cost on the big grid: `python -m tests.benchmarks.prices`, on the database that grid.py fills.

As the gateway's role, inside a tenant's transaction: the milliseconds of a walk (sent, run, received, read into
Python), the database's own time, and the plan with what it read; for custom and for generic plans, since a prepared
statement may come to either. The first round fills the server's memory and is printed as cold.
"""

import asyncio
from collections.abc import Callable
from statistics import median
from time import perf_counter

from app.store.database import Database
from app.store.pool import Connection
from app.store.price_walk import Route, compose, routes
from app.store.prices import walk
from app.store.statements import Statement
from tests.benchmarks.grid import CONTACTS, PRODUCTS, build, server

Pairs = list[tuple[int, str]]

RUNS = 60
MODES = ("auto", "force_custom_plan", "force_generic_plan")
_MODE = Statement("plan_mode", "select set_config('plan_cache_mode', $2, true) where $1::bigint is not null")
_FIRST = Statement("first_contact", "select min(id) as id from contacts where shop_id = $1")


def one_contact(run: int) -> Pairs:
    """The whole catalogue for one contact; another contact, with another vet, each time."""
    return [(run * 977 % CONTACTS, f"p{n}") for n in range(1, PRODUCTS + 1)]


def many_contacts(run: int) -> Pairs:
    """50 contacts of 50 vets x 20 products, others each time."""
    contacts = [(run * 977 + n * 1_009) % CONTACTS for n in range(50)]
    return [(contact, f"p{run * 31 % 1_000 + n}") for contact in contacts for n in range(1, 21)]


QUESTIONS: dict[str, Callable[[int], Pairs]] = {
    "1,200 products for one contact (goal: database time under 10 ms)": one_contact,
    "50 contacts x 20 products (goal: under 15 ms)": many_contacts,
}


async def main(url: str) -> None:
    shop = await build(url)
    database = await Database.connect(url, size=1)
    try:
        for name, question in QUESTIONS.items():
            print(f"\n## {name}")
            for temperature in ("cold", "warm", "warm", "warm"):
                for mode in MODES:
                    route = await _measure(database, shop, f"{temperature} {mode}", question)
            for mode in MODES[1:]:
                await _explain(database, shop, mode, route, question(RUNS))
    finally:
        await database.close()


async def _measure(database: Database, shop: int, label: str, question: Callable[[int], Pairs]) -> Route:
    async with database.reading(shop) as session:
        await session.fetch(_MODE, label.split()[1])
        first = (await session.fetch(_FIRST))[0]["id"]
        model = await database.models.current(session)
        [route] = routes(model, model.overrides)
        times = []
        for run in range(RUNS):
            pairs = [(first + contact, product) for contact, product in question(run)]
            began = perf_counter()
            found = await walk(session, route, pairs)
            times.append((perf_counter() - began) * 1000)
            assert all(found.record_ids)
    print(f"{label:24} walk {median(times):6.2f} ms in the median of {RUNS}, {max(times):6.2f} at worst")
    return route


async def _explain(database: Database, shop: int, mode: str, route: Route, pairs: Pairs) -> None:
    """The database's time as EXPLAIN measures it, and the plan that this mode gives."""
    async with database.pool.acquire() as connection, connection.transaction():
        await connection.execute(f"set local app.shop_id = '{shop}'; set local plan_cache_mode = {mode}")
        first = await connection.fetchval(_FIRST.sql, shop)
        execute = await _prepare(connection, shop, route, [(first + contact, product) for contact, product in pairs])
        times = []
        for _ in range(7):
            plan = [row[0] for row in await connection.fetch(f"explain (analyze, buffers, timing off) {execute}")]
            times.append(
                sum(float(line.split()[-2]) for line in plan if line.startswith(("Planning T", "Execution T")))
            )
        await connection.execute("deallocate walk")
    print(f"\n{mode}: planning and execution {times[0]:.2f} ms first, then {median(times[1:]):.2f}")
    print("\n".join(f"    {line}" for line in plan))


async def _prepare(connection: Connection, shop: int, route: Route, pairs: Pairs) -> str:
    """Prepares the walk under its name, and gives the EXECUTE for these pairs. Products here need no quoting."""
    statement, parameters = compose(route)
    contacts, products = zip(*pairs, strict=True)
    values = [shop, dict.fromkeys(contacts), contacts, products, *parameters]
    types = ["bigint", "bigint[]", "bigint[]", "text[]"]
    types += ["text" if isinstance(value, str) else "bigint" for value in parameters]
    await connection.execute(f"prepare walk ({', '.join(types)}) as {statement.sql}")
    texts = [str(v) if isinstance(v, int | str) else "{" + ",".join(map(str, v)) + "}" for v in values]
    return "execute walk (" + ", ".join(f"'{text}'::{type}" for text, type in zip(texts, types, strict=True)) + ")"


if __name__ == "__main__":
    with server() as url:
        asyncio.run(main(url))
