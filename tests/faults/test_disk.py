"""The database's disk is full while clients save: they are told to try again, and once there is room what they saved is
there, whole and once. Nobody restarts anything, though PostgreSQL itself ends where it cannot write its log."""

import asyncio

import pytest

from tests.faults.disk import small_disk
from tests.faults.kills import shops
from tests.faults.probes import probing
from tests.faults.supervised import supervised
from tests.faults.writers import Ledger, assert_exactly_once, writing

CLIENTS = 40
BATCHES = 6
REFUSALS = 200


@pytest.mark.parametrize("attempt", range(3))
async def test_a_full_disk_is_told_and_recovered_from(attempt: int) -> None:
    del attempt
    ledger = Ledger()
    with small_disk(300) as disk:
        async with supervised(disk.folder) as gateway:
            gateway_pid = gateway.pid
            keys = [shop.key for shop in await shops(gateway)]
            async with probing(gateway.url) as probes:
                async with asyncio.TaskGroup() as group:
                    group.create_task(writing(gateway.url, keys, CLIENTS, BATCHES, ledger))
                    await ledger.until(CLIENTS)
                    disk.fill()
                    await ledger.until_refused(REFUSALS)
                    disk.free()
                await probes.until_ready()
            await assert_exactly_once(gateway.admin_url, ledger)
            assert set(probes.live) == {200}
            assert len(ledger.acknowledged) == CLIENTS * BATCHES
            assert "unexpected error" not in gateway.said, gateway.said
            assert gateway.pid == gateway_pid
            assert await gateway.stop() == 0
