"""A person is erased on served gateways: endpoints and subscribers are told, and no log says who it was."""

import asyncio
from dataclasses import replace

import httpx

from tests.erasing.canary import define, erase, new_canary
from tests.processes import PATIENCE, serving
from tests.shops import ShopClient
from tests.store.scratch import as_login
from tests.tour_of_events import new_trigger
from tests.webhooks.conftest import Courier
from tests.webhooks.receiver import Received, Receiver, receiving
from tests.webhooks.test_delivering import every_match, settled


async def test_an_endpoint_that_may_know_the_person_is_told(
    shop: ShopClient, receiver: Receiver, courier: Courier
) -> None:
    await define(shop)
    contact = await shop.contact("ada@example.com")
    never = {"tier": {"eq": "never"}}
    await every_match(shop, receiver.url, "all", "card")
    about = {"definition": "card", "when": never, "transition": "BECOMES_TRUE", "deliver": {"url": receiver.url}}
    await new_trigger(shop, name="conditioned", **about)
    await every_match(shop, receiver.url, "notes", "note")
    card = await shop.save_one("card", {"contact_id": contact, "holder": "Ada"})
    async with courier():
        [saved] = await receiver.until(1)
        assert saved.told["change"]["after"]["holder"] == "Ada"
        await settled(shop, 1)
        await erase(shop, {"idContact": str(contact)})
        _, *told = await receiver.until(3)
        await settled(shop, 3)
    assert {each.told["trigger"]["name"] for each in told} == {"all", "conditioned"}
    for each in told:
        change = each.told["change"]
        summary = {"idContact": str(contact), "deleted": 1, "unlinked": 0, "ids": [card]}
        assert (change["kind"], change["summary"], change["idRecord"]) == ("CONTACT_ERASED", summary, None)
        assert (change["before"], change["after"]) == (None, None)
    listed = await settled(shop, 3)
    assert [each["idRecord"] for each in listed] == [str(card), None, None]


async def test_several_erasures_are_told_each(shop: ShopClient, receiver: Receiver, courier: Courier) -> None:
    await define(shop)
    await every_match(shop, receiver.url, "all", "note")
    people = [await shop.contact(f"{n}@example.com") for n in range(5)]
    await shop.save("note", *({"contact_id": each} for each in people), events="SUPPRESS")
    for each in people:
        await erase(shop, {"idContact": str(each)})
    async with courier():
        told = await receiver.until(5)
    assert {each.told["change"]["summary"]["idContact"] for each in told} == set(map(str, people))


async def test_what_was_not_judged_yet_fires_nothing_and_what_waits_is_not_sent(
    shop: ShopClient, receiver: Receiver, courier: Courier
) -> None:
    await define(shop)
    contact, other = await shop.contact("ada@example.com"), await shop.contact("bob@example.com")
    await every_match(shop, receiver.url, "all", "card")
    await shop.save("card", {"contact_id": contact, "holder": "Ada"}, {"contact_id": other, "holder": "Bob"})
    await erase(shop, {"idContact": str(contact)})
    async with courier():
        told = await receiver.until(2)
    assert [(each.told["change"]["kind"], each.told["change"]["after"]) for each in told] == [
        ("CREATED", {"contact_id": other, "holder": "Bob"}), ("CONTACT_ERASED", None),
    ]  # fmt: skip


async def test_no_log_of_served_gateways_tells_who_it_was(apart: tuple[str, ShopClient]) -> None:
    """With each operation told, every one of them as slow, webhooks that fail, and a request that fails."""
    url, shop = apart

    async def failing(_: Received) -> int:
        return 500

    settings = {
        "DATABASE_URL": url, "CUSTOM_DATA_DELIVER": "true", "CUSTOM_DATA_PRIVATE_WEBHOOKS": "true",
        "CUSTOM_DATA_LOG_OPERATIONS": "all", "CUSTOM_DATA_SLOW_MS": "1", "CUSTOM_DATA_WEBHOOK_ATTEMPTS": "1",
    }  # fmt: skip
    async with receiving(failing) as receiver:
        gateways = serving("--workers", "2", **settings)
        gateway = await asyncio.to_thread(gateways.__enter__)
        try:
            async with httpx.AsyncClient(base_url=gateway.url, timeout=PATIENCE) as client:
                served = replace(shop, http=client)
                canary = await new_canary(served)
                await every_match(served, receiver.url, "in vain", "card")
                await served.save("card", {"contact_id": canary.contact, "holder": canary.texts[2]})
                await receiver.until(1, PATIENCE)
                assert canary.found_in({"webhook": [receiver.received[0].body.decode()]})
                await served.answer(f'{{ contact(by: {{email: "{canary.email}"}}) {{ nothing }} }}')
                await erase(served, {"email": canary.email})
                await erase(served, {"email": canary.email})  # there is nobody any more
                gateway.process.terminate()
                said = await asyncio.to_thread(gateway.process.communicate)
        finally:
            await asyncio.to_thread(gateways.__exit__, None, None, None)
    assert said[1].count('"event":"operation"') > 20
    assert said[1].count('"event":"slow operation"') > 5
    assert canary.found_in({"logs": list(said)}) == {}
    assert await canary.left(as_login(url, "postgres")) == {}
