"""What saving costs beside a raw upsert: `python -m tests.benchmarks.saving` (see grid.py).

Batches of 50 records, once of plain ones (veterinarians) and once of the price list, each naming a vet by its unique
key and a product by id, go

- raw: already resolved and slotted, as one multi-row upsert by asyncpg into the same table, tenant set;
- save: through `operations.save_records`, everything checked, resolved, merged and answered;
- unlogged: the same without its changes being kept in the change log;
- GraphQL: through the whole schema, from variables to the payload's verdicts.

Rounds alternate; figures are medians of rows a second. First all rows are new, then all are known and changed.
"""

from collections.abc import Awaitable, Callable
from decimal import Decimal
from itertools import count
from statistics import median
from time import perf_counter
from typing import Any
from unittest.mock import patch

import uvloop

from app.demo.content import DEFINITIONS
from app.domain.access import Viewer
from app.domain.definitions import Definition
from app.domain.keys import unique_key
from app.domain.shops import Shop, new_key
from app.graphql.context import Context
from app.graphql.schema import schema
from app.operations.create_definition import create_definition
from app.operations.save_products import save_products
from app.operations.save_records import SaveRecords, save_records
from app.operations.transaction import Call
from app.store.administration import administering
from app.store.database import Database
from app.store.keys import create_key
from app.store.migrate import migrate
from app.store.record_writes import Row, _columns, _insert, _slots
from app.store.shops import create_shop, find_shop
from app.store.statements import Statement
from tests.benchmarks.grid import gateway, server

ROUNDS = 9
BATCHES = 40
SIZE = 50

MUTATION = """
mutation Save($input: SaveRecordsInput!) {
  saveCustomDataRecords(input: $input) { created updated rejected results { index outcome errors { code message } } }
}
"""

Batch = list[dict[str, Any]]
Way = Callable[[Batch], Awaitable[None]]


async def main(url: str) -> None:
    await migrate(url)
    database = await Database.connect(gateway(url), size=2)
    try:
        shop = await _prepared_shop(database, url)
        prices = _Lists(database, shop)
        for lists in (_Plain(), prices):
            ways = await _ways(database, shop, lists.definition)
            for what, fresh in (("new rows", True), ("known rows, each changed", False)):
                print(f"\n## {lists.definition}, {what}: batches of {SIZE}, rows a second")
                await _compare(ways, lists, fresh)
    finally:
        await database.close()


async def _prepared_shop(database: Database, admin_url: str) -> int:
    async with administering(admin_url) as connection:
        shop = (await create_shop(connection, "saving benchmark")).id
    call = Call(shop, 0, "benchmark")
    for draft in DEFINITIONS[:2]:
        answer = await create_definition(database, call, draft)
        assert not answer.problems, answer
    await save_products(database, call, [_product(n) for n in range(SIZE)])
    return shop


def _product(n: int) -> dict[str, Any]:
    return {
        "id_product": f"p{n}", "reference": None, "name": f"Product {n}", "price": Decimal(10), "price_discount": None,
        "currency": None, "lang": None, "is_active": True,
    }  # fmt: skip


async def _ways(database: Database, shop: int, definition: str) -> dict[str, Way]:
    async with database.reading(shop) as session:
        model = await database.models.current(session)
        shop_row = await find_shop(session)
    async with database.writing(shop) as session:
        _, digest, prefix = new_key(shop)
        key = await create_key(session, "benchmark", digest, prefix)
    assert shop_row is not None
    context_of = (database, shop_row, Viewer(key.scopes, api_key_id=key.id))
    return {
        "raw": _Raw(database, shop, model.by_key[definition]).save,
        "save": lambda batch: _save(database, shop, definition, batch),
        "unlogged": lambda batch: _save_unlogged(database, shop, definition, batch),
        "GraphQL": lambda batch: _graphql(context_of, definition, batch),
    }


class _Raw:
    """The rows as the table wants them, in one statement and one transaction a batch."""

    def __init__(self, database: Database, shop: int, definition: Definition) -> None:
        self._database, self._shop, self._definition = database, shop, definition
        sql = _insert(_slots(definition)).sql.replace("do nothing", f"do update set {self._changes()}")
        self._upsert = Statement("raw", sql)

    def _changes(self) -> str:
        names = ("data", *_slots(self._definition))
        return ", ".join(f"{n} = excluded.{n}" for n in names) + ", version = records.version + 1, updated_at = now()"

    async def save(self, batch: Batch) -> None:
        rows = []
        for record in batch:
            data = record | ({"veto_id": VETS[record["veto_id"]["value"]]} if "veto_id" in record else {})
            rows.append(Row(0, unique_key(self._definition, data)[0], 1, data))
        async with self._database.writing(self._shop) as session:
            columns = _columns(self._definition, rows)[1:]
            written = await session.fetch(self._upsert, self._definition.id, *columns)
        assert len(written) == SIZE


VETS: dict[str, int] = {}


async def _save(database: Database, shop: int, definition: str, batch: Batch) -> None:
    answer = await save_records(database, Call(shop, 0, "benchmark"), SaveRecords(definition, batch))
    assert answer.wrote, answer
    assert not any(verdict.errors for verdict in answer.verdicts)


async def _save_unlogged(database: Database, shop: int, definition: str, batch: Batch) -> None:
    async def nothing(*_: Any) -> None:
        return None

    with patch("app.operations.journal.log", nothing):
        await _save(database, shop, definition, batch)


async def _graphql(context_of: tuple[Database, Shop, Viewer], definition: str, batch: Batch) -> None:
    context = Context(*context_of)
    variables = {"input": {"definition": definition, "records": batch}}
    result = await schema.execute(MUTATION, variables, context)
    await context.close()
    assert not result.errors, result.errors
    assert result.data is not None
    assert result.data["saveCustomDataRecords"]["rejected"] == 0


_numbers = count()


async def _compare(ways: dict[str, Way], lists: "_Lists | _Plain", fresh: bool) -> None:
    rates: dict[str, list[float]] = {name: [] for name in ways}
    for round_ in range(ROUNDS + 1):
        for name, way in ways.items():
            batches = await lists.next(name, fresh=fresh)
            began = perf_counter()
            for batch in batches:
                await way(batch)
            if round_:  # the first one warms up
                rates[name].append(BATCHES * SIZE / (perf_counter() - began))
    raw = median(rates["raw"])
    for name, measured in rates.items():
        print(f"{name:8} {median(measured):8,.0f}   {median(measured) / raw:5.2f} of raw")


class _Plain:
    """Records without relations: new ones, or the same again with another town."""

    definition = "veterinarian"

    def __init__(self) -> None:
        self._known: dict[str, list[str]] = {}

    async def next(self, way: str, *, fresh: bool) -> list[Batch]:
        if fresh or way not in self._known:
            self._known[way] = [f"Plain {next(_numbers)}" for _ in range(BATCHES * SIZE)]
        town = f"Town {next(_numbers)}"
        records = [
            {"nom": name, "ville": town, "telephone": "+33 1 00 00 00 00", "email": "vet@example.test"}
            for name in self._known[way]
        ]
        return [records[start : start + SIZE] for start in range(0, len(records), SIZE)]


class _Lists:
    """Price lists to save: of vets never used before, or of the same vets again at other prices."""

    definition = "vet_pricing"

    def __init__(self, database: Database, shop: int) -> None:
        self._database, self._call = database, Call(shop, 0, "benchmark")
        self._known: dict[str, list[str]] = {}

    async def next(self, way: str, *, fresh: bool) -> list[Batch]:
        vets = await self._new_vets() if fresh or way not in self._known else self._known[way]
        self._known[way] = vets
        price = f"{next(_numbers) % 900 + 1}.50"
        return [
            [{"veto_id": {"by": "nom", "value": vet}, "product_id": f"p{n}", "price": price} for n in range(SIZE)]
            for vet in vets
        ]

    async def _new_vets(self) -> list[str]:
        names = [f"Dr {next(_numbers)}" for _ in range(BATCHES)]
        records = [{"nom": name} for name in names]
        answer = await save_records(self._database, self._call, SaveRecords("veterinarian", records))
        VETS.update(zip(names, (int(verdict.id or 0) for verdict in answer.verdicts), strict=True))
        return names


if __name__ == "__main__":
    with server() as url:
        uvloop.run(main(url))
