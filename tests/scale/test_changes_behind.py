"""The end of the change log, as a replica knows it that is behind."""

from contextlib import AsyncExitStack
from dataclasses import replace

from app.store.embedded import EmbeddedUrls
from tests.scale.conftest import Pair, gateway, paused
from tests.scale.standby import Standby
from tests.scale.test_read_your_writes import count

LOG = "query($after: String) { customDataChanges(after: $after) { nodes { sequence } } }"


async def test_what_a_replica_has_not_seen_yet_is_not_taken_for_the_end(
    pair: Pair, servers: tuple[EmbeddedUrls, Standby]
) -> None:
    """Where it may be stale, it answers with what it has; only what the primary has not either is an error."""
    urls, standby = servers
    await pair.first.define("Note", {"text": "STRING"})
    await pair.caught_up()
    async with AsyncExitStack() as stack:
        database, http = await stack.enter_async_context(
            gateway(urls.gateway, replica_urls=[standby.urls.gateway], trust=10_000.0)
        )
        shop = replace(pair.first, database=database, http=http)
        assert database.replicas is not None
        database.wakes.heard.clear()  # it does not hear of others' writes
        for _ in range(3):
            assert await count(shop) == 0
        async with paused(pair):
            await pair.first.save_one("note", {"text": "another's"})  # sequence 2
            [replica] = database.replicas.all
            before = replica.begun
            assert (await shop.ask(LOG, after="2"))["customDataChanges"] == {"nodes": []}
            assert replica.begun == before + 1
            assert [code for code, _ in await shop.errors(LOG, after="3")] == ["CHANGES_NOT_REACHED"]
