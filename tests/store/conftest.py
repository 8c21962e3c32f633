"""What tests of statements share."""

import pytest

from app.store.administration import administering


@pytest.fixture(scope="module")
async def tables(admin_url: str) -> frozenset[str]:
    """The names of the tables that hold a shop's rows."""
    async with administering(admin_url) as connection:
        rows = await connection.fetch(
            "select c.relname from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'shop_id'"
            " where c.relkind in ('r', 'p') and c.relnamespace = 'public'::regnamespace"
        )
    return frozenset(row["relname"] for row in rows)
