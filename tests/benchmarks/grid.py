"""The veterinary shop at its real size: 700 vets x 1,200 products, 100,000 contacts, each with a vet and a card.

`python -m tests.benchmarks.grid` migrates and fills the database of TEST_DATABASE_ADMIN_URL, else an embedded one below
.custom-data/benchmarks, in half a minute, and prints the shop's id; a second run leaves the shop as it is. Rows are
written product by product, so that one vet's price list is spread over the whole table: the harder case.
"""

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import asyncpg

from app.domain.definitions import Definition, Field, FieldType, OverrideSource, Relationship, Status, Target
from app.domain.drafts import Planned
from app.domain.slots import assign
from app.store import definitions
from app.store.database import Database
from app.store.embedded import EmbeddedServer
from app.store.migrate import migrate


@dataclass(frozen=True)
class Size:
    """A shop of its own for each size: vets x products prices, and two records and a customer for each contact."""

    shop: str
    vets: int
    products: int
    contacts: int


GRID = Size("Benchmark grid", 700, 1_200, 100_000)  # 1,040,700 records
SMALL = Size("Benchmark grid, small", 7, 1_200, 800)  # 10,007 records
VETS, PRODUCTS, CONTACTS = GRID.vets, GRID.products, GRID.contacts
_TEXT, _NUMBER, _DECIMAL, _DATE = FieldType.STRING, FieldType.NUMBER, FieldType.DECIMAL, FieldType.DATE


def defined(
    key: str, types: dict[str, FieldType], relations: dict[str, Target | int], unique: tuple[str, ...]
) -> Definition:
    """A definition that is not stored yet, with its slots."""
    relationships = tuple(
        Relationship(field, Target.DEFINITION, to) if isinstance(to, int) else Relationship(field, to)
        for field, to in relations.items()
    )
    fields = [Field(name, kind, name) for name, kind in types.items()]
    slots = assign(fields, relationships, unique)
    slotted = tuple(replace(field, slot=slots.get(field.name)) for field in fields)
    now = datetime.now(UTC)
    return Definition(0, key, key, None, Status.ACTIVE, slotted, relationships, unique, now, now)


def veterinarian() -> Definition:
    return defined("veterinarian", {"nom": _TEXT, "ville": _TEXT}, {}, ("nom",))


def vet_pricing(vet: int) -> Definition:
    types = {"veto_id": _NUMBER, "product_id": _TEXT, "price": _DECIMAL, "price_discount": _DECIMAL}
    return defined("vet_pricing", types, {"veto_id": vet, "product_id": Target.PRODUCTS}, ("veto_id", "product_id"))


def vet_assignment(vet: int) -> Definition:
    types = {"contact_id": _NUMBER, "veto_id": _NUMBER, "since": _DATE}
    return defined("vet_assignment", types, {"contact_id": Target.CONTACTS, "veto_id": vet}, ("contact_id",))


def loyalty() -> Definition:
    types = {"contact_id": _NUMBER, "product_id": _TEXT, "points": _NUMBER, "tier": _TEXT, "since": _DATE}
    relations: dict[str, Target | int] = {"contact_id": Target.CONTACTS, "product_id": Target.PRODUCTS}
    return defined("loyalty", types, relations, ("contact_id",))


_CATALOGUE = [
    """insert into contacts (shop_id, email, email_key, first_name, last_name)
       select $1, 'c' || n || '@example.test', 'c' || n || '@example.test', 'First', 'Last'
       from generate_series(1, $2::int) n""",
    """insert into products (shop_id, id, reference, reference_key, name, name_key, price)
       select $1, 'p' || n, 'R' || n, 'r' || n, 'Product ' || n, 'product ' || n, round(10 + n / 100.0, 2)
       from generate_series(1, $2::int) n""",
]
_CUSTOMERS = """
    insert into customers (shop_id, source, id_customer, contact_id, email, email_key, email_verified)
    select shop_id, 'shop', 'C' || row_number() over (order by id), id, email, email_key, true
    from contacts where shop_id = $1"""
# $1 shop, $2 definition, $3 what there is of the vets, contacts or products it refers to; {field} stands for its slot
_VETS = """
    insert into records (shop_id, definition_id, unique_key, {nom}, {ville}, data)
    select $1, $2, to_json('Vet ' || n)::text, 'Vet ' || n, 'Lyon',
           jsonb_build_object('nom', 'Vet ' || n, 'ville', 'Lyon')
    from generate_series(1, $3::int) n"""
_PRICING = """
    insert into records (shop_id, definition_id, unique_key, {veto_id}, {product_id}, {price}, {price_discount}, data)
    select $1, $2, v.id || ',' || to_json(p.id), v.id, p.id, amount, null, jsonb_build_object(
        'veto_id', v.id, 'product_id', p.id, 'price', amount::text, 'price_discount', null)
    from products p join records v on v.shop_id = p.shop_id and v.definition_id = $3,
         lateral (select round(p.price - v.id % 10 / 10.0, 2) as amount) a
    where p.shop_id = $1 order by p.id, v.id"""
_ASSIGNMENTS = """
    insert into records (shop_id, definition_id, unique_key, {contact_id}, {veto_id}, {since}, data)
    select $1, $2, c.id::text, c.id, v.id, timestamptz '2026-01-31 00:00Z', jsonb_build_object(
        'contact_id', c.id, 'veto_id', v.id, 'since', '2026-01-31')
    from (select id, row_number() over (order by id) % $4::int as n from contacts where shop_id = $1) c
    join (select id, row_number() over (order by id) - 1 as n from records where shop_id = $1 and definition_id = $3) v
      using (n)"""
_LOYALTY = """
    insert into records (shop_id, definition_id, unique_key, {contact_id}, {product_id}, {points}, {tier}, {since},
                         data)
    select $1, $2, c.id::text, c.id, product, points, tier, timestamptz '2026-01-31 00:00Z', jsonb_build_object(
        'contact_id', c.id, 'product_id', product, 'points', points, 'tier', tier, 'since', '2026-01-31')
    from contacts c, lateral (select 'p' || c.id % $3::int + 1 as product, c.id * 7 % 1000 as points,
                              (array['bronze', 'silver', 'gold'])[c.id % 3 + 1] as tier) card
    where c.shop_id = $1"""


@contextmanager
def server() -> Iterator[str]:
    """Where to connect as a role that bypasses row-level security: the environment's database, else an embedded one."""
    if url := os.environ.get("TEST_DATABASE_ADMIN_URL"):
        yield url
    else:
        with EmbeddedServer(Path(".custom-data/benchmarks")) as urls:
            yield urls.admin


def gateway(url: str) -> str:
    """The same database, for the pool: a login that may bypass row-level security takes on the gateway's role."""
    return os.environ.get("TEST_DATABASE_URL", url)


async def build(url: str, size: Size = GRID) -> int:
    """The shop of that size, made now if there is none. `url` logs in as a role that bypasses row-level security."""
    await migrate(url)
    admin = await asyncpg.connect(url)
    try:
        shop = await admin.fetchval("select shop_id from shops where name = $1", size.shop)
        if shop is None:
            async with admin.transaction():
                shop = await admin.fetchval("insert into shops (name) values ($1) returning shop_id", size.shop)
            await _fill(admin, url, shop, size)
        return int(shop)
    finally:
        await admin.close()


async def _fill(admin: "asyncpg.Connection[asyncpg.Record]", url: str, shop: int, size: Size) -> None:
    for statement, count in zip(_CATALOGUE, (size.contacts, size.products), strict=True):
        await admin.execute(statement, shop, count)
    await admin.execute(_CUSTOMERS, shop)
    database = await Database.connect(url, size=1)
    try:
        vet, made = await _define(database, shop, veterinarian())
        await admin.execute(_VETS.format_map(_slots(made)), shop, vet, size.vets)
        pricing, made = await _define(database, shop, vet_pricing(vet))
        await admin.execute(_PRICING.format_map(_slots(made)), shop, pricing, vet)
        assignment, made = await _define(database, shop, vet_assignment(vet))
        await admin.execute(_ASSIGNMENTS.format_map(_slots(made)), shop, assignment, vet, size.vets)
        card, made = await _define(database, shop, loyalty())
        await admin.execute(_LOYALTY.format_map(_slots(made)), shop, card, size.products)
        path = ("veto_id", f"{assignment}.veto_id", "contact_id")
        async with database.writing(shop) as session:
            await definitions.take_turn(session)
            source = OverrideSource("price", 1, pricing, "price", "product_id", path)
            await definitions.replace_sources(session, "price", [source])
    finally:
        await database.close()
    await admin.execute("vacuum analyze")


async def _define(database: Database, shop: int, draft: Definition) -> tuple[int, Definition]:
    async with database.writing(shop) as session:
        await definitions.take_turn(session)
        stored = await definitions.insert(
            session,
            Planned(draft.key, draft.name, draft.key, None, draft.fields, draft.relationships, draft.unique_keys),
        )
    return stored, draft


def _slots(definition: Definition) -> dict[str, str]:
    return {field.name: field.slot for field in definition.fields if field.slot}


if __name__ == "__main__":
    with server() as url:
        print(asyncio.run(build(url)))
