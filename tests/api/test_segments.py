"""Segments: kept conditions on contacts, and who is in them."""

import asyncio
from typing import Any

import pytest

from tests.shops import ShopClient, to

GOLD = {"custom": {"loyalty": {"some": {"tier": {"eq": "gold"}}}}}


@pytest.fixture
async def loyal(shop: ShopClient) -> dict[str, int]:
    """Four contacts with cards: ann gold, bob silver, cid gold and silver, dan none."""
    await shop.define(
        "Loyalty", {"contact_id": "NUMBER", "tier": "STRING", "points": "NUMBER"},
        relationships=[to("contact_id", "contacts")],
    )  # fmt: skip
    people = {name: await shop.contact(f"{name}@example.com") for name in ("ann", "bob", "cid", "dan")}
    for name, tier, points in (("ann", "gold", 10), ("bob", "silver", 5), ("cid", "gold", 7), ("cid", "silver", 1)):
        await shop.save_one("loyalty", {"contact_id": people[name], "tier": tier, "points": points})
    return people


async def create(shop: ShopClient, name: str, where: Any) -> str:
    payload = await shop.run("createSegment", PAYLOAD, name=name, where=where)
    assert payload["userErrors"] == []
    id_: str = payload["segment"]["idSegment"]
    return id_


async def refused(shop: ShopClient, mutation: str, **input: Any) -> list[tuple[str, str | None]]:
    """Code and path of each user error of a mutation that must change nothing."""
    payload = await shop.run(mutation, PAYLOAD, **input)
    assert payload["segment"] is None
    return [(error["code"], error["path"]) for error in payload["userErrors"]]


PAYLOAD = "segment { idSegment name where } userErrors { code message path }"
MEMBERS = """query($id: ID!) { segment(id: $id) {
    contacts { nodes { email } totalCount { count } } count { count isExact } } }"""


async def members(shop: ShopClient, id_: str) -> list[str]:
    """The names in it; every way of asking says the same."""
    found = (await shop.ask(MEMBERS, id=id_))["segment"]
    names = [each["email"].split("@")[0] for each in found["contacts"]["nodes"]]
    assert found["count"] == {"count": len(names), "isExact": True}
    assert found["contacts"]["totalCount"] == {"count": len(names)}
    everyone = "query($only: [String!]) { contacts { nodes { email segments(only: $only) { idSegment } } } }"
    nodes = (await shop.ask(everyone, only=[id_]))["contacts"]["nodes"]
    assert [each["email"].split("@")[0] for each in nodes if each["segments"]] == names
    contains = "query($id: ID!, $by: ContactReference!) { segment(id: $id) { contains(contact: $by) } }"
    for each in nodes:
        answer = await shop.ask(contains, id=id_, by={"email": each["email"]})
        assert answer["segment"]["contains"] is bool(each["segments"])
    return names


async def test_a_segment_keeps_its_condition_and_finds_its_contacts_whenever_it_is_asked(
    shop: ShopClient, loyal: dict[str, int]
) -> None:
    id_ = await create(shop, "Gold", GOLD)
    assert await members(shop, id_) == ["ann", "cid"]
    await shop.save_one("loyalty", {"contact_id": loyal["dan"], "tier": "gold"})
    assert await members(shop, id_) == ["ann", "cid", "dan"]
    shown = await shop.ask('{ segment(name: "GOLD") { idSegment name where problem usedBy { name } createdAt } }')
    assert shown["segment"] | {"createdAt": ""} == {
        "idSegment": id_, "name": "Gold", "where": GOLD, "problem": None, "usedBy": [], "createdAt": "",
    }  # fmt: skip
    assert (await shop.ask("{ segments { name } }"))["segments"] == [{"name": "Gold"}]


@pytest.mark.usefixtures("loyal")
async def test_pages_orders_and_bounded_counts(shop: ShopClient) -> None:
    await create(shop, "All", {})
    asked = """query($after: String) { segment(name: "all") { count(atMost: 3) { count isExact }
        contacts(first: 3, after: $after, orderBy: [{email: DESC}]) {
        pageInfo { endCursor hasNextPage } nodes { email } } } }"""
    first = (await shop.ask(asked))["segment"]
    assert first["count"] == {"count": 3, "isExact": False}
    assert [each["email"][:3] for each in first["contacts"]["nodes"]] == ["dan", "cid", "bob"]
    rest = (await shop.ask(asked, after=first["contacts"]["pageInfo"]["endCursor"]))["segment"]
    assert [each["email"][:3] for each in rest["contacts"]["nodes"]] == ["ann"]
    [(code, message)] = await shop.errors('{ segment(name: "all") { count(atMost: 100001) { count } } }')
    assert (code, "100,000" in message) == ("LIMIT_EXCEEDED", True)


async def test_names_are_unique_without_case_and_accents_and_no_numbers(shop: ShopClient) -> None:
    id_ = await create(shop, "Fidèles", {})
    assert await refused(shop, "createSegment", name=" FIDELES ", where={}) == [("NAME_TAKEN", "name")]
    assert await refused(shop, "createSegment", name="12", where={}) == [("INVALID_NAME", "name")]
    assert await refused(shop, "createSegment", name=" ", where={}) == [("INVALID_NAME", "name")]
    other = await create(shop, "Others", {})
    assert await refused(shop, "updateSegment", segment=other, name="fideles") == [("NAME_TAKEN", "name")]
    changed = await shop.run("updateSegment", PAYLOAD, segment="fideles", name="FIDÈLES")
    assert changed["segment"] == {"idSegment": id_, "name": "FIDÈLES", "where": {}}


@pytest.mark.parametrize(
    ("where", "code", "path"),
    [
        ([], "INVALID_CONDITION", "where"),
        ({"points": {"gt": 1}}, "UNKNOWN_FIELD", "where.points"),
        ({"custom": {"card": {"some": {}}}}, "DEFINITION_NOT_FOUND", "where.custom.card"),
        ({"segment": {"in": ["Nobody"]}}, "SEGMENT_NOT_FOUND", "where.segment.in.0"),
        ({"segment": {"in": [True]}}, "INVALID_VALUE", "where.segment.in.0"),
        ({"segment": {"eq": "VIP"}}, "UNKNOWN_OPERATOR", "where.segment.eq"),
        ({"segment": ["VIP"]}, "INVALID_CONDITION", "where.segment"),
        ({"email": {"in": [f"{n:0>50}" for n in range(400)]}}, "LIMIT_EXCEEDED", "where"),
    ],
)
async def test_a_condition_that_means_nothing_is_not_kept(shop: ShopClient, where: Any, code: str, path: str) -> None:
    assert await refused(shop, "createSegment", name="Bad", where=where) == [(code, path)]
    assert (await shop.ask("{ segments { name } }"))["segments"] == []


@pytest.mark.usefixtures("loyal")
async def test_segments_use_segments_by_id_so_that_a_new_name_changes_nobody(shop: ShopClient) -> None:
    gold = await create(shop, "Gold", GOLD)
    silver = await create(shop, "Silver", {"custom": {"loyalty": {"some": {"tier": {"eq": "silver"}}}}})
    only = await create(shop, "Only silver", {"segment": {"in": ["SILVER"], "notIn": ["gold"]}})
    assert (await shop.ask('{ segment(name: "only silver") { where } }'))["segment"]["where"] == {
        "segment": {"in": [silver], "notIn": [gold]}
    }
    assert await members(shop, only) == ["bob"]
    await shop.run("updateSegment", PAYLOAD, segment="gold", name="Or")
    assert await members(shop, only) == ["bob"]
    await shop.run("updateSegment", PAYLOAD, segment="or", where={"email": {"startsWith": "bob"}})
    assert await members(shop, only) == ["cid"]
    assert (await shop.ask('{ segment(name: "or") { usedBy { name } } }'))["segment"] == {
        "usedBy": [{"name": "Only silver"}]
    }
    asked = '{ contacts(where: {segment: {in: ["Or", "silver"]}}) { nodes { email } } }'
    assert len((await shop.ask(asked))["contacts"]["nodes"]) == 2
    cards = """{ customDataRecords(definition: "loyalty", where: {contact_id: {is: {segment: {in: ["or"]}}}}) {
        nodes { data(fields: ["tier"]) } } }"""
    assert (await shop.ask(cards))["customDataRecords"]["nodes"] == [{"data": {"tier": "silver"}}]


async def test_a_used_segment_stays_and_cycles_are_named(shop: ShopClient) -> None:
    await create(shop, "A", {})
    await create(shop, "B", {"not": {"segment": {"in": ["A"]}}})
    await create(shop, "C", {"segment": {"in": ["b"]}})
    payload = await shop.run("deleteSegment", PAYLOAD, segment="a")
    assert [(error["code"], "'B'" in error["message"]) for error in payload["userErrors"]] == [("SEGMENT_IN_USE", True)]
    payload = await shop.run("updateSegment", PAYLOAD, segment="A", where={"or": [{"segment": {"notIn": ["C"]}}]})
    [error] = payload["userErrors"]
    assert (error["code"], error["path"][:27]) == ("SEGMENT_CYCLE", "where.or.0.segment.notIn.0.")
    assert "A -> C -> B -> A" in error["message"]
    assert (await refused(shop, "updateSegment", segment="A", where={"segment": {"in": ["A"]}}))[0][
        0
    ] == "SEGMENT_CYCLE"
    for name in ("C", "B", "A"):
        gone = await shop.run("deleteSegment", PAYLOAD, segment=name)
        assert (gone["segment"]["name"], gone["userErrors"]) == (name, [])
    assert await refused(shop, "deleteSegment", segment="A") == [("SEGMENT_NOT_FOUND", "segment")]


@pytest.mark.usefixtures("loyal")
async def test_what_would_become_too_large_where_it_is_used_is_refused(shop: ShopClient) -> None:
    links = {"and": [GOLD] * 6}
    await create(shop, "Part", links)
    await create(shop, "Whole", {"and": [{"segment": {"in": ["part"]}}] * 3})
    larger = await shop.run("updateSegment", PAYLOAD, segment="part", where={"and": [GOLD] * 7})
    [error] = larger["userErrors"]
    assert (error["code"], "'Whole'" in error["message"]) == ("LIMIT_EXCEEDED", True)
    assert await refused(shop, "createSegment", name="Twice", where={"segment": {"in": ["whole", "part"]}}) == [
        ("LIMIT_EXCEEDED", "where.segment.in.1.and.2.custom.loyalty.some")
    ]


async def test_an_update_that_changes_nothing_touches_nothing(shop: ShopClient) -> None:
    id_ = await create(shop, "Same", {"email": {"endsWith": "x"}})
    asked = '{ segment(name: "same") { updatedAt } }'
    before = await shop.ask(asked)
    await shop.run("updateSegment", PAYLOAD, segment=id_, name="Same", where={"email": {"endsWith": "x"}})
    await shop.run("updateSegment", PAYLOAD, segment=id_)
    assert await shop.ask(asked) == before


async def test_numbers_stay_exact_and_calendar_words_stay_words(shop: ShopClient, loyal: dict[str, int]) -> None:
    await shop.define("Bill", {"contact_id": "NUMBER", "total": "DECIMAL"},
                      relationships=[to("contact_id", "contacts")])  # fmt: skip
    await shop.save_one("bill", {"contact_id": loyal["ann"], "total": "0.1000000000000000000001"})
    where = '{custom: {bill: {some: {total: {eq: 0.1000000000000000000001}, created_at: {within: {this: "DAY"}}}}}}'
    asked = (
        f'mutation {{ createSegment(input: {{name: "Exact", where: {where}}}) {{ segment {{ idSegment where }} }} }}'
    )
    made = (await shop.ask(asked))["createSegment"]["segment"]
    assert made["where"]["custom"]["bill"]["some"] == {
        "total": {"eq": "0.1000000000000000000001"}, "created_at": {"within": {"this": "DAY"}},
    }  # fmt: skip
    assert await members(shop, made["idSegment"]) == ["ann"]


@pytest.mark.usefixtures("loyal")
async def test_the_statements_stay_the_same_however_many_contacts(shop: ShopClient) -> None:
    await create(shop, "Gold", GOLD)
    await create(shop, "All", {})
    batches = [[{"idCustomer": f"{n}-{m}", "email": f"{n}-{m}@x.test"} for m in range(25)] for n in range(2)]
    for batch in batches:
        await shop.customers(*batch)
    asked = """query($n: Int!, $where: JSON!) { contacts(first: $n) { nodes { segments { name where }
        matches(where: $where) why(where: $where) { nodes { records { id } } } } } }"""
    seen = {}
    for number in (5, 50):
        with shop.statements() as names:
            await shop.ask(asked, n=number, where=GOLD)
        seen[number] = sorted(names)
    assert seen[5] == seen[50]
    assert [name for name in seen[50] if name.startswith("contacts.")] == [
        "contacts.findings", "contacts.memberships", "contacts.memberships", "contacts.page_forward",
    ]  # fmt: skip


async def test_changes_take_turns_so_that_none_breaks_another(shop: ShopClient) -> None:
    for number in range(5):
        relations = [to("contact_id", "contacts")]
        key = await shop.define(f"Card {number}", {"contact_id": "NUMBER"}, relationships=relations)
        made, gone = await asyncio.gather(
            shop.run("createSegment", PAYLOAD, name=f"Holders {number}", where={"custom": {key: {"some": {}}}}),
            shop.run("deleteCustomDataDefinition", "userErrors { code }", definition=key),
        )
        codes = sorted(error["code"] for error in [*made["userErrors"], *gone["userErrors"]])
        assert codes in (["DEFINITION_IN_USE"], ["DEFINITION_NOT_FOUND"])
        left, right = await create(shop, f"Left {number}", {}), await create(shop, f"Right {number}", {})
        payloads = await asyncio.gather(
            shop.run("updateSegment", PAYLOAD, segment=left, where={"segment": {"in": [right]}}),
            shop.run("updateSegment", PAYLOAD, segment=right, where={"segment": {"in": [left]}}),
        )
        errors = [error["code"] for payload in payloads for error in payload["userErrors"]]
        assert errors == ["SEGMENT_CYCLE"]


async def test_a_retry_with_its_key_makes_one_segment(shop: ShopClient) -> None:
    mutation = "mutation($input: CreateSegmentInput!) { createSegment(input: $input) { segment { idSegment } } }"
    made = []
    for _ in range(2):
        response = await shop.post(mutation, {"input": {"name": "One", "where": {}}}, {"idempotency-key": "once"})
        made.append(response.json()["data"])
    assert made[0] == made[1]
    assert len((await shop.ask("{ segments { name } }"))["segments"]) == 1


async def test_no_shop_sees_the_segments_of_another(shop: ShopClient, other_shop: ShopClient) -> None:
    id_ = await create(shop, "Mine", {})
    node = (await shop.ask('{ segment(name: "mine") { id } }'))["segment"]["id"]
    asked = "query($id: ID!) { segments { name } segment(id: $id) { name } node(id: $id) { id } }"
    assert await shop.ask(asked, id=node) == {
        "segments": [{"name": "Mine"}], "segment": {"name": "Mine"}, "node": {"id": node},
    }  # fmt: skip
    nothing = {"segments": [], "segment": None, "node": None}
    assert await other_shop.ask(asked, id=node) == nothing
    assert (await other_shop.ask("query($id: ID!) { segment(id: $id) { name } }", id=id_))["segment"] is None
    assert await refused(other_shop, "deleteSegment", segment=id_) == [("SEGMENT_NOT_FOUND", "segment")]
