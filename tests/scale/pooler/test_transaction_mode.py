"""Everything works behind pgbouncer in transaction mode, with two connections for everybody."""

import asyncio
import json
from dataclasses import replace
from typing import Any

import asyncpg
import pytest

from app.store.administration import connected
from app.store.database import Database, NoDirectConnection
from app.store.generic_plans import generic_plan
from app.store.migrate import MigrationRefused, migrate
from app.store.statements import Statement
from tests.processes import run
from tests.scale.conftest import until
from tests.scale.pooler.conftest import Pooled
from tests.scale.pooler.pgbouncer import CONNECTIONS
from tests.shops import ShopClient, VetShop, new_vet_shop
from tests.storefront import as_contact
from tests.tour import tour

PRICE = '{ contact(by: {email: "dubois@example.com"}) { products { nodes { payable } } } }'
ME = "{ me { idContact email } products(first: 5) { nodes { payable } } }"


@pytest.fixture(scope="module")
async def vets(pooled: Pooled) -> VetShop:
    return await new_vet_shop(await pooled.shop())


async def test_every_statement_of_the_gateway_runs(pooled: Pooled) -> None:
    """The tour issues each that there is; here all of them go through the pooler."""
    database = await Database.connect(pooled.url, size=4, direct_url=pooled.direct)
    try:
        shop = replace(await pooled.shop(), database=database)
        with shop.statements() as seen:
            await tour(shop, pooled.admin)
    finally:
        await database.close()
    assert len(set(seen)) > 10


async def test_saves_of_50_by_many_clients_at_once(pooled: Pooled) -> None:
    """Of ten shops, five clients each: a shop may have eight operations under way in a gateway."""
    shops = [await pooled.shop((pooled.first, pooled.second)[n % 2]) for n in range(10)]
    for shop in shops:
        await shop.define("Note", {"text": "STRING"}, uniqueKeys=["text"])

    async def work(shop: ShopClient, client: int) -> None:
        for batch in range(2):
            saved = await shop.save("note", *({"text": f"{client} {batch} {n}"} for n in range(50)))
            assert saved["created"] == 50, saved
            first = 'customDataRecords(definition: "note", first: 10) { nodes { data } totalCount { count } }'
            assert len((await shop.ask(f"{{ {first} }}"))["customDataRecords"]["nodes"]) == 10

    async def servers() -> int:
        async with connected(pooled.admin) as admin:
            return int(await admin.fetchval(
                "select count(*) from pg_stat_activity where client_addr is null and datname = current_database()"
                " and application_name <> 'custom-data' and usename = 'custom_data_gateway'"
            ))  # fmt: skip

    working = [asyncio.create_task(work(shops[n % 10], n)) for n in range(50)]
    counted = set()
    while not all(task.done() for task in working):
        counted.add(await servers())
        await asyncio.sleep(0.1)
    await asyncio.gather(*working)
    assert max(counted) <= CONNECTIONS
    for shop in shops:
        found = await shop.ask('{ customDataRecords(definition: "note") { totalCount { count } } }')
        assert found["customDataRecords"]["totalCount"]["count"] == 500


async def test_contacts_keys_and_shops_never_meet(pooled: Pooled, vets: VetShop) -> None:
    """50 clients at once, by keys and by contact tokens of two shops, over the same two connections; and beside them
    one that looks, in plain transactions, for what others have left behind."""
    other = await new_vet_shop(await pooled.shop(pooled.second))
    people = []
    for each in (vets, other):
        for contact, email, pays in (
            (each.dubois, "dubois@example.com", "64.00"),
            (each.without, "alone@example.com", "79.90"),
        ):
            people.append((await as_contact(each.shop, contact), str(contact), email, pays))
    stopped = asyncio.Event()

    async def as_person(n: int) -> None:
        client, id_, email, pays = people[n % len(people)]
        for _ in range(6):
            told = await client.ask(ME)
            assert told == {"me": {"idContact": id_, "email": email}, "products": {"nodes": [{"payable": pays}]}}

    async def as_key(n: int) -> None:
        shop = (vets, other)[n % 2].shop
        for _ in range(6):
            found = await shop.ask("{ contacts { nodes { idContact } } }")
            mine = {str((vets, other)[n % 2].dubois), str((vets, other)[n % 2].without)}
            assert {node["idContact"] for node in found["contacts"]["nodes"]} == mine

    async def looking() -> int:
        looked = 0
        spy = await asyncpg.connect(pooled.url, statement_cache_size=0)
        try:
            while not stopped.is_set():
                async with spy.transaction():
                    left = await spy.fetchrow(_LEFT)
                assert tuple(left) == ("custom_data_gateway", "", "", "", 0, 0, 0, 0), left
                looked += 1
        finally:
            await spy.close()
        return looked

    spying = asyncio.create_task(looking())
    await asyncio.gather(*(as_person(n) for n in range(35)), *(as_key(n) for n in range(15)))
    stopped.set()
    assert await spying > 10


_LEFT = """
    select current_user::text, coalesce(current_setting('app.shop_id', true), ''),
           coalesce(current_setting('app.contact_id', true), ''), coalesce(current_setting('app.own_ref1', true), ''),
           (select count(*) from contacts), (select count(*) from records), (select count(*) from shops),
           (select count(*) from pg_prepared_statements where name <> '')
"""


async def test_settings_hold_inside_each_transaction(pooled: Pooled) -> None:
    database = await Database.connect(pooled.url, size=1, statement_timeout_ms=1234, direct_url=pooled.direct)
    try:
        shop = await pooled.shop()
        async with database.reading(shop.id) as session:
            connection = await session._ready()
            told = await connection.fetchrow(
                "select current_setting('statement_timeout'), current_setting('jit'),"
                " current_setting('plan_cache_mode'), current_setting('transaction_isolation')"
            )
        assert tuple(told) == ("1234ms", "off", "force_generic_plan", "repeatable read")
    finally:
        await database.close()


async def test_a_login_that_may_bypass_takes_on_the_gateways_role(pooled: Pooled) -> None:
    """In each transaction."""
    as_owner = pooled.url.replace("custom_data_gateway@", "postgres@")
    database = await Database.connect(as_owner, size=1, direct_url=pooled.admin)
    try:
        shop = await pooled.shop()
        async with database.writing(shop.id) as session:
            assert await (await session._ready()).fetchval("select current_user::text") == "custom_data_gateway"
    finally:
        await database.close()


async def test_plans_are_told_and_leave_nothing_behind(pooled: Pooled) -> None:
    """Read twice through one connection of the pooler: what was prepared is gone before the next transaction."""
    database = await Database.connect(pooled.url, size=1, direct_url=pooled.direct)
    try:
        shop = await pooled.shop()
        query = Statement("contacts.some", "select id from contacts where shop_id = $1 and id = $2")
        for _ in range(2):
            plan = "\n".join(await generic_plan(database.pool, shop.id, query))
            assert "on contacts" in plan
            assert "One-Time Filter: false" not in plan
    finally:
        await database.close()


async def test_subscribers_of_one_gateway_hear_what_the_other_writes(pooled: Pooled, vets: VetShop) -> None:
    events = await _events(pooled, vets, 5)
    assert [event["data"]["customDataChanged"]["kind"] for event in events] == ["CREATED"] * 5


async def _events(pooled: Pooled, vets: VetShop, number: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    query = 'subscription { customDataChanged(definition: "veterinarian") { kind record { data } } }'
    headers = {"spm-api-key": vets.shop.key, "accept": "text/event-stream"}
    async with pooled.second.stream("POST", "/graphql", json={"query": query}, headers=headers) as stream:
        assert stream.status_code == 200
        writing = asyncio.create_task(_written_until(vets, found, number))
        async for line in stream.aiter_lines():
            if line.startswith("data: {"):
                found.append(json.loads(line.removeprefix("data: ")))
            if len(found) == number:
                break
        await writing
    return found


async def _written_until(vets: VetShop, found: list[Any], number: int) -> None:
    for n in range(1_000):
        if len(found) >= number:
            return
        await vets.shop.save_one("veterinarian", {"nom": f"Dr {n}"})
        await asyncio.sleep(0.05)


async def test_clients_that_go_have_their_statements_cancelled(pooled: Pooled, vets: VetShop) -> None:
    """More of them than there are connections, behind a lock; then everything goes on."""
    async with connected(pooled.admin) as admin:
        transaction = admin.transaction()
        await transaction.start()
        await admin.execute("lock table contacts in access exclusive mode")
        asking = [asyncio.create_task(vets.shop.answer(PRICE)) for _ in range(6)]
        await until(lambda: _waiting(pooled, 1))
        for task in asking:
            task.cancel()
        await asyncio.gather(*asking, return_exceptions=True)
        await until(lambda: _waiting(pooled, 0))
        await transaction.rollback()
    for _ in range(10):
        assert "errors" not in await vets.shop.answer(PRICE)


async def _waiting(pooled: Pooled, least: int) -> bool:
    """Whether so many statements wait for the lock; none, if 0."""
    async with connected(pooled.admin) as admin:
        count = await admin.fetchval(
            "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"
        )
    return count >= least if least else count == 0


async def test_migrations_refuse_the_pooler_and_say_what_they_need(pooled: Pooled) -> None:
    with pytest.raises(MigrationRefused, match="DATABASE_DIRECT_URL"):
        await migrate(pooled.url)
    refused = await asyncio.to_thread(run, "migrate", DATABASE_URL=pooled.url)
    assert refused.returncode == 1
    assert "DATABASE_DIRECT_URL" in refused.stderr
    done = await asyncio.to_thread(run, "migrate", DATABASE_URL=pooled.url, DATABASE_DIRECT_URL=pooled.admin)
    assert (done.returncode, done.stdout) == (0, "Nothing to apply.\n")


async def test_commands_work_through_the_pooler(pooled: Pooled) -> None:
    owner = pooled.url.replace("custom_data_gateway@", "postgres@")
    for _ in range(3):
        listed = await asyncio.to_thread(run, "shop", "list", DATABASE_URL=owner)
        assert listed.returncode == 0, listed.stderr


async def test_replicas_need_a_direct_connection(pooled: Pooled) -> None:
    with pytest.raises(NoDirectConnection, match="DATABASE_DIRECT_URL"):
        await Database.connect(pooled.url, replica_urls=[pooled.direct])
    with pytest.raises(NoDirectConnection, match="the server itself"):
        await Database.connect(pooled.url, direct_url=pooled.url)


async def test_without_a_direct_connection_others_writes_are_noticed_within_a_look(
    pooled: Pooled, vets: VetShop, caplog: pytest.LogCaptureFixture
) -> None:
    database = await Database.connect(pooled.url, size=2)
    try:
        assert "DATABASE_DIRECT_URL" in caplog.text
        with database.wakes.watch(vets.shop.id):
            assert not database.wakes.listens
        after = await database.feeds.start(vets.shop.id, None)
        following = database.feeds.follow(vets.shop.id, after)
        coming = asyncio.ensure_future(anext(following))
        await vets.shop.save_one("veterinarian", {"nom": "Dr Late"})
        assert len(await asyncio.wait_for(coming, 20)) == 1
        await following.aclose()
    finally:
        await database.close()
