"""The index that covers what is mostly asked of all records of a definition."""

from random import Random

import asyncpg

from app.domain.limits import IDENTIFIER_LENGTH, SLOTS, STRING_LENGTH
from app.store.columns import COVERED
from tests.shops import ShopClient, to

_COLUMNS = """
    select attname from pg_attribute a join pg_class c on c.oid = a.attrelid
    where c.relname = 'records_covering' and a.attnum > 3"""


async def test_it_has_the_columns_that_statements_count_on(admin_url: str) -> None:
    connection = await asyncpg.connect(admin_url)
    columns = {row["attname"] for row in await connection.fetch(_COLUMNS)}
    await connection.close()
    assert columns == COVERED


async def test_the_longest_values_fit_into_one_entry(shop: ShopClient) -> None:
    """Every slot is filled, texts with what takes four bytes a character and is not compressed."""
    random = Random(1)

    def text(length: int) -> str:
        return "".join(chr(random.randrange(0x20000, 0x2A000)) for _ in range(length))

    product, contact = text(IDENTIFIER_LENGTH), await shop.contact("longest@example.test")
    await shop.products({"idProduct": product, "name": "Longest", "price": "1"})
    products, contacts = ([f"{kind}_{n}" for n in range(SLOTS[kind])] for kind in ("product", "ref"))
    values: dict[str, dict[str, object]] = {
        "STRING": {f"text_{n}": text(STRING_LENGTH) for n in range(SLOTS["str"])} | dict.fromkeys(products, product),
        "NUMBER": {f"number_{n}": n for n in range(SLOTS["num"])} | dict.fromkeys(contacts, contact),
        "DATE": {f"day_{n}": "2026-01-31" for n in range(SLOTS["at"])},
    }
    await shop.define(
        "Longest",
        {name: kind for kind, named in values.items() for name in named},
        relationships=[
            *(to(name, "products") for name in products),
            *(to(name, "contacts") for name in contacts),
        ],
    )
    assert await shop.save_one("longest", {name: value for named in values.values() for name, value in named.items()})
