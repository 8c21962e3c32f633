"""What a session keeps to on a node: one shop, one contact, one snapshot, its locks."""

import asyncio
import secrets

import asyncpg
import pytest

from app.server.bounds import Bounds
from app.server.shared_rates import SharedRates
from app.store.database import Database
from app.store.roles import CONTACT_ROLE, GATEWAY_ROLE
from app.store.statements import Statement
from tests.shops import ShopClient, new_vet_shop
from tests.store.scratch import as_login
from tests.storefront import Storefront, new_storefront
from tests.tour_of_events import new_trigger

CONTACTS = Statement("test.contacts", "select id from contacts where shop_id = $1 order by id")
CARDS = Statement("test.records", "select id from records where shop_id = $1 order by id")
WHO = Statement("test.who", "select current_user::text as who, pg_backend_pid() as pid from shops where shop_id = $1")
PRICE = 'query($id: ID!) { product(idProduct: "diet") { payable(contact: {idContact: $id}) } }'


@pytest.fixture
async def front(shop: ShopClient) -> Storefront:
    return await new_storefront(await new_vet_shop(shop))


async def test_without_the_first_lock_another_shops_transaction_finds_nothing(owner: str, shop: ShopClient) -> None:
    await shop.contact("ada@example.com")
    connection = await asyncpg.connect(as_login(owner, GATEWAY_ROLE))
    try:
        for tenant, seen in ((shop.id, True), (shop.id + 1_000_000, False)):
            async with connection.transaction():
                await connection.execute(f"set local app.shop_id = '{tenant}'")
                found = await connection.fetch("select id from contacts where shop_id = $1", shop.id)
            assert bool(found) is seen
        assert await connection.fetch("select id from contacts where shop_id = $1", shop.id) == []
    finally:
        await connection.close()


async def test_a_contacts_session_has_its_role_on_the_node_and_the_gateways_for_a_price(
    cluster: Database, front: Storefront
) -> None:
    session = cluster.contact_session(front.shop.id, front.dubois)
    own = [row["id"] for row in await session.fetch(CONTACTS)]
    records = await session.fetch(CARDS)
    [contact], [gateway] = await session.fetch(WHO), await session.fetch_as_gateway(WHO)
    everybody = await session.fetch_as_gateway(CONTACTS)
    again = [row["id"] for row in await session.fetch(CONTACTS)]
    await session.open_records(await cluster.models.current(session))
    opened = {row["id"] for row in await session.fetch(CARDS)}
    await session.close()
    assert own == again == [front.dubois]
    assert len(everybody) == 3
    assert (contact["who"], gateway["who"]) == (CONTACT_ROLE, GATEWAY_ROLE)
    assert contact["pid"] == gateway["pid"]  # so its snapshot is one, too
    assert records == []
    assert front.own in opened
    assert not opened & {front.note, front.others, front.apart}


async def test_a_contacts_token_sees_what_is_its_own_and_its_price(front: Storefront) -> None:
    assert await front.me.ask("{ me { email } }") == {"me": {"email": "dubois@example.com"}}
    assert (await front.me.ask(PRICE, id=str(front.dubois)))["product"] == {"payable": "64.00"}
    assert await front.me.errors('{ contact(by: {email: "lenoir@example.com"}) { email } }')


async def test_one_snapshot_is_one_on_the_node(cluster: Database, front: Storefront) -> None:
    async with cluster.reading(front.shop.id) as reading:
        before = await reading.fetch(CONTACTS)
        await front.shop.contact("new@example.com")
        assert await reading.fetch(CONTACTS) == before
    async with cluster.reading(front.shop.id) as reading:
        assert len(await reading.fetch(CONTACTS)) == len(before) + 1


async def test_a_change_of_a_definition_waits_for_those_who_save_in_it(cluster: Database, shop: ShopClient) -> None:
    key = await shop.define("Note", {"text": "STRING"})
    sent = {"definition": key, "fields": [{"name": "more", "type": "STRING"}]}
    async with cluster.writing(shop.id) as saving:
        assert (await cluster.models.holding(saving, key))[1]
        extending = asyncio.create_task(shop.run("extendCustomDataDefinition", "userErrors { code }", **sent))
        await asyncio.sleep(0.3)
        assert not extending.done()
    assert (await extending)["userErrors"] == []


async def test_saves_of_one_shop_at_once_are_logged_without_a_gap(shop: ShopClient) -> None:
    key = await shop.define("Note", {"text": "STRING"}, uniqueKeys=["text"])
    saved = await asyncio.gather(*(shop.save(key, {"text": "same"}, {"text": str(n)}) for n in range(20)))
    assert sum(each["created"] for each in saved) == 21
    changes = await shop.ask("{ customDataChanges(first: 50) { nodes { sequence } } }")
    assert [int(each["sequence"]) for each in changes["customDataChanges"]["nodes"]] == [*range(1, 23)]


async def test_rates_are_shared_by_shops_of_all_nodes(cluster: Database) -> None:
    workers = [SharedRates(Bounds(rate_size=1_000, rate_refill=1), cluster) for _ in range(2)]
    first = 10**9 + secrets.randbelow(10**9)
    spenders = [(first + number, 1, 0) for number in range(8)]
    for worker in workers:
        for spender in spenders:
            worker.bucket(spender).spend(400)
        await worker.settle()
    late = [workers[0].bucket(spender) for spender in spenders]
    for bucket in late:
        bucket.spend(1)
    await workers[0].settle()
    assert [round(bucket._level, -1) for bucket in late] == [200] * 8
    await workers[0].forget()


async def test_shops_with_triggers_are_found_on_all_nodes(cluster: Database, shop: ShopClient) -> None:
    key = await shop.define("Note", {"text": "STRING"})
    await new_trigger(shop, name="all", definition=key, when={}, deliver={"url": "https://hooks.example.com/"})
    assert shop.id in await cluster.automated_shops()
