"""Random shops: definitions of every type with and without slots, relations in every direction, and rows whose values
lie where comparisons go wrong."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from app.domain.contacts import Customer
from app.domain.definitions import Definition, Field, FieldType, Model, Relationship, Status, Target
from app.domain.limits import SLOT_TEXT_LENGTH
from app.domain.products import ProductDraft
from app.domain.slots import assign
from app.store import contacts, customers, products, record_writes
from app.store.database import Database
from app.store.record_writes import Row as Written
from app.store.session import Session
from app.store.statements import Statement
from tests.filters.evaluator import World

LONG = "x" * (SLOT_TEXT_LENGTH - 1)
TEXTS = [
    "", "a", "ab", "abc", "b", "B", "é", "e\u0301", "ä", "%", "_", "a%", "a_c", "\\", "a\\b", "'", "'; --", '"', "\n",
    "\ud7ff", "\ue000", "\U0010ffff", "😀", LONG, LONG + "a", LONG + "b", LONG + "ab", LONG + "aba", "x",
]  # fmt: skip
NUMBERS = [0, 1, -1, 2, 0.1, 0.2, 0.30000000000000004, 1.5, 1e22, -1e22, 5e-324, 2**53, 1.7976931348623157e308]
DECIMALS = [
    "0", "0.00", "1", "1.0", "1.00", "-1", "0.1", "0.10", "0.1000000000000000000000000001",
    "1.000000000000000000000001",
    "64.00", "9007199254740993", "9007199254740992", "999999999999999999999999999999", "-0.5",
]  # fmt: skip
ZONES = {"Europe/Paris": "2026-03-29T12:00:00Z", "America/New_York": "2026-11-01T16:00:00Z"}


@cache
def dates(now: datetime) -> list[str]:
    """Days around today, the ends of its week, month, quarter and year, and some far away."""
    near = [now + timedelta(days=days) for days in (-400, -90, -31, -30, -29, -7, -6, -1, 0, 1, 6, 7, 13, 14, 60, 300)]
    ends = [f"{year}-{end}" for year in (2025, 2026, 2027) for end in ("01-01", "12-31", "03-31", "04-01")]
    return sorted({each.date().isoformat() for each in near} | set(ends))


@cache
def moments(now: datetime, zone: ZoneInfo) -> list[str]:
    """The midnights of those days in the shop's zone, and a microsecond before."""
    found = []
    for day in dates(now):
        midnight = datetime.fromisoformat(day).replace(tzinfo=zone).astimezone(UTC)
        found += [midnight, midnight - timedelta(microseconds=1)]
    return [each.isoformat().replace("+00:00", "Z") for each in found]


def values(kind: FieldType, now: datetime, zone: ZoneInfo) -> list[Any]:
    """Values of a scalar type, as they are sent and stored."""
    return {
        FieldType.STRING: TEXTS, FieldType.LONGTEXT: TEXTS, FieldType.NUMBER: NUMBERS, FieldType.DECIMAL: DECIMALS,
        FieldType.BOOLEAN: [True, False], FieldType.DATE: dates(now), FieldType.DATETIME: moments(now, zone),
    }.get(kind, [])  # fmt: skip


_SCALARS = [*FieldType][:7]  # up to DATETIME
_FIRST = 5_000_000_000  # ids of definitions that exist in the model only


def random_model(random: Random, seed: int) -> Model:
    """Three definitions. Each points to contacts (maybe twice), products, the others and itself."""
    ids = [_FIRST + seed * 10 + n for n in range(3)]
    return Model(1, tuple(_definition(random, id_, f"d{n}", ids) for n, id_ in enumerate(ids)), ())


def _definition(random: Random, id_: int, key: str, ids: list[int]) -> Definition:
    relationships = [Relationship("contact_id", Target.CONTACTS), Relationship("product_id", Target.PRODUCTS)]
    relationships += [Relationship("other_id", Target.DEFINITION, random.choice(ids))]
    relationships += random.sample(
        [Relationship("second_id", Target.CONTACTS), Relationship("own_id", Target.DEFINITION, id_)],
        random.randint(0, 2),
    )
    fields = [Field(r.field, FieldType.STRING if r.target is Target.PRODUCTS else FieldType.NUMBER, r.field)
              for r in relationships]  # fmt: skip
    for kind in FieldType:
        fields += [_field(random, kind, f"{kind.value.lower()}{n}") for n in range(random.randint(1, 2))]
    slots = assign(fields, relationships, ())
    withheld = {
        each.name for each in fields if each.name not in {r.field for r in relationships} and not random.randint(0, 2)
    }
    fields = [replace(each, slot=None if each.name in withheld else slots.get(each.name)) for each in fields]
    now = datetime(2026, 1, 1, tzinfo=UTC)
    return Definition(id_, key, key, None, Status.ACTIVE, tuple(fields), tuple(relationships), (), now, now)


def _field(random: Random, kind: FieldType, name: str) -> Field:
    return Field(name, kind, name, element_type=random.choice(_SCALARS) if kind is FieldType.LIST else None)


async def random_world(database: Database, shop_id: int, seed: int) -> World:
    """A shop filled at random, and everything in it."""
    random = Random(seed)
    zone, now = random.choice(sorted(ZONES.items()))
    world = World(random_model(random, seed), datetime.fromisoformat(now), ZoneInfo(zone))
    async with database.writing(shop_id) as session:
        await _people(session, random)
        await _buyers(session, random)
        await _goods(session, random)
        for definition in world.model.definitions:
            await _records(session, random, world, definition)
        for table in ("contacts", "products", "records", "customers"):
            await session.fetch(_SPREAD[table], world.now)
    async with database.reading(shop_id) as session:
        await _read(session, world)
    return world


async def _people(session: Session, random: Random) -> None:
    mails = ["a@x.test", "A@X.test", "b@y.test", "élan@x.test", None]
    people = [(random.choice(mails), random.choice([None, *TEXTS[1:24]]), random.choice([None, *TEXTS[1:24]]),
               random.choice(["fr", "en", None])) for _ in range(12)]  # fmt: skip
    await contacts.insert(session, people)


async def _buyers(session: Session, random: Random) -> None:
    """Of most contacts some customers, from two sources."""
    people = [row[0] for row in await session.fetch(_IDS["contacts"])]
    for n in range(16):
        mail, name = random.choice(["a@x.test", "A@X.test", "b@y.test", None]), random.choice([None, *TEXTS[1:24]])
        source = random.choice(["shop", "till"])
        await customers.write(
            session,
            [Customer(source, f"c{n}", random.choice(people[:8]), mail, random.random() < 0.5, name, None, "fr")],
        )


async def _goods(session: Session, random: Random) -> None:
    for n in range(8):
        price, discount = (
            Decimal(random.choice(DECIMALS).lstrip("-")),
            random.choice([None, Decimal("1.0"), Decimal(1)]),
        )
        draft = ProductDraft(f"p{n}", random.choice([None, "r", "R"]), random.choice(TEXTS[1:24]), price, discount,
                             random.choice([None, "EUR"]), None, random.random() < 0.5)  # fmt: skip
        await products.insert(session, [draft])


async def _records(session: Session, random: Random, world: World, definition: Definition) -> None:
    people = [row[0] for row in await session.fetch(_IDS["contacts"])]
    known = [row[0] for row in await session.fetch(_IDS["records"])]
    rows = []
    for _ in range(25):
        data: dict[str, Any] = {}
        for field in definition.fields:
            if random.random() < 0.75:
                data[field.name] = _value(random, world, definition, field, people, known)
        rows.append(Written(0, None, 1, {name: value for name, value in data.items() if value is not None}))
    ids = await record_writes.insert(session, definition, rows)
    assert None not in ids


def _value(
    random: Random, world: World, definition: Definition, field: Field, people: list[int], known: list[int]
) -> Any:
    relationship = definition.relationship.get(field.name)
    if relationship is not None:
        if relationship.target is Target.CONTACTS:
            return random.choice([*people[:4], 8_000_000_000])
        if relationship.target is Target.PRODUCTS:
            return random.choice(["p0", "p1", "p2", "gone"])
        return random.choice([*known[-8:], 8_000_000_000])
    if field.type is FieldType.LIST:
        pool = values(field.element_type or FieldType.STRING, world.now, world.zone)
        return [random.choice(pool) for _ in range(random.randint(0, 3))]
    if field.type is FieldType.JSON:
        return random.choice([{"a": None}, [], 0, False, "null"])
    if field.type is FieldType.GEOLOCATION:
        return {"lat": 1, "lng": 2}
    return random.choice(values(field.type, world.now, world.zone))


async def _read(session: Session, world: World) -> None:
    for row in await session.fetch(_ALL["contacts"]):
        world.contacts[row["id_contact"]] = dict(row)
    world.customers += [dict(row) for row in await session.fetch(_ALL["customers"])]
    for row in await session.fetch(_ALL["products"]):
        world.products[row["id"]] = dict(row)
    for row in await session.fetch(_ALL["records"]):
        own = {name: row[name] for name in ("id_record", "version", "created_at", "updated_at")}
        definition = world.model.by_id[row["definition_id"]]
        world.records[row["id_record"]] = {**orjson.loads(row["data"]), **own, "of": definition}


_IDS = {table: Statement(table, f"select id from {table} where shop_id = $1 order by id")
        for table in ("contacts", "records")}  # fmt: skip
_SPREAD = {
    table: Statement(
        table,
        f"update {table} set created_at = $2::timestamptz - ascii(right(id::text, 1)) % 7 * interval '11 days',"
        f" updated_at = $2::timestamptz - ascii(right(id::text, 1)) % 5 * interval '1 day' where shop_id = $1",
    )
    for table in ("contacts", "products", "records")
} | {
    "customers": Statement(
        "customers",
        "update customers set created_at = $2::timestamptz - ascii(right(id_customer, 1)) % 7 * interval '11 days',"
        " updated_at = $2::timestamptz where shop_id = $1",
    )
}
_ALL = {
    "customers": Statement(
        "customers",
        "select contact_id, source, id_customer, email, email_verified, first_name, last_name, lang, created_at,"
        " updated_at from customers where shop_id = $1 order by source, id_customer",
    ),
    "contacts": Statement(
        "contacts",
        "select id as id_contact, email, first_name, last_name, lang, created_at, updated_at from contacts"
        " where shop_id = $1 order by id",
    ),
    "products": Statement(
        "products",
        "select id, reference, name, price, price_discount, currency, lang, is_active, created_at, updated_at"
        " from products where shop_id = $1 order by id",
    ),
    "records": Statement(
        "records",
        "select id as id_record, definition_id, version, data, created_at, updated_at from records where shop_id = $1"
        " order by id",
    ),
}
