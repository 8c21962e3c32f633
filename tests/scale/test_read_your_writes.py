"""A query sees every write that was acknowledged before it came, through whichever gateway and whatever its replica's
state: write through A, read at once through B."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from starlette.applications import Starlette

from app.server.app import mount
from tests.scale.conftest import Pair, paused, until
from tests.shops import ShopClient
from tests.sockets import connected
from tests.storefront import as_contact

ROUNDS = 100
COUNT = '{ customDataRecords(definition: "note") { totalCount { count } } }'


async def count(shop: ShopClient) -> int:
    return int((await shop.ask(COUNT))["customDataRecords"]["totalCount"]["count"])


async def test_queries_are_a_replicas_and_the_rest_is_the_primarys(pair: Pair) -> None:
    await pair.first.define("Note", {"text": "STRING"})
    await pair.first.save_one("note", {"text": "one"})
    await pair.caught_up()
    assert await count(pair.second) == 1  # learns of the shop
    before = pair.from_replica
    for _ in range(20):
        assert await count(pair.second) == 1
    assert pair.from_replica == before + 20
    await pair.second.save_one("note", {"text": "two"})
    assert pair.from_replica == before + 20


async def test_what_a_wrote_b_reads_at_once(pair: Pair) -> None:
    """The replica is some milliseconds behind, and often has it already."""
    await pair.first.define("Note", {"text": "STRING"})
    for number in range(1, ROUNDS + 1):
        await pair.first.save_one("note", {"text": str(number)})
        assert await count(pair.second) == number
        assert await count(pair.second) == number


async def test_what_a_wrote_b_reads_at_once_while_the_replica_replays_nothing(pair: Pair) -> None:
    await pair.first.define("Note", {"text": "STRING"})
    await pair.caught_up()
    assert await count(pair.second) == 0
    async with paused(pair):
        before = pair.from_replica
        assert await count(pair.second) == 0
        assert pair.from_replica == before + 1, "nothing was written since: paused as it is, it may answer"
        for number in range(1, ROUNDS + 1):
            await pair.first.save_one("note", {"text": str(number)})
            assert await count(pair.second) == number
        assert pair.from_replica == before + 1
    await pair.caught_up()
    await asyncio.sleep(1)  # the longest pause after it was behind
    for _ in range(2):  # the first finds that the shop has gone on
        assert await count(pair.second) == ROUNDS
    assert pair.from_replica == before + 2, "it is asked again by itself"


async def test_both_write_and_read_at_once_and_never_see_less_than_before(pair: Pair) -> None:
    await pair.first.define("Note", {"text": "STRING"})
    acknowledged = 0

    async def write(shop: ShopClient) -> None:
        nonlocal acknowledged
        for number in range(40):
            await shop.save_one("note", {"text": str(number)})
            acknowledged += 1

    async def read(shop: ShopClient) -> None:
        while acknowledged < 80:
            known = acknowledged
            assert await count(shop) >= known

    async with asyncio.TaskGroup() as tasks:
        for shop in (pair.first, pair.second):
            tasks.create_task(write(shop))
            for _ in range(3):
                tasks.create_task(read(shop))
    assert await count(pair.first) == await count(pair.second) == 80


async def product(shop: ShopClient) -> Callable[[], Awaitable[Any]]:
    await shop.products({"idProduct": "bowl", "name": "Bowl", "price": 14})
    return lambda: shop.products({"idProduct": "bowl", "name": "Bowl", "price": 15})


async def customer(shop: ShopClient) -> Callable[[], Awaitable[Any]]:
    await shop.contact("ada@example.com")
    return lambda: shop.contact("ada@example.com", firstName="Ada")


async def deleted_customer(shop: ShopClient) -> Callable[[], Awaitable[Any]]:
    await shop.contact("ada@example.com")
    gone = [{"idCustomer": "ada@example.com"}]
    return lambda: shop.run("deleteCustomers", "userErrors { message }", customers=gone)


async def definition(shop: ShopClient) -> Callable[[], Awaitable[Any]]:
    return lambda: shop.define("Note", {"text": "STRING"})


async def segment(shop: ShopClient) -> Callable[[], Awaitable[Any]]:
    document = """mutation($input: CreateSegmentInput!) { createSegment(input: $input) { userErrors { message } } }"""
    return lambda: shop.ask(document, input={"name": "Ada", "where": {"email": {"eq": "ada@example.com"}}})


async def trigger(shop: ShopClient) -> Callable[[], Awaitable[Any]]:
    await shop.define("Note", {"text": "STRING"})
    about = {"name": "all", "definition": "note", "when": {}, "deliver": {"url": "https://example.com/hook"}}
    return lambda: shop.run("createTrigger", "userErrors { message }", **about)


SEEN = """{ products(first: 5) { nodes { price } } contacts(first: 5) { nodes { firstName } }
    customDataDefinitions { key } segments { name } triggers { name } }"""


@pytest.mark.parametrize("writes", [product, customer, deleted_customer, definition, segment, trigger])
async def test_every_kind_of_write_is_seen(pair: Pair, writes: Callable[[ShopClient], Awaitable[Any]]) -> None:
    write = await writes(pair.first)
    await pair.caught_up()
    async with paused(pair):
        before = await pair.second.ask(SEEN)
        assert pair.from_replica > 0
        answered = pair.from_replica
        await write()
        assert await pair.second.ask(SEEN) != before
        assert pair.from_replica == answered


async def test_contacts_are_answered_by_replicas_too_and_see_no_more(pair: Pair) -> None:
    await pair.first.define(
        "Note", {"text": "STRING", "contact_id": "NUMBER"}, contactAccess="READ",
        relationships=[{"sourceField": "contact_id", "targetSchemaType": "SYSTEM", "targetSchema": "contacts"}],
    )  # fmt: skip
    ada, eve = await pair.first.contact("ada@example.com"), await pair.first.contact("eve@example.com")
    for owner in (ada, eve):
        await pair.first.save_one("note", {"text": f"of {owner}", "contact_id": owner})
    await pair.caught_up()
    texts = '{ customDataRecords(definition: "note") { nodes { data(fields: ["text"]) } } contacts { nodes { id } } }'
    me = '{ me { email customData(definition: "note") { nodes { data(fields: ["text"]) } } } }'
    before = 0
    for contact, email in ((ada, "ada@example.com"), (eve, "eve@example.com")) * 2:
        client = await as_contact(pair.second, contact)
        async with asyncio.timeout(20):  # the token's key may be new, which the replica has yet to see
            while pair.from_replica == before:
                told = (await client.ask(me))["me"]
                assert told == {"email": email, "customData": {"nodes": [{"data": {"text": f"of {contact}"}}]}}
                assert (await client.errors(texts))[0][0] == "FORBIDDEN"
        before = pair.from_replica


async def test_subscribers_are_told_by_the_primary(pair: Pair) -> None:
    """Of what another gateway writes, while the replica replays nothing."""
    await pair.first.define("Note", {"text": "STRING"})
    await pair.caught_up()
    app = Starlette()
    mount(app, pair.second.database)
    async with paused(pair), connected(app) as socket:
        await socket.init({"spm-api-key": pair.second.key})
        query = 'subscription { customDataChanged(definition: "note") { after record { data } } }'
        await socket.subscribe(query)
        await until(lambda: _follows(pair))
        for number in range(5):
            await pair.first.save_one("note", {"text": str(number)})
            told = (await socket.receive())["payload"]["data"]["customDataChanged"]
            assert told == {"after": {"text": str(number)}, "record": {"data": {"text": str(number)}}}
    assert pair.from_replica == 0


async def _follows(pair: Pair) -> bool:
    return pair.second.id in pair.second.database.feeds._feeds
