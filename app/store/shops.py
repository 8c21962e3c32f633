"""Shops: found by a request inside their tenant, created and listed by an administrator outside any.

The administrator's functions take a connection of `administration.administering`, and so see every shop.
"""

from typing import TypeAlias

import asyncpg

from app.domain.shops import Shop
from app.store import statements
from app.store.session import Session

_sql = statements.load("shops.sql")

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"


async def find_shop(session: Session) -> Shop | None:
    """The session's own shop; None if there is no such shop."""
    rows = await session.fetch(_sql.find_shop)
    return Shop(**rows[0]) if rows else None


async def create_shop(
    connection: Connection, name: str, time_zone: str = "UTC", unify_by_email: str = "VERIFIED"
) -> Shop:
    """A new, empty shop. Name and time zone are checked before (`domain.shops`)."""
    rows = await connection.fetch(_sql.admin_create_shop.sql, name, time_zone, unify_by_email)
    return Shop(**rows[0])


async def list_shops(connection: Connection) -> list[Shop]:
    """Every shop, the oldest first."""
    return [Shop(**row) for row in await connection.fetch(_sql.admin_list_shops.sql)]


async def named_shops(connection: Connection, reference: str) -> list[Shop]:
    """The shops of this id or name: the one of that id first, then those of that name."""
    return [Shop(**row) for row in await connection.fetch(_sql.admin_named_shops.sql, reference)]


async def automated_shops(connection: Connection) -> list[int]:
    """The ids of the shops that have had triggers."""
    return [row["id"] for row in await connection.fetch(_sql.admin_automated_shops.sql)]


async def shops_behind(connection: Connection, shop_id: int, most: int) -> list[int]:
    """The ids of the next shops behind one, or from the first (0), in order."""
    return [row["id"] for row in await connection.fetch(_sql.admin_shops_behind.sql, shop_id, most)]
