"""Which changes fire: compared with a plain model, on records that come, change and go."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.webhooks import DeliveryStatus
from app.operations.fire_triggers import fire
from app.store import deliveries
from app.store.paging import Page
from tests.shops import ShopClient, to
from tests.tour_of_events import new_trigger

TRANSITIONS = ("BECOMES_TRUE", "EVERY_MATCH", "BECOMES_FALSE")
URL = {"url": "http://127.0.0.1:9/hooks"}


async def told(shop: ShopClient, trigger: str) -> list[dict[str, Any]]:
    """What the trigger has to tell of all that was committed by now, in order."""
    while await fire(shop.database, shop.id, int(trigger)):
        pass
    async with shop.database.reading(shop.id) as session:
        found = await deliveries.page(session, Page(1000), [*DeliveryStatus], int(trigger))
    return [json.loads(each.body)["change"] for each in sorted(found, key=lambda each: each.sequence)]


async def loyalty(shop: ShopClient) -> str:
    return await shop.define("Loyalty", {"code": "STRING", "points": "NUMBER"}, uniqueKeys=["code"])


STEPS = st.lists(
    st.tuples(st.sampled_from("ab"), st.sampled_from([None, 1, 5, 9]), st.sampled_from(["EMIT", "EMIT", "SUPPRESS"])),
    min_size=1, max_size=12,
)  # fmt: skip


@given(steps=STEPS)
@settings(max_examples=25)
async def test_transitions_agree_with_a_plain_model(shop: ShopClient, steps: list[tuple[str, int | None, str]]) -> None:
    """Points of a record are set, or (None) the record is deleted; the condition is points >= 5."""
    if not (await shop.ask("{ customDataDefinitions { key } }"))["customDataDefinitions"]:
        await loyalty(shop)
    for code in "ab":  # what an earlier example left
        await shop.run("deleteCustomDataRecord", "deleted", by={"definition": "loyalty", "key": code})
    about = {"definition": "loyalty", "when": {"points": {"gte": 5}}, "deliver": URL}
    ids = {each: await new_trigger(shop, name=each, transition=each, **about) for each in TRANSITIONS}
    now: dict[str, int] = {}
    expected: dict[str, list[tuple[str, int | None]]] = {each: [] for each in TRANSITIONS}
    for code, points, events in steps:
        before = now.get(code)
        if points is None:
            by = {"definition": "loyalty", "key": code}
            await shop.run("deleteCustomDataRecord", "deleted", by=by, events=events)
            now.pop(code, None)
        else:
            await shop.save("loyalty", {"code": code, "points": points}, events=events)
            now[code] = points
        if events == "SUPPRESS" or before == points:
            continue
        was, is_ = before is not None and before >= 5, points is not None and points >= 5
        expected["BECOMES_TRUE"] += [(code, points)] if is_ and not was else []
        expected["EVERY_MATCH"] += [(code, points)] if is_ else []
        expected["BECOMES_FALSE"] += [(code, points)] if was and not is_ else []
    for transition, id_ in ids.items():
        seen = [
            ((each["after"] or each["before"])["code"], each["after"] and each["after"]["points"])
            for each in await told(shop, id_)
        ]
        assert seen == expected[transition], transition
        await shop.run("deleteTrigger", "deleted", trigger=id_)


async def test_an_unchanged_record_a_summary_and_what_was_suppressed_fire_nothing(shop: ShopClient) -> None:
    key = await loyalty(shop)
    id_ = await new_trigger(shop, name="all", definition=key, when={}, transition="EVERY_MATCH", deliver=URL)
    await shop.save(key, {"code": "a", "points": 1}, events="SUPPRESS")
    await shop.save(key, {"code": "b", "points": 1}, events="SUMMARY")
    await shop.save(key, {"code": "a", "points": 1})
    assert await told(shop, id_) == []
    await shop.save(key, {"code": "a", "points": 2})
    [change] = await told(shop, id_)
    assert (change["kind"], change["before"]["points"], change["after"]["points"]) == ("UPDATED", 1, 2)
    assert (change["changedFields"], change["version"], change["operation"]) == (["points"], 2, "saveCustomDataRecords")


async def test_it_judges_what_is_committed_after_it_was_made_and_while_it_is_on(shop: ShopClient) -> None:
    key = await loyalty(shop)
    await shop.save(key, {"code": "before"})
    id_ = await new_trigger(shop, name="all", definition=key, when={}, deliver=URL)
    await shop.save(key, {"code": "on"})
    await told(shop, id_)
    await shop.run("disableTrigger", "trigger { enabled }", trigger=id_)
    await shop.save(key, {"code": "off"})
    await shop.run("enableTrigger", "trigger { enabled }", trigger=id_)
    await shop.save(key, {"code": "on again"})
    assert [each["after"]["code"] for each in await told(shop, id_)] == ["on", "on again"]


async def test_a_condition_may_ask_of_other_records(shop: ShopClient) -> None:
    vip = await shop.contact("vip@example.com")
    other = await shop.contact("other@example.com")
    key = await shop.define("Visit", {"contact_id": "NUMBER"}, relationships=[to("contact_id", "contacts")])
    when = {"contact_id": {"is": {"email": {"eq": "vip@example.com"}}}}
    id_ = await new_trigger(shop, name="vip", definition=key, when=when, deliver=URL)
    await shop.save(key, {"contact_id": vip}, {"contact_id": other})
    assert [each["after"]["contact_id"] for each in await told(shop, id_)] == [vip]


async def test_a_segment_in_a_condition_is_kept_by_its_id(shop: ShopClient) -> None:
    vip = await shop.contact("vip@example.com")
    key = await shop.define("Visit", {"contact_id": "NUMBER"}, relationships=[to("contact_id", "contacts")])
    where = {"email": {"eq": "vip@example.com"}}
    made = await shop.run("createSegment", "segment { idSegment }", name="VIP", where=where)
    segment = made["segment"]["idSegment"]
    when = {"contact_id": {"is": {"segment": {"in": ["vip"]}}}}
    id_ = await new_trigger(shop, name="vip", definition=key, when=when, deliver=URL)
    await shop.run("updateSegment", "userErrors { code }", segment="VIP", name="Dear")
    await shop.save(key, {"contact_id": vip})
    assert len(await told(shop, id_)) == 1
    assert (await shop.ask("{ triggers { when broken } }"))["triggers"] == [
        {"when": {"contact_id": {"is": {"segment": {"in": [segment]}}}}, "broken": None}
    ]


async def test_many_changes_are_judged_once_by_a_constant_number_of_statements_a_page(shop: ShopClient) -> None:
    key = await loyalty(shop)
    id_ = await new_trigger(shop, name="all", definition=key, when={"points": {"gte": 0}}, deliver=URL)
    for n in range(6):
        await shop.save(key, *({"code": f"{n}-{each}", "points": each} for each in range(50)))
    with shop.statements() as seen:
        assert len(await told(shop, id_)) == 300
    assert seen.count("records.matching") == 2
    assert seen.count("deliveries.insert") == 2
    assert len(await told(shop, id_)) == 300


async def test_several_judges_at_once_tell_each_change_once(shop: ShopClient) -> None:
    key = await loyalty(shop)
    id_ = await new_trigger(shop, name="all", definition=key, when={}, deliver=URL)

    async def judge() -> None:
        for _ in range(20):
            await fire(shop.database, shop.id, int(id_))

    async def save(writer: int) -> None:
        for n in range(5):
            await shop.save(key, *({"code": f"{writer}-{n}-{each}"} for each in range(5)))

    await asyncio.gather(*(judge() for _ in range(4)), *map(save, range(4)))
    found = [each["sequence"] for each in await told(shop, id_)]
    assert len(found) == len(set(found)) == 100


async def test_a_deleted_definition_breaks_a_trigger_and_a_new_one_of_its_key_does_not_mend_it(
    shop: ShopClient,
) -> None:
    key = await loyalty(shop)
    visits = await shop.define("Visit", {"loyalty_id": "NUMBER"}, relationships=[to("loyalty_id", key)])
    when = {"loyalty_id": {"is": {"points": {"gte": 5}}}}
    id_ = await new_trigger(shop, name="Rich", definition=visits, when=when, deliver=URL)
    refused = await shop.run("deleteCustomDataDefinition", "userErrors { code message }", definition=key)
    [error] = refused["userErrors"]
    assert error["code"] == "DEFINITION_IN_USE"
    assert "the trigger 'Rich'" in error["message"]
    gone = await shop.run("deleteCustomDataDefinition", "warnings { code message }", definition=key, force=True)
    assert [each["code"] for each in gone["warnings"]] == ["TRIGGERS_BROKEN"]
    assert "'Rich'" in gone["warnings"][0]["message"]
    await shop.define("Loyalty", {"code": "STRING", "points": "NUMBER"}, uniqueKeys=["code"])
    await shop.save(visits, {})
    [trigger] = (await shop.ask("{ triggers { enabled broken } }"))["triggers"]
    assert trigger["enabled"]
    assert "has been deleted" in trigger["broken"]
    assert await told(shop, id_) == []
    mended = await shop.run("updateTrigger", "trigger { broken } userErrors { code }", trigger=id_, when={})
    assert mended == {"trigger": {"broken": None}, "userErrors": []}
    await shop.save(visits, {})
    assert len(await told(shop, id_)) == 1


@pytest.mark.parametrize(("word", "days"), [({"this": "DAY"}, [1]), ({"last": {"days": 2}}, [1, 2])])
async def test_calendar_words_mean_the_day_of_the_change(shop: ShopClient, word: Any, days: list[int]) -> None:
    key = await shop.define("Visit", {"on": "DATE"})
    id_ = await new_trigger(shop, name="today", definition=key, when={"on": {"within": word}}, deliver=URL)
    today = datetime.now(UTC).date()
    await shop.save(key, *({"on": str(today - timedelta(days=ago))} for ago in range(4)))
    async with shop.database.writing(shop.id) as session:  # and judged a day late
        late = "update changes set made_at = made_at - interval '1 day' where shop_id = $1"
        await (await session._ready()).execute(late, shop.id)
    assert [each["after"]["on"] for each in await told(shop, id_)] == [str(today - timedelta(days=n)) for n in days]
