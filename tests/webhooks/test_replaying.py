"""Deliveries that are sent again, or now, because somebody says so."""

import asyncio
from typing import Any

from tests.processes import run
from tests.shops import ShopClient
from tests.webhooks.conftest import Courier
from tests.webhooks.receiver import Received, Receiver, receiving
from tests.webhooks.test_delivering import every_match, listed, loyalty, settled


async def tried(shop: ShopClient, *attempts: int) -> list[dict[str, Any]]:
    """The pending deliveries, when so many attempts have been made of each."""
    async with asyncio.timeout(30):
        while True:
            found = await listed(shop, status=["PENDING"])
            if [each["attempts"] for each in found] == [*attempts]:
                return found
            await asyncio.sleep(0.05)


async def test_what_fails_too_often_is_a_dead_letter_that_can_be_replayed(shop: ShopClient, courier: Courier) -> None:
    status = [500]

    async def answer(_: Received) -> int:
        return status[0]

    await loyalty(shop)
    async with receiving(answer) as receiver, courier():
        await every_match(shop, receiver.url)
        await shop.save("loyalty", {"code": "a"}, {"code": "b"})
        dead = await settled(shop, 2)
        assert [(each["status"], each["attempts"], each["lastStatus"]) for each in dead] == [("DEAD", 3, 500)] * 2
        assert {each["lastError"] for each in dead} == {"Answered 500."}
        status[0] = 202
        ids = [dead[0]["id"], "999999999"]
        asked = "replayed ids warnings { code path } userErrors { code }"
        one = await shop.run("replayDeliveries", asked, ids=ids)
        assert one == {
            "replayed": 1, "ids": [dead[0]["idDelivery"]],
            "warnings": [{"code": "NOT_REPLAYED", "path": "ids.1"}], "userErrors": [],
        }  # fmt: skip
        rest = await shop.run("replayDeliveries", "replayed warnings { code }")
        assert rest == {"replayed": 1, "warnings": []}
        none = await shop.run("replayDeliveries", "replayed warnings { code }")
        assert none == {"replayed": 0, "warnings": [{"code": "NOT_REPLAYED"}]}
        await receiver.until(8)
        after = await settled(shop, 2)
    assert [(each["status"], each["attempts"], each["lastError"]) for each in after] == [("DELIVERED", 1, None)] * 2
    events = [each.event for each in receiver.received]
    assert sorted(map(events.count, set(events))) == [4, 4]


async def test_what_is_pending_is_sent_now_with_what_waits_of_its_record(shop: ShopClient, courier: Courier) -> None:
    """Named by the last of its record: the first, which failed, goes before it."""
    status = [500]

    async def answer(_: Received) -> int:
        return status[0]

    await loyalty(shop)
    asked = "replayed ids warnings { message } userErrors { code }"
    async with receiving(answer) as receiver, courier(first_pause=3600.0):
        await every_match(shop, receiver.url)
        await shop.save("loyalty", {"code": "a", "points": 1})
        await shop.save("loyalty", {"code": "a", "points": 2})
        last = (await tried(shop, 1, 0))[1]["idDelivery"]
        status[0] = 200
        told = await shop.run("replayDeliveries", asked, ids=[last])
        assert told == {"replayed": 1, "ids": [last], "warnings": [], "userErrors": []}
        await settled(shop, 2)
        again = await shop.run("replayDeliveries", asked, ids=[last])
    assert again["replayed"] == 0
    assert "has been delivered" in again["warnings"][0]["message"]
    assert [each.told["change"]["after"]["points"] for each in receiver.received] == [1, 1, 2]


async def test_a_replay_says_what_it_cannot_use(shop: ShopClient) -> None:
    problems = "replayed userErrors { code path }"
    cases: list[tuple[dict[str, Any], str, str]] = [
        ({"ids": []}, "NO_ITEMS", "ids"),
        ({"ids": ["1"] * 101}, "TOO_MANY_ITEMS", "ids"),
        ({"ids": ["1", "x"]}, "INVALID_REFERENCE", "ids.1"),
        ({"ids": ["1"], "trigger": "1"}, "INVALID_REFERENCE", "ids"),
        ({"trigger": "x"}, "INVALID_REFERENCE", "trigger"),
    ]
    for input_, code, path in cases:
        told = await shop.run("replayDeliveries", problems, **input_)
        assert told == {"replayed": 0, "userErrors": [{"code": code, "path": path}]}
    assert (await shop.run("rotateWebhookSecret", problems.replace("replayed", "secret"), overlap=-1)) == {
        "secret": None, "userErrors": [{"code": "INVALID_VALUE", "path": "overlap"}],
    }  # fmt: skip


async def test_the_command_line_lists_shows_and_replays(
    shop: ShopClient, receiver: Receiver, courier: Courier, admin_url: str, gateway_url: str
) -> None:
    given = {"DATABASE_URL": gateway_url, "DATABASE_ADMIN_URL": admin_url}
    await loyalty(shop)
    await every_match(shop, receiver.url)
    await shop.save("loyalty", {"code": "a"})
    async with courier(private=False, attempts=1):
        [dead] = await settled(shop, 1)
    own = ("--shop", str(shop.id))
    said = await asyncio.to_thread(run, "deliveries", "list", *own, **given)
    assert said.stdout.startswith(f"{dead['idDelivery']}\tDEAD\t")
    assert "private address" in said.stdout
    shown = await asyncio.to_thread(run, "deliveries", "show", *own, dead["idDelivery"], **given)
    assert '"code":"a"' in shown.stdout
    unclear = await asyncio.to_thread(run, "deliveries", "replay", *own, **given)
    assert (unclear.returncode, "say --all" in unclear.stderr) == (1, True)
    again = await asyncio.to_thread(run, "deliveries", "replay", *own, dead["idDelivery"], **given)
    assert again.stdout == "1 are sent again.\n"
    async with courier():
        await receiver.until(1)
    none = await asyncio.to_thread(run, "deliveries", "replay", *own, "--all", **given)
    assert none.stdout == "0 are sent again.\n"
    async with courier(private=False, first_pause=3600.0):
        await shop.save("loyalty", {"code": "b"})
        [failed] = await tried(shop, 1)
    now = await asyncio.to_thread(run, "deliveries", "replay", *own, failed["idDelivery"], **given)
    assert now.stdout == "1 are sent again.\n"
    async with courier():
        await receiver.until(2)
    missing = await asyncio.to_thread(run, "deliveries", "show", *own, "1", **given)
    assert missing.returncode == 1
