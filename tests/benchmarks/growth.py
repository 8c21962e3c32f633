"""Ten thousand records against a million: `python -m tests.benchmarks.growth` (see grid.py).

The page query (50 loyalty records with contact, product and the contact's price) and the price query (100 products
priced for one contact), from other places of the list each time, through the whole schema. Goal: the larger shop takes
less than 1.5 times as long.
"""

import asyncio
from statistics import median
from time import perf_counter
from typing import Any

from app.domain.access import Viewer
from app.graphql.context import Context
from app.graphql.node import encode
from app.graphql.schema import schema
from app.store.database import Database
from app.store.keys import create_key
from app.store.migrate import migrate
from app.store.shops import find_shop
from app.store.statements import Statement
from tests.benchmarks.grid import GRID, SMALL, Size, build, gateway, server
from tests.benchmarks.timing import watched

RUNS = 60
ROUNDS = 3

PAGE = """
query Page($after: String) {
  customDataRecords(definition: "loyalty", first: 50, after: $after) {
    nodes {
      id
      data
      contact: relation(field: "contact_id") { ... on Contact { idContact email firstName lastName } }
      pricing { payable }
      product: relation(field: "product_id") { ... on Product { idProduct name reference nativePrice } }
    }
  }
}
"""
PRICES = """
query Prices($ids: [ID!]!, $contact: ID!) {
  products(ids: $ids) { nodes { idProduct name price(contact: {idContact: $contact}) } }
}
"""
_BOUNDS = Statement(
    "bounds",
    "select (select min(id) from contacts where shop_id = $1) as contact, min(r.id) as first, max(r.id) as last"
    " from records r join definitions d on d.shop_id = r.shop_id and d.id = r.definition_id"
    " where r.shop_id = $1 and d.key = 'loyalty'",
)


class Asked:
    """One shop, and its questions."""

    def __init__(self, size: Size, database: Database, context: Any, bounds: Any) -> None:
        self.size, self.database, self.context, self.bounds = size, database, context, bounds

    def page(self, run: int) -> tuple[str, dict[str, Any]]:
        span = self.bounds["last"] - self.bounds["first"] - 60
        return PAGE, {"after": encode("cursor", self.bounds["first"] + run * 977 % span)}

    def prices(self, run: int) -> tuple[str, dict[str, Any]]:
        ids = [f"p{(run * 31 + n) % self.size.products + 1}" for n in range(100)]
        return PRICES, {"ids": ids, "contact": str(self.bounds["contact"] + run * 977 % self.size.contacts)}


async def main(url: str) -> None:
    await migrate(url)
    database = await Database.connect(gateway(url), size=1)
    try:
        shops = [await _shop(url, database, size) for size in (SMALL, GRID)]
        for name in ("page", "prices"):
            print(f"\n## {name} query: milliseconds in the median of {RUNS}, {ROUNDS} rounds")
            for round_ in range(ROUNDS + 1):
                small, large = [await _measure(shop, name) for shop in shops]
                if round_ == 0:
                    continue  # both sides warm first
                print(_line("statements", small[0], large[0]), "  ", _line("whole", small[1], large[1]))
    finally:
        await database.close()


def _line(what: str, small: float, large: float) -> str:
    return f"{what}: {small * 1000:5.2f} at 10,000, {large * 1000:5.2f} at 1,000,000, {large / small:4.2f} times"


async def _shop(url: str, database: Database, size: Size) -> Asked:
    shop_id = await build(url, size)
    async with database.writing(shop_id) as session:
        shop = await find_shop(session)
        key = await create_key(session, "benchmark", str(id(size)).encode(), "none")
        [bounds] = await session.fetch(_BOUNDS)
    return Asked(size, database, lambda: Context(database, shop, Viewer(key.scopes, api_key_id=key.id)), bounds)


async def _measure(shop: Asked, name: str) -> tuple[float, float]:
    waiting, whole = [], []
    for run in range(RUNS):
        document, variables = getattr(shop, name)(run)
        context = shop.context()
        began = perf_counter()
        with watched() as watch:
            result = await schema.execute(document, variables, context)
            await context.close()
        whole.append(perf_counter() - began)
        waiting.append(watch.seconds)
        assert not result.errors, result.errors
    return median(waiting), median(whole)


if __name__ == "__main__":
    with server() as url:
        asyncio.run(main(url))
