"""Resolving 50 mixed identifiers among 100,000 contacts: `python -m tests.benchmarks.contacts` (see grid.py).

17 by id, 17 by e-mail and 16 by customer id, others each time, as a batch of records names them. Goal: three
statements, together under 2 ms.
"""

import asyncio
from time import perf_counter

from app.domain.references import ContactReference
from app.loaders.references import Resolver
from app.store.database import Database
from app.store.statements import Statement
from tests.benchmarks.grid import CONTACTS, build, gateway, server
from tests.benchmarks.timing import in_milliseconds, watched

RUNS = 200
_FIRST = Statement("first_contact", "select min(id) as id from contacts where shop_id = $1")


def mixed(run: int, first: int) -> list[ContactReference]:
    numbers = [(run * 977 + n * 1_009) % CONTACTS + 1 for n in range(50)]
    return [
        ContactReference("id_contact", first + number - 1) if n % 3 == 0
        else ContactReference("email", f"c{number}@example.test") if n % 3 == 1
        else ContactReference("id_customer", f"C{number}")
        for n, number in enumerate(numbers)
    ]  # fmt: skip


async def main(url: str) -> None:
    shop = await build(url)
    database = await Database.connect(gateway(url), size=1)
    whole, waiting = [], []
    try:
        async with database.reading(shop) as session:
            [row] = await session.fetch(_FIRST)
            for run in range(RUNS):
                began = perf_counter()
                with watched() as watch:
                    resolver = await Resolver.ask(
                        session, None, asked := mixed(run, row["id"]), reject_ambiguous=False, hold=False
                    )
                whole.append(perf_counter() - began)
                waiting.append(watch.seconds)
                assert watch.statements == 3
                assert all(resolver.answer(reference).id for reference in asked)
    finally:
        await database.close()
    print("## 50 mixed identifiers among 100,000 contacts (goal: under 2 ms)")
    print(f"statements  {in_milliseconds(waiting[20:])}")
    print(f"whole       {in_milliseconds(whole[20:])}")


if __name__ == "__main__":
    with server() as url:
        asyncio.run(main(url))
