"""Deliveries on their way to an endpoint on this machine."""

import asyncio
import hashlib
import hmac
import time
from collections import defaultdict
from typing import Any

from tests.shops import ShopClient
from tests.tour_of_events import new_trigger
from tests.webhooks.conftest import Courier
from tests.webhooks.receiver import Received, Receiver, receiving

DELIVERIES = """query($status: [DeliveryStatus!], $trigger: ID) {
    webhookDeliveries(status: $status, trigger: $trigger, first: 100) {
        totalCount { count }
        nodes { id idDelivery eventId status attempts lastStatus lastError nextAttemptAt settledAt idRecord body }
    }
}"""


async def loyalty(shop: ShopClient) -> str:
    return await shop.define("Loyalty", {"code": "STRING", "points": "NUMBER"}, uniqueKeys=["code"])


async def every_match(shop: ShopClient, url: str, name: str = "all", definition: str = "loyalty") -> str:
    about = {"definition": definition, "when": {}, "transition": "EVERY_MATCH", "deliver": {"url": url}}
    return await new_trigger(shop, name=name, **about)


async def listed(shop: ShopClient, **asked: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await shop.ask(DELIVERIES, **asked))["webhookDeliveries"]["nodes"]
    return found


async def settled(shop: ShopClient, count: int, seconds: float = 30) -> list[dict[str, Any]]:
    """All deliveries, when so many are delivered or dead."""
    async with asyncio.timeout(seconds):
        while True:
            found = await listed(shop, status=["DELIVERED", "DEAD"])
            if len(found) >= count:
                return found
            await asyncio.sleep(0.05)


def signed_with(received: Received) -> set[str]:
    """The hexadecimal digests of the signature header."""
    parts = [part.split("=") for part in received.headers["custom-data-signature"].split(",")]
    assert {version for version, _ in parts} == {"v1"}
    return {digest for _, digest in parts}


def digest(secret: str, received: Received) -> str:
    signed = received.headers["custom-data-timestamp"].encode() + b"." + received.body
    return hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


async def secret_of(shop: ShopClient, **input: Any) -> str:
    secret: str = (await shop.run("rotateWebhookSecret", "secret", **input))["secret"]
    return secret


async def test_a_change_is_posted_and_signed(shop: ShopClient, receiver: Receiver, courier: Courier) -> None:
    await loyalty(shop)
    trigger = await every_match(shop, receiver.url)
    secret = await secret_of(shop, overlap=0)
    record = await shop.save_one("loyalty", {"code": "a", "points": 5})
    async with courier():
        [received] = await receiver.until(1)
        [delivery] = await settled(shop, 1)
    assert received.path == "/hooks"
    assert received.headers["content-type"] == "application/json"
    assert signed_with(received) == {digest(secret, received)}
    assert abs(time.time() - int(received.headers["custom-data-timestamp"])) < 30
    told = received.told
    assert told["id"] == received.event == delivery["eventId"]
    assert told["trigger"] == {"idTrigger": trigger, "name": "all", "transition": "EVERY_MATCH"}
    change = told["change"]
    assert (change["kind"], change["definition"], change["idRecord"]) == ("CREATED", "loyalty", str(record))
    assert (change["before"], change["after"]) == (None, {"code": "a", "points": 5})
    assert (delivery["status"], delivery["attempts"], delivery["lastStatus"]) == ("DELIVERED", 1, 200)
    assert delivery["body"] == told


async def test_a_record_is_told_in_order_while_others_go_on(shop: ShopClient, courier: Courier) -> None:
    """The endpoint refuses one record twice; its later changes wait, those of others do not."""
    refusals = {"a": 2}

    async def refuse(received: Received) -> int:
        code = received.told["change"]["after"]["code"]
        refusals[code] = refusals.get(code, 0) - 1
        return 503 if refusals[code] >= 0 else 200

    await loyalty(shop)
    async with receiving(refuse) as receiver:
        await every_match(shop, receiver.url)
        for points in range(4):
            await shop.save("loyalty", *({"code": code, "points": points} for code in "abc"))
        async with courier(attempts=9):
            received = await receiver.until(14)
            await settled(shop, 12)
    by_code: dict[str, list[int]] = defaultdict(list)
    for each in received:
        by_code[each.told["change"]["after"]["code"]].append(each.told["change"]["after"]["points"])
    assert by_code == {"a": [0, 0, 0, 1, 2, 3], "b": [0, 1, 2, 3], "c": [0, 1, 2, 3]}


async def test_a_dead_letter_lets_its_record_go_on(shop: ShopClient, courier: Courier) -> None:
    async def refuse_the_first(received: Received) -> int:
        return 500 if received.told["change"]["version"] == 1 else 200

    await loyalty(shop)
    async with receiving(refuse_the_first) as receiver, courier(attempts=2):
        await every_match(shop, receiver.url)
        for points in (1, 2, 3):
            await shop.save("loyalty", {"code": "a", "points": points})
        found = await settled(shop, 3)
    assert [each["status"] for each in found] == ["DEAD", "DELIVERED", "DELIVERED"]
    assert [each.told["change"]["version"] for each in receiver.received] == [1, 1, 2, 3]


async def test_redirects_are_not_followed(shop: ShopClient, courier: Courier) -> None:
    async def elsewhere(_: Received) -> int:
        return 307

    await loyalty(shop)
    async with receiving(elsewhere) as receiver, courier(attempts=1):
        await every_match(shop, receiver.url)
        await shop.save("loyalty", {"code": "a"})
        [dead] = await settled(shop, 1)
    assert (dead["status"], dead["lastStatus"]) == ("DEAD", 307)
    assert "redirects are not followed" in dead["lastError"]
    assert len(receiver.received) == 1


async def test_slow_endpoints_do_not_delay_another(shop: ShopClient, receiver: Receiver, courier: Courier) -> None:
    """Three endpoints never answer; of another, 60 records arrive before the first of them has timed out twice."""

    async def never(_: Received) -> int:
        await asyncio.sleep(60)
        return 200

    await loyalty(shop)
    async with receiving(never) as slow:
        for n in range(3):
            await every_match(shop, slow.url, f"slow {n}")
        await every_match(shop, receiver.url, "fast")
        for n in range(3):
            await shop.save("loyalty", *({"code": f"{n}-{each}"} for each in range(20)))
        async with courier(timeout=2.0, at_once=16):
            await receiver.until(60, seconds=8)
    assert len({each.event for each in receiver.received}) == 60


async def test_an_endpoint_that_is_not_there_is_told_so(shop: ShopClient, courier: Courier) -> None:
    await loyalty(shop)
    async with receiving() as gone:
        url = gone.url
    async with courier(attempts=2):
        await every_match(shop, url)
        await shop.save("loyalty", {"code": "a"})
        [dead] = await settled(shop, 1)
    assert (dead["status"], dead["lastStatus"], dead["attempts"]) == ("DEAD", None, 2)
    assert "ConnectError" in dead["lastError"]


async def test_private_addresses_are_refused_when_names_are_resolved(
    shop: ShopClient, receiver: Receiver, courier: Courier
) -> None:
    """Also where a trigger was made under another setting, or a name leads elsewhere by now."""
    await loyalty(shop)
    await every_match(shop, receiver.url.replace("127.0.0.1", "localhost"))
    await shop.save("loyalty", {"code": "a"})
    async with courier(private=False, attempts=1):
        [dead] = await settled(shop, 1)
    assert "private address" in dead["lastError"]
    assert receiver.received == []


async def test_a_trigger_that_is_off_holds_its_deliveries(
    shop: ShopClient, receiver: Receiver, courier: Courier
) -> None:
    await loyalty(shop)
    trigger = await every_match(shop, receiver.url)
    await shop.save("loyalty", {"code": "a"})
    async with courier(private=False, attempts=9, first_pause=0.01):
        async with asyncio.timeout(20):
            while True:
                if any(each["attempts"] for each in await listed(shop)):
                    break
                await asyncio.sleep(0.05)
        await shop.run("disableTrigger", "userErrors { code }", trigger=trigger)
    async with courier():
        await asyncio.sleep(1)
        assert receiver.received == []
        await shop.run("enableTrigger", "userErrors { code }", trigger=trigger)
        await receiver.until(1)


async def test_several_couriers_send_each_delivery_once(shop: ShopClient, receiver: Receiver, courier: Courier) -> None:
    await loyalty(shop)
    await every_match(shop, receiver.url)
    async with courier(), courier(), courier():
        for n in range(4):
            await shop.save("loyalty", *({"code": f"{n}-{each}"} for each in range(20)))
        await settled(shop, 80)
    events = [each.event for each in receiver.received]
    assert len(events) == len(set(events)) == 80
