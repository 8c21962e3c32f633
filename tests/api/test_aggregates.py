"""Aggregates as a shop asks them: groups, figures, orders, bounds, errors, and who may not ask."""

from typing import Any

import httpx
import pytest

from app.store.administration import administering
from app.store.database import Database
from tests.shops import ShopClient, new_shop, to
from tests.storefront import as_contact

VISITS: list[dict[str, Any]] = [
    {"who": "ada", "vet": "Martin", "at": "2026-01-05T10:00:00Z", "day": "2026-01-05", "fee": "10.00", "score": 0.1},
    {"who": "ada", "vet": "Martin", "at": "2025-12-29T10:00:00Z", "day": "2025-12-29", "fee": "0.10", "score": 0.2},
    {"who": "ada", "vet": "Durand", "day": "2026-01-31", "score": 0.3, "note": "x" * 300, "tags": ["a"]},
    {"who": "ben", "vet": "Martin", "at": "2026-03-28T23:30:00Z", "fee": "20", "note": "x" * 300, "ok": True},
    {"who": "cleo", "fee": "0.2", "note": "x" * 299 + "y"},
]
ASK = """query($where: JSON, $by: [GroupBy!], $order: [GroupOrder!], $first: Int, $having: JSON) {
    customDataAggregate(definition: "visit", where: $where, groupBy: $by, orderBy: $order, first: $first,
    having: $having) {
    hasMore groups { keys count %s } } }"""


@pytest.fixture(scope="module")
async def clinic(database: Database, http: httpx.AsyncClient, admin_url: str) -> ShopClient:
    shop = await new_shop(database, http, admin_url)
    async with administering(admin_url) as connection:
        await connection.execute("update shops set time_zone = 'Europe/Paris' where shop_id = $1", shop.id)
    people = {name: await shop.contact(f"{name}@x.test", firstName=name, lang=lang)
              for name, lang in (("ada", "fr"), ("ben", "fr"), ("cleo", None), ("dan", "en"))}  # fmt: skip
    await shop.products(
        {"idProduct": "a", "name": "A", "price": "9.90", "currency": "EUR"},
        {"idProduct": "b", "name": "B", "price": "0.10", "priceDiscount": "0.05", "currency": "EUR"},
        {"idProduct": "c", "name": "C", "price": "1"},
    )
    await shop.define("Vet", {"nom": "STRING"}, uniqueKeys=["nom"])
    vets = {name: await shop.save_one("vet", {"nom": name}) for name in ("Martin", "Durand")}
    await shop.define(
        "Visit", {"contact_id": "NUMBER", "vet_id": "NUMBER", "at": "DATETIME", "day": "DATE", "fee": "DECIMAL",
                  "score": "NUMBER", "note": "STRING", "tags": "LIST", "ok": "BOOLEAN"},
        relationships=[to("contact_id", "contacts"), to("vet_id", "vet")],
    )  # fmt: skip
    await shop.save(
        "visit",
        *({"contact_id": people[each["who"]], "vet_id": vets.get(each.get("vet", "")),
           **{name: value for name, value in each.items() if name not in ("who", "vet")}} for each in VISITS),
    )  # fmt: skip
    return shop


async def groups(shop: ShopClient, figures: str = "", **asked: Any) -> list[list[Any]]:
    """Each group: its keys, how many rows, and the figures."""
    found = (await shop.ask(ASK % figures, **asked))["customDataAggregate"]
    assert found["hasMore"] is False
    return [[*group.values()] for group in found["groups"]]


FOUND: dict[str, tuple[Any, str, list[list[Any]]]] = {
    # grouped by, figures, the groups
    "all in one": ([], 'sum(field: "fee")', [[[], 5, "30.3"]]),
    "null is a group, and the last": (
        [{"field": "fee"}], "", [[["0.1"], 1], [["0.2"], 1], [["10"], 1], [["20"], 1], [[None], 1]],
    ),
    "a to-one relation": ([{"field": "vet_id.nom"}], "", [[["Durand"], 1], [["Martin"], 3], [[None], 1]]),
    "a contact's language": ([{"field": "contact_id.lang"}], 'sum(field: "fee")',
                             [[["fr"], 4, "30.1"], [[None], 1, "0.2"]]),
    "long texts, equal and not": (
        [{"field": "note"}], "", [[["x" * 300], 2], [["x" * 299 + "y"], 1], [[None], 2]],
    ),
    "doubles are added exactly": ([{"field": "contact_id.first_name"}], 'sum(field: "score") avg(field: "score")',
        [[["ada"], 3, 0.6, 0.2], [["ben"], 1, None, None], [["cleo"], 1, None, None]]),
    "a decimal average": ([{"field": "contact_id.first_name"}], 'avg(field: "fee") max(field: "fee")',
        [[["ada"], 3, "5.05", "10"], [["ben"], 1, "20", "20"], [["cleo"], 1, "0.2", "0.2"]]),
    "values, and different ones": ([], 'a: count(field: "note") b: count(field: "note", distinct: true)'
                                   ' c: count(field: "tags")', [[[], 5, 3, 2, 1]]),
    "the ends of days, times, texts": (
        [], 'a: min(field: "day") b: max(field: "at") c: max(field: "contact_id.email")',
        [[[], 5, "2025-12-29", "2026-03-28T23:30:00Z", "cleo@x.test"]],
    ),
    "weeks from Monday, over the end of the year": (
        [{"field": "day", "unit": "WEEK"}], "", [[["2025-12-29"], 1], [["2026-01-05"], 1], [["2026-01-26"], 1],
                                                 [[None], 2]],
    ),
    "years": ([{"field": "day", "unit": "YEAR"}], "", [[["2025-01-01"], 1], [["2026-01-01"], 2], [[None], 2]]),
    "quarters and vets": (
        [{"field": "day", "unit": "QUARTER"}, {"field": "vet_id.nom"}], "",
        [[["2025-10-01", "Martin"], 1], [["2026-01-01", "Durand"], 1], [["2026-01-01", "Martin"], 1],
         [[None, "Martin"], 1], [[None, None], 1]],
    ),
    "days are those of the shop's clocks": (
        [{"field": "at", "unit": "DAY"}], "", [[["2025-12-29"], 1], [["2026-01-05"], 1], [["2026-03-29"], 1],
                                               [[None], 2]],
    ),
    "booleans": ([{"field": "ok"}], "", [[[True], 1], [[None], 4]]),
}  # fmt: skip


@pytest.mark.parametrize("case", FOUND)
async def test_groups(clinic: ShopClient, case: str) -> None:
    by, figures, expected = FOUND[case]
    assert await groups(clinic, figures, by=by) == expected


async def test_of_nothing(clinic: ShopClient) -> None:
    figures = 'sum(field: "fee") avg(field: "score") min(field: "at") max(field: "note")'
    nothing: Any = {"day": {"gt": "2030-01-01"}}
    assert await groups(clinic, figures, where=nothing) == [[[], 0, None, None, None, None]]
    assert await groups(clinic, figures, where=nothing, by=[{"field": "day"}]) == []


async def test_orders_of_groups(clinic: ShopClient) -> None:
    by = [{"field": "vet_id.nom"}]
    for order, expected in (
        ([], ["Durand", "Martin", None]),
        ([{"by": "COUNT", "direction": "DESC"}], ["Martin", "Durand", None]),
        ([{"by": "KEY", "field": "vet_id.nom", "nulls": "FIRST"}], [None, "Durand", "Martin"]),
        ([{"by": "SUM", "field": "fee"}], [None, "Martin", "Durand"]),
        ([{"by": "AVG", "field": "fee", "direction": "DESC", "nulls": "FIRST"}], ["Durand", "Martin", None]),
        ([{"by": "MAX", "field": "score", "direction": "DESC"}], ["Durand", "Martin", None]),
        ([{"by": "COUNT", "field": "at"}, {"by": "MIN", "field": "note"}], ["Durand", None, "Martin"]),
    ):
        found = await groups(clinic, by=by, order=order)
        assert [keys for [[keys], *_] in found] == expected, order


async def test_groups_are_bounded(clinic: ShopClient) -> None:
    found = (await clinic.ask(ASK % "", by=[{"field": "day"}], first=2))["customDataAggregate"]
    assert (found["hasMore"], len(found["groups"])) == (True, 2)
    for first in (0, -1, 1001):
        [(code, message)] = await clinic.errors(ASK % "", first=first)
        assert code == "LIMIT_EXCEEDED"
        assert "1,000" in message


async def test_keys_by_name(clinic: ShopClient) -> None:
    by = [{"field": "day", "unit": "YEAR"}, {"field": "day", "unit": "MONTH"}]
    figures = 'a: key(field: "day") b: key(field: "day", unit: MONTH)'
    assert (await groups(clinic, figures, by=by))[0] == [
        ["2025-01-01", "2025-12-01"], 1, "2025-01-01", "2025-12-01"
    ]  # fmt: skip
    answer = await clinic.answer(ASK % 'x: key(field: "note")', by=by)
    assert {error["extensions"]["code"] for error in answer["errors"]} == {"UNKNOWN_FIELD"}


async def test_figures_by_variables_and_fragments(clinic: ShopClient) -> None:
    query = """query($f: String! = "fee", $g: String, $off: Boolean!) { customDataAggregate(definition: "visit") {
        ...All } } fragment All on Aggregates { groups { ...Some ... on Aggregate { max(field: $f) } } }
        fragment Some on Aggregate { sum(field: $f) count(field: $g) avg(field: "score") @skip(if: $off) }"""
    for more, expected in (({}, 5), ({"g": None}, 5), ({"g": "day"}, 3)):
        [group] = (await clinic.ask(query, off=True, **more))["customDataAggregate"]["groups"]
        assert group == {"sum": "30.3", "count": expected, "max": "20"}
    [group] = (await clinic.ask(query, off=False, f="score"))["customDataAggregate"]["groups"]
    assert group == {"sum": 0.6, "count": 5, "max": 0.3, "avg": 0.2}


async def test_contacts_and_products(clinic: ShopClient) -> None:
    query = """{ contactsAggregate(where: {custom: {visit: {some: {}}}}, groupBy: {field: "lang"}) {
        groups { keys count max(field: "email") } }
        productsAggregate(groupBy: {field: "currency"}) { groups { keys count(field: "price_discount")
        sum(field: "price") avg(field: "price") } } }"""
    found = await clinic.ask(query)
    assert [[*group.values()] for group in found["contactsAggregate"]["groups"]] == [
        [["fr"], 2, "ben@x.test"], [[None], 1, "cleo@x.test"],
    ]  # fmt: skip
    assert [[*group.values()] for group in found["productsAggregate"]["groups"]] == [
        [["EUR"], 1, "10", "5"], [[None], 0, "1", "1"],
    ]  # fmt: skip


CHOSEN: list[tuple[Any, list[list[Any]]]] = [
    ({"count": {"gte": 2}}, [["Martin"]]),
    ({"sum": {"fee": {"between": ["0.2", "30"]}}}, [[None]]),
    ({"not": {"max": {"fee": {"gt": 0}}}}, [["Durand"]]),
    ({"max": {"contact_id.first_name": {"startsWith": "b"}}}, [["Martin"]]),
    ({"or": [{"min": {"day": {"before": "2026-01-01"}}}, {"count": {"of": "tags", "eq": 1}}]},
     [["Durand"], ["Martin"]]),
    ({"max": {"at": {"within": "2026-03-29"}}}, [["Martin"]]),
    ({"min": {"note": {"ne": "x" * 300}}}, [[None]]),
]  # fmt: skip


@pytest.mark.parametrize(("having", "keys"), CHOSEN)
async def test_groups_chosen_by_their_figures(clinic: ShopClient, having: Any, keys: list[list[Any]]) -> None:
    found = await groups(clinic, by=[{"field": "vet_id.nom"}], having=having)
    assert [group[0] for group in found] == keys


WRONG: dict[str, tuple[Any, str, str, str]] = {
    "a key that is none": ({"by": [{"field": "feee"}]}, "", "UNKNOWN_FIELD", "groupBy.0: 'feee' is no field of visit"),
    "a list as a key": ({"by": [{"field": "tags"}]}, "", "INVALID_AGGREGATE", "groupBy.0: tags is LIST"),
    "a month of a text": ({"by": [{"field": "note", "unit": "MONTH"}]}, "", "INVALID_AGGREGATE", "groupBy.0"),
    "too many keys": ({"by": [{"field": "fee"}] * 5}, "", "LIMIT_EXCEEDED", "at most 4"),
    "a path too long": ({"by": [{"field": "a.b.c.d"}]}, "", "LIMIT_EXCEEDED", "groupBy.0"),
    "an order by no key": ({"order": [{"field": "fee"}]}, "", "INVALID_ORDER", "orderBy.0"),
    "an order by nothing": ({"order": [{}]}, "", "INVALID_ORDER", "name the field"),
    "an order by a sum of texts": ({"order": [{"by": "SUM", "field": "note"}]}, "", "INVALID_AGGREGATE", "orderBy.0"),
    "an order by a sum of nothing": ({"order": [{"by": "SUM"}]}, "", "INVALID_AGGREGATE", "orderBy.0"),
    "a condition": ({"where": {"feee": {}}}, "", "UNKNOWN_FIELD", "where.feee"),
    "a choice that is none": ({"having": []}, "", "INVALID_CONDITION", "having: Send an object"),
    "a choice by no figure": ({"having": {"median": {}}}, "", "UNKNOWN_OPERATOR", "having.median"),
    "a choice by a sum of texts": ({"having": {"sum": {"note": {"gt": 1}}}}, "", "INVALID_AGGREGATE", "having.sum"),
    "a choice by nothing": ({"having": {"count": {}}}, "", "INVALID_CONDITION", "having.count"),
    "a choice by a wrong value": ({"having": {"max": {"fee": {"gt": "x"}}}}, "", "INVALID_VALUE", "having.max.fee.gt"),
    "a choice by an operator": ({"having": {"max": {"fee": {"like": "x"}}}}, "", "UNKNOWN_OPERATOR", "max of fee"),
    "a choice too large": ({"having": {"and": [{}] * 20}}, "", "LIMIT_EXCEEDED", "at most 20"),
    "too many figures": (
        {}, " ".join(f'f{n}: count(field: "{field}", distinct: {flag})' for n, (field, flag) in enumerate(
            (field, flag) for field in ("fee", "day", "at", "score", "ok", "vet_id", "version", "note", "id_record",
                                        "created_at", "updated_at") for flag in ("true", "false"))),
        "LIMIT_EXCEEDED", "at most 20",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
async def test_what_means_nothing_is_an_error(clinic: ShopClient, case: str) -> None:
    asked, figures, code, message = WRONG[case]
    answer = await clinic.answer(ASK % figures, **asked)
    assert answer["data"] == {"customDataAggregate": None}
    [error] = answer["errors"]
    assert error["extensions"]["code"] == code
    assert message in error["message"]


@pytest.mark.parametrize(
    ("figure", "code"),
    [
        ('sum(field: "note")', "INVALID_AGGREGATE"), ('avg(field: "day")', "INVALID_AGGREGATE"),
        ('max(field: "ok")', "INVALID_AGGREGATE"), ('min(field: "tags")', "INVALID_AGGREGATE"),
        ('sum(field: "\'; drop table records; --")', "UNKNOWN_FIELD"),
        ('sum(field: "contact_id")', "INVALID_AGGREGATE"),
        ('max(field: "contact_id.phone")', "UNKNOWN_FIELD"), ('max(field: "note.x")', "INVALID_RELATIONSHIP"),
    ],
)  # fmt: skip
async def test_a_wrong_figure_fails_by_itself(clinic: ShopClient, figure: str, code: str) -> None:
    answer = await clinic.answer(ASK % f'good: sum(field: "fee") bad: {figure}')
    [group] = answer["data"]["customDataAggregate"]["groups"]
    assert group == {"keys": [], "count": 5, "good": "30.3", "bad": None}
    [error] = answer["errors"]
    assert error["extensions"]["code"] == code


TOKENS = [
    'customDataAggregate(definition: "visit") { groups { count } }', "contactsAggregate { groups { count } }",
    "productsAggregate { groups { count } }", 'me { customDataAggregate(definition: "visit") { groups { count } } }',
    'products { nodes { customDataAggregate(definition: "visit") { groups { count } } } }',
]  # fmt: skip


@pytest.mark.parametrize("asked", TOKENS)
async def test_a_contact_does_not_aggregate(clinic: ShopClient, asked: str) -> None:
    [contact] = (await clinic.ask("{ contacts(first: 1) { nodes { idContact } } }"))["contacts"]["nodes"]
    me = await as_contact(clinic, int(contact["idContact"]))
    assert {code for code, _ in await me.errors(f"{{ {asked} }}")} == {"FORBIDDEN"}


async def test_two_shops_aggregate_apart(clinic: ShopClient, other_shop: ShopClient) -> None:
    await other_shop.contact("ada@x.test", lang="fr")
    query = '{ contactsAggregate(groupBy: {field: "lang"}) { groups { keys count } } }'
    assert (await other_shop.ask(query))["contactsAggregate"]["groups"] == [{"keys": ["fr"], "count": 1}]
    assert len((await clinic.ask(query))["contactsAggregate"]["groups"]) == 3
