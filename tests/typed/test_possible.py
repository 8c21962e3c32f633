"""Whoever asks for what there is not is told what there is: values of enums, options, fields, arguments."""

from typing import Any

import httpx
import pytest

from app.store.database import Database
from tests.shops import ShopClient, new_shop, to

SIZES = [f"size_{letter}" for letter in "abcdefghijkl"]


@pytest.fixture(scope="module")
async def loyal(database: Database, http: httpx.AsyncClient, admin_url: str) -> ShopClient:
    shop = await new_shop(database, http, admin_url)
    await shop.define(
        "Card",
        {"contact_id": "NUMBER", "tier": {"type": "STRING", "options": ["silver", "gold", "platinum"]},
         "size": {"type": "STRING", "options": SIZES}, "tags": {"type": "LIST", "options": ["new", "vip"]},
         "label": {"type": "STRING", "options": ["very good", "good"]}, "level": {"type": "NUMBER", "options": [1, 2]},
         "points": "NUMBER", "since": "DATE"},
        relationships=[to("contact_id", "contacts")],
    )  # fmt: skip
    return shop


TIERS = "Possible: silver, gold, platinum."
DOCUMENTS = {
    # a selection inside custom, and what must be said
    "an option in another case": ("card(where: {tier: {eq: GOLD}}) { nodes { id } }", ["'gold'", TIERS]),
    "an option in quotes": ('card(where: {tier: {eq: "gold"}}) { nodes { id } }', ["'gold'", TIERS]),
    "one like none of them": ("card(where: {tier: {in: [gold, wood]}}) { nodes { id } }", ["'wood'", TIERS]),
    "behind a relation": (
        "card(where: {contact: {custom: {card: {none: {tier: {ne: wood}}}}}}) { nodes { id } }", ["'wood'", TIERS],
    ),
    "of many the first ten": (
        "card(where: {size: {eq: huge}}) { nodes { id } }", [f"Possible: {', '.join(SIZES[:10])} and 2 more."],
    ),
    "what a list holds": ("card(where: {tags: {contains: old}}) { nodes { id } }", ["Possible: new, vip."]),
    "an order": (
        "card(orderBy: [{points: DOWN}]) { nodes { id } }",
        ["Possible: ASC, DESC, ASC_NULLS_FIRST, DESC_NULLS_FIRST."],
    ),
    "a calendar unit of the core": (
        "card(where: {since: {within: {this: CENTURY}}}) { nodes { id } }",
        ["Possible: DAY, WEEK, MONTH, QUARTER, YEAR."],
    ),
    "what groups have in common": (
        "cardAggregate(groupBy: [{tier: EACH}]) { groups { count } }", ["Possible: VALUE."],
    ),
    "what is counted": ("cardAggregate { groups { count(of: nothing) } }", ["Possible: contactId, tier, size"]),
    "a field of a condition": (
        "card(where: {zzz: {eq: 1}}) { nodes { id } }", ["'zzz'", "Possible: and, or, not, contactId, tier"],
    ),
    "a field within a condition": (
        "card(where: {or: [{contact: {xyz: {eq: 1}}}]}) { nodes { id } }", ["'xyz'", "idContact, email"],
    ),
    "an operator": (
        "card(where: {points: {like: 1}}) { nodes { id } }", ["'like'", "Possible: eq, ne, in, notIn, lt"],
    ),
    "a selected field": ("card { nodes { colour } }", ["'colour'", "Possible: id, idRecord, version, contactId"]),
    "none of what exactly one is sent of": (
        "card(where: {since: {within: {last: {}}}}) { nodes { id } }",
        ["exactly one field", "Possible: days, weeks, months, quarters, years."],
    ),
    "two of what exactly one is sent of": (
        "card(orderBy: [{points: ASC, since: ASC}]) { nodes { id } }", ["exactly one field", "Possible: contactId"],
    ),
    "an argument": (
        "card(filter: {}) { nodes { id } }", ["'filter'", "Possible: first, after, last, before, where, orderBy."],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", DOCUMENTS)
async def test_in_documents(loyal: ShopClient, case: str) -> None:
    selection, said = DOCUMENTS[case]
    [(code, message)] = await loyal.errors(f"{{ custom {{ {selection} }} }}")
    assert code == "GRAPHQL_VALIDATION_FAILED"
    for each in said:
        assert each in message


SIMILAR = {
    "a field of a condition": ("{ custom { card(where: {teir: {eq: gold}}) { nodes { id } } } }", "'tier'?"),
    "a selected field": ("{ custom { card { nodes { teir } } } }", "'tier'?"),
    "an argument": ("{ custom { card(frist: 1) { nodes { id } } } }", "'first' or 'last'?"),
}


@pytest.mark.parametrize("case", SIMILAR)
async def test_what_is_similar_comes_first(loyal: ShopClient, case: str) -> None:
    document, said = SIMILAR[case]
    [(_, message)] = await loyal.errors(document)
    before, _, behind = message.partition("Possible: ")
    assert before.rstrip().removesuffix("}.").endswith(said) or f"Did you mean {said} Found" in before
    assert behind


VARIABLES: dict[str, tuple[str, Any, list[str]]] = {
    "an option": (
        "query($v: Card_Tier) { custom { card(where: {tier: {eq: $v}}) { nodes { id } } } }", "Gold", ["'gold'", TIERS],
    ),
    "a condition": (
        "query($v: CardWhere) { custom { card(where: $v) { nodes { id } } } }", {"tier": {"notIn": ["wood"]}}, [TIERS],
    ),
    "a record": (
        "mutation($v: [CardInput!]!) { custom { saveCard(records: $v) { created } } }", [{"tier": "wood"}], [TIERS],
    ),
    "an enum of the core": (
        "mutation($v: ErrorPolicy!) { custom { saveCard(records: [], errorPolicy: $v) { created } } }", "SAVE_ALL",
        ["Possible: REJECT_ITEMS, REJECT_ALL."],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", VARIABLES)
async def test_in_variables(loyal: ShopClient, case: str) -> None:
    document, value, said = VARIABLES[case]
    [(code, message)] = await loyal.errors(document, v=value)
    assert code == "BAD_USER_INPUT"
    for each in said:
        assert each in message


GENERAL: dict[str, tuple[Any, str]] = {
    "equal": ({"tier": {"eq": "Gold"}}, 'where.tier.eq: Choose one of the field\'s options: "silver", "gold"'),
    "the nearest": ({"tier": {"eq": "Gold"}}, 'Do you mean "gold"?'),
    "not equal, which would be everybody": ({"tier": {"ne": "glod"}}, 'Do you mean "gold"?'),
    "one of several": ({"tier": {"in": ["gold", "wood"]}}, "where.tier.in: Choose one"),
    "none of several": ({"tier": {"notIn": ["wood"]}}, "where.tier.notIn: Choose one"),
    "of many the first ten": ({"size": {"eq": "huge"}}, '"size_j" and 2 more.'),
    "a number": ({"level": {"eq": 3}}, "options: 1, 2."),
    "what a list holds": ({"tags": {"contains": "VIP"}}, 'Do you mean "vip"?'),
}


@pytest.mark.parametrize("case", GENERAL)
async def test_options_in_general_form(loyal: ShopClient, case: str) -> None:
    where, said = GENERAL[case]
    query = 'query($w: JSON) { customDataRecords(definition: "card", where: $w) { nodes { id } } }'
    [(code, message)] = await loyal.errors(query, w=where)
    assert code == "NOT_AN_OPTION"
    assert said in message


async def test_a_key_that_groups_have_not(loyal: ShopClient) -> None:
    await loyal.save("card", {"since": "2026-01-31"})
    keys = "cardAggregate(groupBy: [{since: MONTH}, {tier: VALUE}]) { groups { keys { since(unit: DAY) } } }"
    errors = await loyal.errors(f"{{ custom {{ {keys} }} }}")
    told = "'since' by DAY is no key of these groups: they are grouped by 'since' by MONTH, 'tier'."
    assert {*errors} == {("UNKNOWN_FIELD", told)}


async def test_options_that_are_no_names(loyal: ShopClient) -> None:
    """They are texts to GraphQL, and options all the same."""
    query = "query($v: String) { custom { card(where: {label: {ne: $v}}) { nodes { id } } } }"
    [(code, message)] = await loyal.errors(query, v="very god")
    assert code == "NOT_AN_OPTION"
    assert (
        message == 'where.label.ne: Choose one of the field\'s options: "very good", "good". Do you mean "very good"?'
    )


async def test_what_is_no_option_may_be_compared_otherwise(loyal: ShopClient) -> None:
    await loyal.save("card", {"tier": "gold", "level": 2}, {"tier": "silver", "level": 1})
    query = 'query($w: JSON) { customDataRecords(definition: "card", where: $w) { totalCount { count } } }'
    for where in ({"tier": {"startsWith": "go"}}, {"level": {"gte": 1.5}}, {"tier": {"lt": "h"}}):
        assert (await loyal.ask(query, w=where))["customDataRecords"]["totalCount"]["count"] == 1


async def test_a_segment_that_misspells_an_option_is_refused(loyal: ShopClient) -> None:
    """Kept, it would be everybody."""
    where = {"custom": {"card": {"none": {"tier": {"eq": "golden"}}}}}
    payload = await loyal.run("createSegment", "userErrors { code message path }", name="All but gold", where=where)
    [error] = payload["userErrors"]
    assert (error["code"], error["path"]) == ("NOT_AN_OPTION", "where.custom.card.none.tier.eq")
    assert 'Do you mean "gold"?' in error["message"]
