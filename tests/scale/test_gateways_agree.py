"""Two gateways, each a process of its own, share nothing but the database and agree within a second."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace

import httpx
import pytest

from app.operations.contact_tokens import LONGEST_SECONDS
from app.store import token_keys
from app.store.database import Database
from app.store.keys import list_keys, revoke_key
from app.store.migrate import migrate
from app.store.roles import GATEWAY_ROLE
from tests.processes import PATIENCE, serving
from tests.scale.conftest import until
from tests.shops import ShopClient, new_shop
from tests.store.scratch import as_login, scratch_database
from tests.storefront import as_contact

TRUST_SECONDS = 1.05  # what a gateway has learned it trusts for one

Both = tuple[ShopClient, ShopClient]


@pytest.fixture(scope="module")
async def gateways(admin_url: str) -> AsyncIterator[tuple[str, Database, list[httpx.AsyncClient]]]:
    async with AsyncExitStack() as stack:
        admin = await stack.enter_async_context(scratch_database(admin_url))
        await migrate(admin)
        url = as_login(admin, GATEWAY_ROLE)
        processes = [serving(DATABASE_URL=url) for _ in range(2)]
        served = await asyncio.gather(*(asyncio.to_thread(stack.enter_context, each) for each in processes))
        database = await Database.connect(url, size=2)
        stack.push_async_callback(database.close)
        clients = [httpx.AsyncClient(base_url=each.url, timeout=PATIENCE) for each in served]
        yield admin, database, [await stack.enter_async_context(client) for client in clients]


@pytest.fixture
async def both(gateways: tuple[str, Database, list[httpx.AsyncClient]]) -> Both:
    """A new shop, asked through either."""
    admin, database, (first, second) = gateways
    shop = await new_shop(database, first, admin)
    return shop, replace(shop, http=second)


async def test_a_definition_is_in_the_others_schema_a_second_later(both: Both) -> None:
    first, second = both
    assert "errors" not in await second.answer("{ __typename }")  # knows the shop's schema
    await first.define("Vet", {"nom": "STRING"}, uniqueKeys=["nom"])
    await first.save_one("vet", {"nom": "Dr Martin"})
    await asyncio.sleep(TRUST_SECONDS)
    assert await second.ask("{ custom { vet { nodes { nom } } } }") == {
        "custom": {"vet": {"nodes": [{"nom": "Dr Martin"}]}}
    }
    sent = {"definition": "vet", "fields": [{"name": "ville", "type": "STRING"}]}
    await first.run("extendCustomDataDefinition", "userErrors { message }", **sent)
    await asyncio.sleep(TRUST_SECONDS)
    assert await second.ask("{ custom { vet { nodes { ville } } } }") == {
        "custom": {"vet": {"nodes": [{"ville": None}]}}
    }


async def test_a_definition_is_in_the_others_model_at_once(both: Both) -> None:
    """The model is checked in each snapshot; only the typed schema takes up to a second."""
    first, second = both
    await first.define("Vet", {"nom": "STRING"}, uniqueKeys=["nom"])
    assert (await second.save("vet", {"nom": "Dr Martin"}))["created"] == 1
    await first.run("deactivateCustomDataDefinition", "userErrors { message }", definition="vet")
    refused = await second.save("vet", {"nom": "Dr Durand"})
    assert [error["code"] for error in refused["userErrors"]] == ["DEFINITION_INACTIVE"]


async def test_a_revoked_key_opens_neither_a_second_later(both: Both) -> None:
    for shop in both:
        await shop.ask("{ shop { name } }")
    async with both[0].database.writing(both[0].id) as session:
        [key] = await list_keys(session)
        await revoke_key(session, key.id)
    await asyncio.sleep(TRUST_SECONDS)
    for shop in both:
        assert (await shop.post("{ shop { name } }")).status_code == 401


async def test_a_contacts_token_of_one_opens_the_other_and_a_retired_key_neither(both: Both) -> None:
    first, second = both
    ada = await first.contact("ada@example.com")
    client = await as_contact(first, ada)
    through_second = replace(client, http=second.http)
    for each in (client, through_second):
        assert await each.ask("{ me { email } }") == {"me": {"email": "ada@example.com"}}
    async with first.database.writing(first.id) as session:
        await token_keys.rotate(session, LONGEST_SECONDS)
    assert await (await as_contact(second, ada)).ask("{ me { email } }") == {"me": {"email": "ada@example.com"}}
    async with first.database.writing(first.id) as session:
        await token_keys.rotate(session, 0)
    await asyncio.sleep(TRUST_SECONDS)
    for each in (client, through_second):
        assert (await each.post("{ me { email } }")).status_code == 401


async def test_one_idempotency_key_is_one_write_through_both(both: Both) -> None:
    first, _ = both
    await first.define("Note", {"text": "STRING"})
    sent = [shop.save("note", {"text": "one"}, idempotencyKey="once") for shop in both * 5]
    answers = await asyncio.gather(*sent)
    ids = {answer["results"][0]["record"]["idRecord"] for answer in answers}
    assert len(ids) == 1
    found = await first.ask('{ customDataRecords(definition: "note") { totalCount { count } } }')
    assert found["customDataRecords"]["totalCount"]["count"] == 1


async def test_subscribers_of_either_hear_what_each_writes_once_and_in_order(both: Both) -> None:
    first, second = both
    await first.define("Note", {"text": "STRING"}, uniqueKeys=["text"])
    heard: list[list[str]] = [[], []]

    async def listen(shop: ShopClient, into: list[str]) -> None:
        query = 'subscription { customDataChanged(definition: "note") { sequence } }'
        headers = {"spm-api-key": shop.key, "accept": "text/event-stream"}
        async with shop.http.stream("POST", "/graphql", json={"query": query}, headers=headers) as stream:
            async for line in stream.aiter_lines():
                if line.startswith("data: {"):
                    into.append(json.loads(line[6:])["data"]["customDataChanged"]["sequence"])

    listening = [asyncio.create_task(listen(shop, into)) for shop, into in zip(both, heard, strict=True)]
    count = 0

    async def both_follow() -> bool:
        nonlocal count
        count += 1
        await first.save_one("note", {"text": f"before {count}"})
        return all(heard)

    await until(both_follow)
    for number in range(10):
        await (first, second)[number % 2].save_one("note", {"text": str(number)})
    last = str(count + 1 + 10)  # the definition is the first change

    async def all_heard() -> bool:
        return all(into[-1] == last for into in heard)

    await until(all_heard)
    for task in listening:
        task.cancel()
    await asyncio.gather(*listening, return_exceptions=True)
    for into in heard:
        assert into == [str(n) for n in range(int(into[0]), int(last) + 1)]
