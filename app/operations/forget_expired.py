"""Forgets what has outlived its days, also in shops that write no more."""

from app.store import changes, deliveries, idempotency
from app.store.database import Database

_STEP = 200  # rows of each kind


async def forget_expired(database: Database, shop_id: int) -> bool:
    """One step, in a transaction of its own: some of the shop's oldest changes, settled deliveries and kept answers, as
    far as their time is over. Whether there may be more. Raises the store's failures."""
    async with database.writing(shop_id, untold=True) as session:
        gone = [await forget(session, _STEP) for forget in (changes.forget, deliveries.forget, idempotency.forget)]
    return _STEP in gone
