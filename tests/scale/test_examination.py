"""What the doctor says of replicas: one that lags, one that is taken for the primary."""

import pytest

from app.store import addresses
from app.store.addresses import Addresses
from app.store.embedded import EmbeddedUrls
from app.store.examination import examine
from app.store.findings import Finding, Health
from tests.scale.conftest import _asked, until
from tests.scale.standby import Standby


async def found(gateway: str, *replicas: str) -> dict[str, Finding]:
    return {each.subject: each async for each in examine(gateway, 16, Addresses(replicas=replicas))}


async def test_a_replica_that_lags_is_told_of_and_one_that_does_not_is_sound(
    servers: tuple[EmbeddedUrls, Standby], monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the gateway's own login, which may not see how far behind the primary takes its replicas to be."""
    primary, standby = servers
    sound = await found(primary.gateway, standby.urls.gateway)
    assert sound["replica"].health is Health.SOUND
    assert sound["replicas"].told == "1 connected; how far behind is told to members of pg_monitor only."
    await _asked(standby.urls.admin, "select pg_wal_replay_pause()")
    await until(lambda: _asked(standby.urls.admin, "select pg_get_wal_replay_pause_state() = 'paused'"))
    try:
        monkeypatch.setattr(addresses, "FAR_BEHIND", 1024 * 1024)
        await _asked(
            primary.admin, "create table ballast as select repeat(n::text, 100) from generate_series(1, 9999) n"
        )
        lagging = (await found(primary.gateway, standby.urls.gateway))["replica"]
    finally:
        await _asked(standby.urls.admin, "select pg_wal_replay_resume()")
        await _asked(primary.admin, "drop table if exists ballast")
    assert lagging.health is Health.WORTH_KNOWING
    assert "MB of the log behind. Queries that have to see more are answered by the primary." in lagging.told
    assert "pg_wal_replay_resume()" in lagging.mend


async def test_a_replica_in_the_place_of_the_primary_is_a_fault(servers: tuple[EmbeddedUrls, Standby]) -> None:
    primary, standby = servers
    told = await found(standby.urls.gateway, standby.urls.gateway)
    assert told["server"].health is Health.FAULT
    assert "It is a replica, and takes no writes." in told["server"].told
    assert told["server"].mend == "Name the primary in DATABASE_URL."
    assert (await found(primary.gateway))["server"].health is Health.SOUND
