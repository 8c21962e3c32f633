"""Definitions are made, extended and deleted while clients save: nothing that was acknowledged is lost."""

import asyncio

import pytest

from app.store.administration import connected
from tests.faults.writers import Ledger, assert_exactly_once, writing
from tests.limits.gateway import served
from tests.shops import ShopClient

CLIENTS = 8
BATCHES = 20
CHANGES = 12
SETTINGS = {"CUSTOM_DATA_RATE_SIZE": 10**9, "CUSTOM_DATA_RATE_REFILL": 10**9, "CUSTOM_DATA_MAX_IN_FLIGHT": 2 * CLIENTS,
            "CUSTOM_DATA_POOL_SIZE": 2 * CLIENTS}  # fmt: skip
DEFINITION = "definition { key } userErrors { code message }"
_NOTES = """select r.data->>'note' as note from records r
    join definitions d on d.id = r.definition_id and d.status = 'ACTIVE' where r.data ? 'note'"""


@pytest.mark.parametrize("attempt", range(3))
async def test_saves_go_on_under_changing_definitions(attempt: int, admin_url: str) -> None:
    del attempt
    ledger = Ledger()
    async with served(admin_url, **SETTINGS) as gateway:
        await gateway.shop.define("Entry", {"batch": "STRING", "n": "NUMBER"})
        async with asyncio.TaskGroup() as group:
            group.create_task(writing(gateway.url, [gateway.shop.key], CLIENTS, BATCHES, ledger))
            await ledger.until(1)
            kept = await _changes(gateway.shop)
        await assert_exactly_once(gateway.admin_url, ledger)
        assert len(ledger.acknowledged) == CLIENTS * BATCHES
        async with connected(gateway.admin_url) as admin:
            notes = await admin.fetch(_NOTES)
        assert sorted(row["note"] for row in notes) == sorted(kept)
        told = await gateway.shop.ask('{ customDataDefinition(key: "entry") { fields { name } } }')
        names = [field["name"] for field in told["customDataDefinition"]["fields"]]
        assert names == ["batch", "n", *(f"field_{n}" for n in range(CHANGES))]


async def _changes(shop: ShopClient) -> list[str]:
    """What is to be found in definitions that were made and not deleted again."""
    kept = []
    for number in range(CHANGES):
        field = {"name": f"field_{number}", "type": "STRING"}
        payload = await shop.run("extendCustomDataDefinition", DEFINITION, definition="entry", fields=[field])
        assert payload["userErrors"] == []
        made = await shop.define(f"Other {number}", {"note": "STRING"})
        await shop.save_one(made, {"note": f"note {number}"})
        if number % 2:
            kept.append(f"note {number}")
        else:
            payload = await shop.run("deleteCustomDataDefinition", DEFINITION, definition=made)
            assert payload["userErrors"] == []
    return kept
