"""Deliveries a second of one worker: `python -m tests.benchmarks.webhooks [CHANGES]`.

To one endpoint, of one record (each waits for the one before) and of many; to many endpoints; and beside an endpoint
that thinks for a second. Endpoints answer at once, on the same machine. Told is the time from the worker's start to the
last delivery's arrival; changes are judged before, and everything is settled at the end.
"""

import asyncio
import sys
from collections.abc import Sequence
from dataclasses import replace
from time import perf_counter

import uvloop

from app.domain.definitions import FieldType
from app.domain.draft_fields import DraftField
from app.domain.drafts import Draft
from app.domain.trigger_drafts import DraftTrigger
from app.domain.triggers import Transition
from app.operations.create_definition import create_definition
from app.operations.create_trigger import create_trigger
from app.operations.fire_triggers import fire
from app.operations.save_records import SaveRecords, save_records
from app.operations.transaction import Call
from app.store import triggers
from app.store.administration import administering
from app.store.database import Database
from app.store.migrate import migrate
from app.store.shops import create_shop
from app.webhooks.bounds import WebhookBounds
from app.webhooks.couriers import POOL_SIZE
from app.webhooks.places import Places
from app.webhooks.sending import Sender
from app.webhooks.shop_courier import ShopCourier
from tests.benchmarks.grid import gateway, server
from tests.webhooks.receiver import Received, receiving

_BOUNDS = replace(WebhookBounds(), private=True)
_COUNTER = Draft("Counter", fields=(DraftField("code", FieldType.STRING), DraftField("n", FieldType.NUMBER)),
                 unique_keys=("code",))  # fmt: skip


async def main(url: str, changes: int) -> None:
    await migrate(url)
    for what, records, endpoints, thinks in (
        ("one endpoint, one record", 1, 1, 0.0), ("one endpoint, 50 records", 50, 1, 0.0),
        ("20 endpoints, 50 records", 50, 20, 0.0), ("one endpoint, 50 records, beside a slow one", 50, 1, 1.0),
    ):  # fmt: skip
        seconds, told = await _measured(url, changes // endpoints, records, endpoints, thinks)
        print(f"{what}: {told / seconds:,.0f} deliveries/s ({told:,} in {seconds:.1f} s)")


async def _measured(url: str, changes: int, records: int, endpoints: int, thinks: float) -> tuple[float, int]:
    """Seconds, and how many deliveries arrived at the endpoints that answer at once."""
    async with administering(url) as connection:
        shop_id = (await create_shop(connection, "webhooks benchmark")).id
    database = await Database.connect(gateway(url), size=POOL_SIZE)
    call = Call(shop_id, 0, "benchmark")
    assert not (await create_definition(database, call, _COUNTER)).problems

    async def slowly(_: Received) -> int:
        await asyncio.sleep(thinks)
        return 200

    async with receiving() as receiver, receiving(slowly) as slow:
        urls = [f"{receiver.url}/{n}" for n in range(endpoints)] + [slow.url] * (thinks > 0)
        for n, each in enumerate(urls):
            draft = DraftTrigger(f"to {n}", {}, Transition.EVERY_MATCH, each, private=True)
            assert not (await create_trigger(database, call, "counter", draft, enabled=True)).problems
        await _changed(database, call, changes, records)
        sender = Sender(_BOUNDS)
        courier = ShopCourier(database, shop_id, sender, _BOUNDS, Places(_BOUNDS.at_once))
        began = perf_counter()
        task = asyncio.create_task(courier.run())
        await receiver.until(changes * endpoints, 600)
        seconds = perf_counter() - began
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await courier.finish(5)
        await sender.close()
        _check(receiver.received)
    await database.close()
    return seconds, len(receiver.received)


async def _changed(database: Database, call: Call, changes: int, records: int) -> None:
    """So many changes, and their deliveries."""
    for start in range(0, changes, records):
        rows = [{"code": str(n), "n": start} for n in range(min(records, changes - start))]
        assert not (await save_records(database, call, SaveRecords("counter", rows))).problems
    async with database.reading(call.shop_id) as session:
        every = await triggers.every(session)
    for each in every:
        while await fire(database, call.shop_id, each.id):
            pass


def _check(received: Sequence[Received]) -> None:
    """Each record's changes came in order, at each endpoint."""
    reached: dict[tuple[str, str], int] = {}
    for each in received:
        key = each.path, each.told["change"]["idRecord"]
        assert reached.get(key, 0) < each.sequence
        reached[key] = each.sequence


if __name__ == "__main__":
    with server() as url:
        uvloop.run(main(url, int(sys.argv[1]) if len(sys.argv) > 1 else 2_000))
