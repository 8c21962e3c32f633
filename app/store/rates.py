"""What keys and contacts have left of their rates, for all gateways together. Outside any tenant: a worker settles for
all its shops at once."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from app.store.failures import translated
from app.store.pool import Connection, Pool

Spender = tuple[int, int, int]
"""A shop, and one of its keys or one of its contacts; the other is 0."""

# Rows in one order, so that workers that settle at once wait for each other, never in a circle. Numbers of the settings
# stand in the text: a cluster's nodes get the end of the statement alone, and would look for the other parameters.
_SETTLE = """
    insert into rates as known (shop_id, api_key_id, contact_id, level, settled_at)
    select shop_id, api_key_id, contact_id, {size}::float8 - spent, now()
    from unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::float8[])
        as given (shop_id, api_key_id, contact_id, spent)
    order by shop_id, api_key_id, contact_id
    on conflict (shop_id, api_key_id, contact_id) do update
    set level = least({size}, known.level
                      + greatest(extract(epoch from excluded.settled_at - known.settled_at)::float8, 0) * {refill})
                + excluded.level - {size},
        settled_at = greatest(known.settled_at, excluded.settled_at)
    returning shop_id, api_key_id, contact_id, level
"""
_FORGET = """
    delete from rates where level + extract(epoch from $3::timestamptz - settled_at)::float8 * $2::float8 >= $1::float8
"""


async def settle(pool: Pool, spent: Mapping[Spender, float], size: float, refill: float) -> dict[Spender, float]:
    """Takes the cost that each has spent from what all gateways know to be left of `size`, refilled by `refill` a
    second; gives what is left then, which may be below 0. Raises the store's failures."""
    shops, keys, contacts = zip(*spent, strict=True)
    async with _settling(pool) as connection:
        sql = _SETTLE.format(size=float(size), refill=float(refill))
        rows = await connection.fetch(sql, shops, keys, contacts, [*spent.values()])
    return {(row["shop_id"], row["api_key_id"], row["contact_id"]): row["level"] for row in rows}


async def forget(pool: Pool, size: float, refill: float) -> None:
    """Removes those who have all of it again: no row says the same. Raises the store's failures."""
    async with _settling(pool) as connection:
        await connection.execute(_FORGET, size, refill, await connection.fetchval("select now()"))


@asynccontextmanager
async def _settling(pool: Pool) -> AsyncIterator[Connection]:
    with translated():
        async with pool.acquire() as connection, connection.transaction():
            await connection.execute("set local app.rates = 'on'")
            yield connection
