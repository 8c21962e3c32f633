"""Contacts by what the shop's systems know of them: in general form, typed, and why."""

from typing import Any

import pytest

from tests.shops import ShopClient, to

QUERY = "query($w: ContactWhere) { contacts(where: $w) { nodes { email } totalCount { count } } }"


@pytest.fixture
async def club(shop: ShopClient) -> ShopClient:
    """Ada buys in the shop and at the till, Ben in the shop."""
    await shop.customers(
        {"idCustomer": "1", "source": "webshop", "email": "ada@example.com", "emailVerified": True, "lang": "fr"},
        {"idCustomer": "t1", "source": "till", "email": "ada@example.com", "emailVerified": True},
        {"idCustomer": "2", "source": "webshop", "email": "ben@example.com"},
    )
    return shop


CASES: list[tuple[dict[str, Any], list[str]]] = [
    ({"some": {"source": {"eq": "webshop"}, "idCustomer": {"in": ["1", "3"]}}}, ["ada"]),
    ({"some": {"source": {"eq": "till"}}}, ["ada"]), ({"none": {"source": {"eq": "till"}}}, ["ben"]),
    ({"every": {"emailVerified": {"eq": True}}}, ["ada"]), ({"count": {"gte": 2}}, ["ada"]),
    ({"count": {"where": {"lang": {"isNull": True}}, "eq": 1}}, ["ada", "ben"]),
    ({"some": {"source": {"eq": "till"}, "idCustomer": {"eq": "1"}}}, []), ({"some": {}}, ["ada", "ben"]),
    ({"some": {"email": {"endsWith": "N@Example.com"}}}, ["ben"]),
    ({"some": {"createdAt": {"within": {"this": "YEAR"}}}, "none": {"idCustomer": {"startsWith": "t"}}}, ["ben"]),
]  # fmt: skip


@pytest.mark.parametrize(("asked", "names"), CASES)
async def test_contacts_by_their_customers(club: ShopClient, asked: dict[str, Any], names: list[str]) -> None:
    found = (await club.ask(QUERY, w={"customers": asked}))["contacts"]
    assert [each["email"].split("@")[0] for each in found["nodes"]] == names
    assert found["totalCount"]["count"] == len(names)


async def test_from_records_too_and_why(club: ShopClient) -> None:
    [ada, _] = (await club.ask("{ contacts { nodes { idContact } } }"))["contacts"]["nodes"]
    await club.define("Card", {"contact_id": "NUMBER"}, relationships=[to("contact_id", "contacts")])
    await club.save("card", {"contact_id": int(ada["idContact"])}, {})
    where = {"contact_id": {"is": {"customers": {"some": {"id_customer": {"eq": "t1"}}}}}}
    query = 'query($w: JSON) { customDataRecords(definition: "card", where: $w) { totalCount { count } } }'
    assert (await club.ask(query, w=where))["customDataRecords"]["totalCount"]["count"] == 1
    why = """query($w: JSON) { contacts { nodes { why(where: $w) {
        isTrue lines nodes { records { kind id value } } } } } }"""
    general = {"customers": {"some": {"source": {"eq": "till"}}, "count": {"lt": 5}}}
    nodes = (await club.ask(why, w=general))["contacts"]["nodes"]
    assert [each["why"]["isTrue"] for each in nodes] == [True, False]
    assert nodes[0]["why"]["lines"] == [
        "yes  all of this is so", "yes    at least one record of customers fulfils this: in customer till:t1",
        'yes      customer.source is "till": "till" in customer till:t1',
        "yes    the number of records of customers is less than 5: 2",
    ]  # fmt: skip
    assert nodes[0]["why"]["nodes"][2]["records"] == [{"kind": "customers", "id": "till:t1", "value": "till"}]


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ({"customers": {}}, "INVALID_CONDITION"), ({"customers": {"any": {}}}, "UNKNOWN_OPERATOR"),
        ({"customers": {"some": {"phone": {"eq": "1"}}}}, "UNKNOWN_FIELD"),
        ({"customers": {"some": {"custom": {"card": {"some": {}}}}}}, "DEFINITION_NOT_FOUND"),
        ({"customers": {"some": {"customers": {"some": {}}}}}, "UNKNOWN_FIELD"),
    ],
)  # fmt: skip
async def test_what_means_nothing_is_an_error(club: ShopClient, sent: dict[str, Any], code: str) -> None:
    query = "query($w: JSON) { contacts { nodes { matches(where: $w) } } }"
    assert {error["extensions"]["code"] for error in (await club.answer(query, w=sent))["errors"]} == {code}


async def test_one_statement_however_many_contacts(club: ShopClient) -> None:
    where = {"customers": {"some": {"source": {"eq": "webshop"}, "idCustomer": {"in": ["1", "2"]}}}}
    query = "query($w: ContactWhere, $n: Int) { contacts(where: $w, first: $n) { nodes { email } } }"
    await club.ask(query, w=where, n=1)
    seen = []
    for first in (1, 2):
        with club.statements() as statements:
            await club.ask(query, w=where, n=first)
        seen.append([each for each in statements if "model" not in each])
    assert seen == [["contacts.listed"]] * 2


async def test_segments_keep_it(club: ShopClient, other_shop: ShopClient) -> None:
    created = """mutation($i: CreateSegmentInput!) { createSegment(input: $i) { segment { count { count } }
        userErrors { code } } }"""
    sent = {"name": "At the till", "where": {"customers": {"some": {"source": {"eq": "till"}}}}}
    assert (await club.ask(created, i=sent))["createSegment"]["segment"] == {"count": {"count": 1}}
    assert (await other_shop.ask(created, i=sent))["createSegment"]["segment"] == {"count": {"count": 0}}
