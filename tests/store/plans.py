"""A filled table for two shops, and the plans the database makes for the gateway's statements on it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import asyncpg

from app.domain.definitions import Model
from app.store.database import Database
from app.store.session import Session
from app.store.statements import Statement
from tests.shops import ShopClient, VetShop

CONTACTS, PRODUCTS, VETS = 20_000, 2_000, 50  # of each of two shops; 400 products have prices: 80,000 records

# $1 is the shop; {name} is the id of a definition
_FILL = """
insert into contacts (shop_id, email, email_key, name_key, surname_key)
select $1, 'c' || n || '@x.test', 'c' || n || '@x.test', 'first last' || n, 'last' || n || ' first'
from generate_series(1, {contacts}) n;
insert into customers (shop_id, source, id_customer, contact_id, email, email_key, email_verified)
select $1, 'till', 'k' || id, id, email, email_key, true from contacts where shop_id = $1;
insert into products (shop_id, id, reference, reference_key, name, name_key, price)
select $1, 'p' || n, 'R' || n, 'r' || n, 'Product ' || n, 'product ' || n, n from generate_series(1, {products}) n;
insert into records (shop_id, definition_id, unique_key, str1, data)
select $1, {veterinarian}, to_json('Vet ' || n)::text, 'Vet ' || n, '{{}}' from generate_series(1, {vets}) n;
insert into records (shop_id, definition_id, unique_key, ref1, product1, num1, data)
select $1, {vet_pricing}, v.id || ',' || to_json(p.id), v.id, p.id, 5, '{{"price": "5"}}'
from products p, records v
where p.shop_id = $1 and p.price <= 400 and v.shop_id = $1 and v.definition_id = {veterinarian}
order by p.id, v.id on conflict do nothing;
insert into records (shop_id, definition_id, unique_key, ref1, ref2, data)
select $1, {vet_assignment}, c.id::text, c.id, v.id, '{{}}'
from (select id, row_number() over (order by id) % {vets} as n from contacts where shop_id = $1) c
join (select id, row_number() over (order by id) - 1 as n from records where shop_id = $1
      and definition_id = {veterinarian}) v using (n) on conflict do nothing;
"""


_BEGUN = Statement("begun", "select shop_id from shops where shop_id = $1")


@dataclass
class Grid:
    """A shop whose tables are full, beside a neighbour whose are, too."""

    database: Database
    shop: ShopClient
    model: Model
    some: dict[str, list[Any]] = field(default_factory=dict)  # a few ids and keys of each kind

    def definition(self, key: str) -> Any:
        return self.model.by_key[key]


async def fill(admin_url: str, vets: VetShop) -> Grid:
    """Fills the shop's tables, below all checks."""
    shop = vets.shop
    async with shop.database.reading(shop.id) as session:
        model = await shop.database.models.current(session)
    sizes = {"contacts": CONTACTS, "products": PRODUCTS, "vets": VETS}
    connection = await asyncpg.connect(admin_url)
    try:
        for text in _FILL.format(**sizes, **{d.key: d.id for d in model.definitions}).strip().split(";\n"):
            await connection.execute(text, shop.id)
        some = {
            "contacts": "select id from contacts where shop_id = $1 order by id offset 7000 limit 20",
            "records": "select id from records where shop_id = $1 order by id offset 7000 limit 20",
            "vets": "select id from records where shop_id = $1 and str1 like 'Vet %' limit 5",
            "prices": "select unique_key from records where shop_id = $1 and product1 = 'p7' limit 20",
        }
        found = {name: [row[0] for row in await connection.fetch(sql, shop.id)] for name, sql in some.items()}
    finally:
        await connection.close()
    return Grid(shop.database, shop, model, found)


async def analyse(admin_url: str) -> None:
    connection = await asyncpg.connect(admin_url)
    await connection.execute("vacuum analyze contacts, customers, products, records")
    await connection.close()


@dataclass(frozen=True)
class Scan:
    """One look at a table: through which index, under which conditions there, and what is left to filter."""

    table: str
    how: str
    condition: str


class Explained(Session):
    """A session that asks for the plans of each statement before it runs it: the one made for the values at hand, and
    the one that serves any values, as a prepared statement gets it."""

    def __init__(self, grid: Grid) -> None:
        super().__init__(grid.database.pool, grid.shop.id, f"begin; set local app.shop_id = '{grid.shop.id}'")
        self.plans: dict[str, Any] = {}  # "records.by_ids (custom)"

    async def fetch(self, statement: Statement, *args: Any) -> list[asyncpg.Record]:
        rows = await super().fetch(statement, *args)
        connection, sql = self._connection, statement.sql
        custom = await connection.fetchval(f"explain (format json) {sql}", self.shop_id, *args)
        nulls = ", ".join(["null"] * len((await connection.prepare(sql)).get_parameters()))
        await connection.execute(f"set local plan_cache_mode = force_generic_plan; prepare asked as {sql}")
        generic = await connection.fetchval(f"explain (format json) execute asked ({nulls})")
        await connection.execute("deallocate asked; set local plan_cache_mode = auto")
        for kind, plan in (("custom", custom), ("generic", generic)):
            self.plans[f"{statement.name} ({kind})"] = json.loads(plan)[0]["Plan"]
        return rows

    async def generic(self, statement: Statement, *args: int | str) -> Any:
        """Runs the statement by the plan that serves any values, and tells how that went."""
        return await self.ran("generic", statement, *args)

    async def ran(self, mode: str, statement: Statement, *args: int | str) -> Any:
        """The same by the generic plan, or by the custom one, for the values at hand."""
        await super().fetch(_BEGUN)
        connection = self._connection
        values = ", ".join(str(arg) if isinstance(arg, int) else f"'{arg}'" for arg in (self.shop_id, *args))
        await connection.execute(f"set local plan_cache_mode = force_{mode}_plan; prepare asked as {statement.sql}")
        explained = await connection.fetchval(f"explain (analyze, format json) execute asked ({values})")
        await connection.execute("deallocate asked")
        return json.loads(explained)[0]["Plan"]


def scans(node: dict[str, Any], table: str = "") -> Iterator[Scan]:
    """Every look at a table in a plan."""
    table = node.get("Relation Name", table)
    kind = node["Node Type"]
    if kind.endswith("Scan") and kind != "Bitmap Heap Scan" and (table or kind == "Seq Scan"):
        yield Scan(table, node.get("Index Name", kind), node.get("Index Cond", ""))
    for child in node.get("Plans", ()):
        yield from scans(child, table if kind in ("Bitmap Heap Scan", "BitmapOr", "BitmapAnd") else "")


def rows_read(node: dict[str, Any]) -> float:
    """How many rows the scans of an executed plan looked at."""
    own = node["Actual Rows"] + node.get("Rows Removed by Filter", 0) if node["Node Type"].endswith("Scan") else 0
    return float(own * node["Actual Loops"] + sum(map(rows_read, node.get("Plans", ()))))
