"""What several of these tests begin with."""

import pytest

from tests.shops import ShopClient


@pytest.fixture
async def record(shop: ShopClient) -> int:
    """A record that can be locked: `select from records where id = $1 for update`."""
    await shop.define("Thing", {"name": "STRING"}, uniqueKeys=["name"])
    return await shop.save_one("thing", {"name": "one"})
