"""One of several is erased: everybody else's answers are the same, and what others save meanwhile is not lost."""

import asyncio
import random
from collections import Counter
from typing import Any

import pytest
from starlette.applications import Starlette

from app.store import erasures
from tests.api.test_change_subscriptions import events, subscribed
from tests.api.test_locks import Meanwhile
from tests.erasing.canary import define, erase, rows_with
from tests.shops import ShopClient

SHOWN = """query($id: ID!) { contact(by: {idContact: $id}) { email customers { source idCustomer }
    cards: customData(definition: "card") { nodes { idRecord version data } }
    notes: customData(definition: "note") { nodes { idRecord version data } }
    by: customData(definition: "note", field: "by_id") { nodes { idRecord data } }
    segments { name } } }"""


async def people(shop: ShopClient, chance: random.Random, number: int) -> list[int]:
    """With cards and notes, from and about each other, and segments that name some of them."""
    made = [await shop.contact(f"p{n}@example.com", source=chance.choice(["web", "till"])) for n in range(number)]
    await shop.save("card", *({"contact_id": each, "tier": chance.choice(["gold", "silver"])} for each in made))
    for _ in range(3):
        notes = [
            {"contact_id": chance.choice(made), "by_id": chance.choice([*made, None]), "text": f"t{n}"}
            for n in range(2 * number)
        ]
        await shop.save("note", *notes)
    for n in range(3):
        some = [f"p{each}@example.com" for each in chance.sample(range(number), 3)]
        where = chance.choice(
            [{"email": {"notIn": some}}, {"email": {"in": some}}, {"not": {"email": {"eq": some[0]}}}]
        )
        await shop.run("createSegment", "userErrors { code }", name=f"some {n}", where=where)
    return made


@pytest.mark.parametrize("seed", range(6))
async def test_everybody_elses_answers_stay(shop: ShopClient, seed: int) -> None:
    """But for the notes that were about, or by, the one who went, which were theirs, too."""
    chance = random.Random(seed)
    await define(shop)
    everybody = await people(shop, chance, 8)
    gone, *others = chance.sample(everybody, len(everybody))
    before = {each: (await shop.ask(SHOWN, id=str(each)))["contact"] for each in others}
    log = await changes(shop)
    records = chance.choice(["DELETE", "UNLINK"])
    await erase(
        shop, {"idContact": str(gone)}, records=records, definitions=[{"definition": "card", "records": "DELETE"}]
    )
    for each in others:
        after = (await shop.ask(SHOWN, id=str(each)))["contact"]
        assert after == without(before[each], gone, deleted=records == "DELETE")
    kept = {each["sequence"]: each for each in await changes(shop)}
    for each in log:
        mine = any(gone in (side or {}).values() for side in (each["before"], each["after"]))
        assert kept[each["sequence"]]["erased"] == mine
        assert mine or kept[each["sequence"]] == each


def without(shown: Any, gone: int, *, deleted: bool) -> Any:
    """What is shown of somebody, after another's records went or point at nobody."""
    result = dict(shown)
    for name in ("notes", "by"):
        nodes = []
        for node in shown[name]["nodes"]:
            if gone not in node["data"].values():
                nodes.append(node)
            elif not deleted:
                left = {field: None if value == gone else value for field, value in node["data"].items()}
                grown = {"version": node["version"] + 1} if "version" in node else {}
                nodes.append(node | {"data": left} | grown)
        result[name] = {"nodes": nodes}
    return result


async def changes(shop: ShopClient) -> list[dict[str, Any]]:
    query = """query($after: String) { customDataChanges(first: 100, after: $after) {
        nodes { sequence kind before after erased } } }"""
    found: list[dict[str, Any]] = []
    while page := (await shop.ask(query, after=found[-1]["sequence"] if found else "0"))["customDataChanges"]["nodes"]:
        found += page
    return found


async def test_many_records_take_more_statements_only_by_the_thousand(
    shop: ShopClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    await define(shop)

    async def statements(number: int) -> Counter[str]:
        contact = await shop.contact(f"{number}@example.com")
        for start in range(0, number, 50):
            some = min(50, number - start)
            await shop.save("note", *({"contact_id": contact, "text": "x"} for _ in range(some)))
        with shop.statements() as seen:
            payload = await erase(shop, {"idContact": str(contact)})
        assert sum(each["deleted"] for each in payload["records"]) == number
        return Counter(seen)

    await statements(1)
    assert await statements(5) == await statements(45)
    monkeypatch.setattr(erasures, "AT_ONCE", 100)
    many = await statements(250)
    assert many["erasures.delete_records"] == 3
    query = '{ customDataRecords(definition: "note") { totalCount { count } } }'
    assert (await shop.ask(query))["customDataRecords"]["totalCount"]["count"] == 0


@pytest.mark.parametrize("at", ["records.insert", "changes.record"])
async def test_a_save_under_way_is_waited_for_and_erased(
    at: str,
    shop: ShopClient,
    meanwhile: Meanwhile,
    admin_url: str,
) -> None:
    await define(shop)
    contact = await shop.contact("ada@example.com")
    erasing = meanwhile(at, lambda: erase(shop, {"idContact": str(contact)}))
    saved = await shop.save("note", {"contact_id": contact, "text": "the-unmistakable-text"})
    assert saved["created"] == 1
    payload, waited = await erasing
    assert waited
    assert payload["records"][0]["deleted"] == 1
    assert await rows_with(admin_url, "the-unmistakable-text") == {}


@pytest.mark.parametrize("at", ["erasures.delete_customers", "changes.record"])
async def test_a_save_that_comes_meanwhile_finds_nobody(
    at: str,
    shop: ShopClient,
    meanwhile: Meanwhile,
) -> None:
    await define(shop)
    contact = await shop.contact("ada@example.com")
    await shop.save("note", {"contact_id": contact, "text": "before"})
    saving = meanwhile(at, lambda: shop.save("note", {"contact_id": contact, "text": "late"}))
    pushed = meanwhile(
        "erasures.its_own" if at == "never" else "erasures.others",
        lambda: shop.customers({"idCustomer": "2", "email": "ada@example.com", "emailVerified": True}),
    )
    await erase(shop, {"idContact": str(contact)})
    payload, waited = await saving
    assert waited
    assert payload["results"][0]["errors"][0]["code"] == "CONTACT_NOT_FOUND"
    [other], waited = await pushed
    assert waited
    assert other != contact


async def test_subscribers_are_told_and_a_late_one_gets_nothing_of_the_person(
    app: Starlette,
    shop: ShopClient,
) -> None:
    await define(shop)
    ada, bob = await shop.contact("ada@example.com"), await shop.contact("bob@example.com")
    async with (
        subscribed(app, shop) as socket,
        subscribed(app, shop, definition="card", where={"tier": {"eq": "never"}}) as conditioned,
    ):
        await shop.save("card", {"contact_id": ada, "holder": "Ada"}, {"contact_id": bob, "holder": "Bob"})
        told = await events(socket, 2)
        assert [each["after"]["holder"] for each in told] == ["Ada", "Bob"]
        await erase(shop, {"idContact": str(ada)})
        assert [each["kind"] for each in await events(socket, 2)] == ["CONTACT_ERASED"] * 2
        assert [each["kind"] for each in await events(conditioned, 1)] == ["CONTACT_ERASED"]
        before = str(int(told[0]["sequence"]) - 1)  # what is kept for those who are a little behind
        async with subscribed(app, shop, after=before) as late:
            seen = await events(late, 4)
    assert [each["after"] for each in seen] == [None, {"contact_id": bob, "holder": "Bob"}, None, None]


async def test_people_may_be_erased_side_by_side(shop: ShopClient) -> None:
    await define(shop)
    everybody = await people(shop, random.Random(1), 8)
    saved = [shop.save("card", {"contact_id": everybody[0], "tier": f"t{n}"}) for n in range(4)]
    payloads, _ = await asyncio.gather(
        asyncio.gather(*(erase(shop, {"idContact": str(each)}) for each in everybody[1:])), asyncio.gather(*saved)
    )
    assert all(each["userErrors"] == [] for each in payloads)
    left = await shop.ask(
        '{ contacts { nodes { idContact } } customDataRecords(definition: "card") { nodes { data } } }'
    )
    assert left["contacts"]["nodes"] == [{"idContact": str(everybody[0])}]
    assert [each["data"]["contact_id"] for each in left["customDataRecords"]["nodes"]] == [everybody[0]]
