"""Products: reading, searching, writing."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any

import asyncpg

from app.domain.limits import IDENTIFIER_LENGTH
from app.domain.products import Product, ProductDraft
from app.domain.text import search_key, text_problem
from app.store import statements
from app.store.arrays import texts
from app.store.paging import Page, PrefixSearch, prefix_range
from app.store.session import Session
from app.tables import Table, table_of

_sql = statements.load("products.sql")
_product: Callable[[asyncpg.Record], Product] = partial(tuple.__new__, Product)


async def by_ids(session: Session, ids: Iterable[str]) -> dict[str, Product]:
    return {product.id: product for product in map(_product, await session.fetch(_sql.by_ids, texts(_storable(ids))))}


async def page(session: Session, asked: Page[str], search: PrefixSearch = None, *, active: bool) -> Table[Product]:
    """Products in order of id (last first when asked backward), narrowed by a prefix of reference or name."""
    bounds = (asked.after or "", asked.before, asked.limit, active)
    if search is None:
        statement = _sql.page_backward if asked.backward else _sql.page_forward
        rows = await session.fetch(statement, *bounds)
    else:
        statement = _sql.search_backward if asked.backward else _sql.search_forward
        rows = await session.fetch(statement, *bounds, *prefix_range(search))
    return table_of(Product, rows)


async def count(session: Session, bound: int, search: PrefixSearch = None, *, active: bool) -> int:
    """How many there are, counting no further than the bound."""
    if search is None:
        rows = await session.fetch(_sql.count_all, bound, active)
    else:
        rows = await session.fetch(_sql.count_search, bound, active, *prefix_range(search))
    return int(rows[0]["n"])


async def existing(session: Session, ids: Iterable[str]) -> set[str]:
    return {row["id"] for row in await session.fetch(_sql.existing, texts(list(ids)))}


async def by_references(session: Session, references: Iterable[str]) -> dict[str, list[str]]:
    found = defaultdict(list)
    for row in await session.fetch(_sql.by_references, list(references)):
        found[row["reference"]].append(row["id"])
    return found


async def lock(session: Session, ids: Iterable[str]) -> dict[str, Product]:
    return {product.id: product for product in map(_product, await session.fetch(_sql.lock, _storable(ids)))}


async def insert(session: Session, drafts: Sequence[ProductDraft]) -> set[str]:
    """Makes new products; says which it made (another write may have been first)."""
    return {row["id"] for row in await session.fetch(_sql.insert, *_columns(drafts))}


async def update(session: Session, drafts: Sequence[ProductDraft]) -> None:
    """New states of products locked before."""
    await session.fetch(_sql.update, *_columns(drafts), datetime.now(UTC))


async def delete(session: Session, ids: Iterable[str]) -> set[str]:
    """Removes products; says which there were."""
    found = await lock(session, ids)
    await session.run_many(_sql.delete, [(id_,) for id_ in found])
    return set(found)


def _storable(ids: Iterable[str]) -> list[str]:
    """The ids that a product could have: others name none, and PostgreSQL would refuse them."""
    ids = list(ids)
    together = "".join(ids)
    if together.isascii() and "\0" not in together and max(map(len, ids), default=0) <= IDENTIFIER_LENGTH:
        return ids
    return [id_ for id_ in ids if text_problem(id_, IDENTIFIER_LENGTH) is None]


def _columns(drafts: Sequence[ProductDraft]) -> list[list[Any]]:
    rows = [
        (d.id_product, d.reference, search_key(d.reference) if d.reference else None, d.name, search_key(d.name),
         d.price, d.price_discount, d.currency, d.lang, d.is_active)
        for d in drafts
    ]  # fmt: skip
    return [list(column) for column in zip(*rows, strict=True)]
