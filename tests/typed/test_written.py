"""Conditions by the shop's types where conditions are written: what matches, why, segments and triggers."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from app.graphql.schema import BREADTH_FIRST, GRAPHQL_CORE
from app.server.app import mount
from app.server.settings import Settings
from app.store.database import Database
from tests.shops import ShopClient, new_shop, to

SEGMENT = """mutation($i: CreateSegmentInput!) { createSegment(input: $i) { segment { name where
    contacts { nodes { email } } } userErrors { code message path } } }"""
TRIGGER = """mutation($i: CreateTriggerInput!) { createTrigger(input: $i) {
    trigger { idTrigger when definition { key } } userErrors { code message path } } }"""
GOLD: dict[str, Any] = {"custom": {"card": {"some": {"tier": {"eq": "gold"}, "since": {"before": {"this": "YEAR"}}}}}}
CALLED = {"deliver": {"url": "https://example.com/hook"}}


@pytest.fixture(scope="module", params=[BREADTH_FIRST, GRAPHQL_CORE])
async def club(request: pytest.FixtureRequest, database: Database, admin_url: str) -> AsyncIterator[ShopClient]:
    """A member with a gold card, and one with none."""
    app = Starlette()
    mount(app, database, Settings.model_construct(executor=request.param))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://gateway") as http:
        shop = await new_shop(database, http, admin_url)
        ada = await shop.contact("ada@example.com")
        await shop.contact("ben@example.com")
        await shop.define(
            "Card",
            {"contact_id": "NUMBER", "points": "DECIMAL", "since": "DATE",
             "tier": {"type": "STRING", "options": ["gold", "silver"]}},
            relationships=[to("contact_id", "contacts")],
        )  # fmt: skip
        await shop.save("card", {"contact_id": ada, "tier": "gold", "points": "2.50", "since": "2020-01-31"})
        yield shop


async def test_who_matches_and_why(club: ShopClient) -> None:
    query = (
        """query($f: ContactWhere) { contacts { nodes { matches(filter: $f) why(filter: $f) { isTrue lines } } } }"""
    )
    nodes = (await club.ask(query, f=GOLD))["contacts"]["nodes"]
    assert [(each["matches"], each["why"]["isTrue"]) for each in nodes] == [(True, True), (False, False)]
    assert nodes[0]["why"]["lines"][0].startswith("yes  at least one record of card")
    general = {"custom": {"card": {"some": {"tier": {"eq": "gold"}, "since": {"before": {"this": "YEAR"}}}}}}
    same = "query($w: JSON) { contacts { nodes { why(where: $w) { isTrue lines } } } }"
    found = (await club.ask(same, w=general))["contacts"]["nodes"]
    assert [sorted(each["why"]["lines"]) for each in nodes] == [sorted(each["why"]["lines"]) for each in found]


async def test_exactly_one_form_is_sent(club: ShopClient) -> None:
    for asked in ("matches", "matches(where: {}, filter: {})", "why(where: {}, filter: {}) { isTrue }",
                  'why(segment: "x", filter: {}) { isTrue }'):  # fmt: skip
        answer = await club.answer(f"{{ contacts(first: 1) {{ nodes {{ {asked} }} }} }}")
        assert answer["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
    for sent in ({}, {"where": {}, "filter": {}}):
        payload = (await club.ask(SEGMENT, i={"name": "Nothing", **sent}))["createSegment"]
        assert [(each["code"], each["path"]) for each in payload["userErrors"]] == [("INVALID_CONDITION", "where")]
    for sent in (
        {},
        {"definition": "card"},
        {"when": {}, "on": {"card": {}}},
        {"definition": "card", "on": {"card": {}}},
    ):
        payload = (await club.ask(TRIGGER, i={"name": "Nothing", **CALLED, **sent}))["createTrigger"]
        assert [(each["code"], each["path"]) for each in payload["userErrors"]] == [("INVALID_CONDITION", "when")]


async def test_a_segment_is_kept_in_general_form(club: ShopClient) -> None:
    sent = {"name": "Gold", "filter": GOLD}
    headers = {"Idempotency-Key": "gold"}
    first, again = [(await club.post(SEGMENT, {"i": sent}, headers)).json()["data"]["createSegment"] for _ in range(2)]
    assert first == again
    assert first["userErrors"] == []
    assert first["segment"]["contacts"]["nodes"] == [{"email": "ada@example.com"}]
    some = {"tier": {"eq": "gold"}, "since": {"before": {"this": "YEAR"}}}
    assert first["segment"]["where"] == {"custom": {"card": {"field": "contact_id", "some": some}}}
    update = """mutation($i: UpdateSegmentInput!) { updateSegment(input: $i) { segment { where
        contacts { nodes { email } } } userErrors { code path } } }"""
    narrower = {"and": [{"segment": {"in": []}}], "email": {"startsWith": "ADA"}}
    payload = (await club.ask(update, i={"segment": "Gold", "filter": narrower}))["updateSegment"]
    assert payload["segment"] == {
        "where": {"and": [{"segment": {"in": []}}], "email": {"startsWith": "ADA"}}, "contacts": {"nodes": []},
    }  # fmt: skip


async def test_what_is_wrong_is_told_as_it_was_sent(club: ShopClient) -> None:
    wrong = {"custom": {"card": {"some": {"contact": {"email": {"like": "\\"}}}}}}
    at = "custom.card.some.contact.email.like"
    answer = await club.answer("query($f: ContactWhere) { contacts { nodes { matches(filter: $f) } } }", f=wrong)
    assert {each["extensions"]["at"] for each in answer["errors"]} == {f"filter.{at}"}
    payload = (await club.ask(SEGMENT, i={"name": "Wrong", "filter": wrong}))["createSegment"]
    assert [(each["code"], each["path"]) for each in payload["userErrors"]] == [("INVALID_VALUE", f"filter.{at}")]
    sent = {"name": "Wrong", "on": {"card": {"contact": {"email": {"like": "\\"}}}}, **CALLED}
    payload = (await club.ask(TRIGGER, i=sent))["createTrigger"]
    assert [each["path"] for each in payload["userErrors"]] == ["on.card.contact.email.like"]
    answer = await club.answer(SEGMENT, i={"name": "Wrong", "filter": {"custom": {"nothing": {"some": {}}}}})
    assert "nothing" in answer["errors"][0]["message"]


async def test_a_trigger_watches_the_definition_that_its_condition_is_on(club: ShopClient) -> None:
    sent = {"name": "Gold card", "on": {"card": {"tier": {"in": ["gold"]}, "points": {"gte": "2.5"}}}, **CALLED}
    payload = (await club.ask(TRIGGER, i=sent))["createTrigger"]
    assert payload["userErrors"] == []
    trigger = payload["trigger"]
    assert trigger["definition"] == {"key": "card"}
    assert trigger["when"]["tier"] == {"in": ["gold"]}
    await club.define("Visit", {"day": "DATE"})
    update = """mutation($i: UpdateTriggerInput!) { updateTrigger(input: $i) { trigger { when }
        userErrors { code path } } }"""
    id_ = trigger["idTrigger"]
    payload = (await club.ask(update, i={"trigger": id_, "on": {"card": {"tier": {"eq": "silver"}}}}))["updateTrigger"]
    assert payload == {"trigger": {"when": {"tier": {"eq": "silver"}}}, "userErrors": []}
    payload = (await club.ask(update, i={"trigger": id_, "on": {"visit": {}}}))["updateTrigger"]
    assert payload == {"trigger": None, "userErrors": [{"code": "INVALID_CONDITION", "path": "on.visit"}]}


async def test_without_definitions_there_is_nothing_to_watch(other_shop: ShopClient) -> None:
    query = '{ __type(name: "CreateTriggerInput") { inputFields { name } } }'
    names = [each["name"] for each in (await other_shop.ask(query))["__type"]["inputFields"]]
    assert "when" in names
    assert "on" not in names
