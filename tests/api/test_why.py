"""Whether a contact fulfils a condition, and why: each part by itself, with the records that decided."""

from typing import Any

import pytest

from tests.api.test_segments import GOLD, create
from tests.api.test_segments import loyal as loyal
from tests.shops import ShopClient


@pytest.mark.usefixtures("loyal")
async def test_contacts_match_a_condition(shop: ShopClient) -> None:
    asked = """query($where: JSON!) { contacts { nodes { email matches(where: $where) } } }"""
    nodes = (await shop.ask(asked, where={"custom": {"loyalty": {"count": {"gte": 2}}}}))["contacts"]["nodes"]
    assert [each["email"][:3] for each in nodes if each["matches"]] == ["cid"]
    message = "where.custom.card: 'card' is no definition whose records point at contacts. Possible: loyalty."
    errors = await shop.errors(asked, where={"custom": {"card": {"some": {}}}})
    assert set(errors) == {("DEFINITION_NOT_FOUND", message)}


WHY = "isTrue lines nodes { level kind text isTrue value records { kind id value } }"


async def test_why_tells_what_each_part_came_to_and_which_records_decided(
    shop: ShopClient, loyal: dict[str, int]
) -> None:
    await create(shop, "Gold", GOLD)
    where = {
        "segment": {"in": ["gold"]},
        "email": {"startsWith": "cid"},
        "custom": {"loyalty": {"count": {"where": {"points": {"gte": 1}}, "between": [2, 3]}}},
        "or": [
            {"not": {"custom": {"loyalty": {"every": {"tier": {"in": ["gold"]}}}}}},
            {"last_name": {"isNull": False}},
        ],
    }
    await create(shop, "Best", where)
    cards = await shop.ask('{ customDataRecords(definition: "loyalty") { nodes { idRecord } } }')
    records = [each["idRecord"] for each in cards["customDataRecords"]["nodes"]]
    asked = f'query($by: ContactReference!) {{ segment(name: "best") {{ why(contact: $by) {{ {WHY} }} }} }}'
    why = (await shop.ask(asked, by={"email": "cid@example.com"}))["segment"]["why"]
    gold, silver = records[2:]
    assert why["isTrue"]
    assert [
        (n["level"], n["kind"], n["isTrue"], n["value"], [r["id"] for r in n["records"]]) for n in why["nodes"]
    ] == [
        (0, "SEGMENT", True, None, []),
        (1, "ALL", True, None, []),
        (2, "SEGMENT", True, None, []),
        (3, "SOME", True, None, [gold]),
        (4, "COMPARISON", True, None, [gold]),
        (2, "COMPARISON", True, "cid@example.com", []),
        (2, "COUNT", True, 2, [gold, silver]),
        (3, "COMPARISON", True, None, [gold, silver]),
        (2, "ANY", True, None, []),
        (3, "NOT", True, None, []),
        (4, "EVERY", False, None, [silver]),
        (5, "COMPARISON", True, None, [gold]),
        (3, "COMPARISON", False, None, []),
    ]
    assert why["lines"] == [
        'yes  the contact is in the segment "Best"',
        "yes    all of this is so",
        'yes      the contact is in the segment "Gold"',
        f"yes        at least one record of loyalty (by contact_id) fulfils this: in record {gold}",
        f'yes          loyalty.tier is "gold": "gold" in record {gold}',
        'yes      contact.email starts with "cid": "cid@example.com"',
        "yes      the number of records of loyalty (by contact_id) that fulfil this is between 2 and 3: 2",
        f"yes        loyalty.points is at least 1: 7 in record {gold}, 1 in record {silver}",
        "yes      at least one of these is so",
        "yes        this is not so",
        f"no           every record of loyalty (by contact_id) fulfils this: in record {silver}",
        f'yes            loyalty.tier is one of "gold": "gold" in record {gold}',
        "no         contact.last_name is not empty: null",
    ]
    bob = (await shop.ask(asked, by={"idContact": str(loyal["bob"])}))["segment"]["why"]
    assert not bob["isTrue"]
    compared = bob["nodes"][4]
    assert (compared["isTrue"], compared["records"]) == (
        False, [{"kind": "loyalty", "id": records[1], "value": "silver"}],
    )  # fmt: skip


async def test_why_not_lists_ten_records_at_most_lowest_ids_first(shop: ShopClient, loyal: dict[str, int]) -> None:
    cards = ({"contact_id": loyal["dan"], "tier": "bronze"} for _ in range(30))
    saved = [int(each["record"]["idRecord"]) for each in (await shop.save("loyalty", *cards))["results"]]
    asked = f"query($where: JSON!) {{ contacts(last: 1) {{ nodes {{ why(where: $where) {{ {WHY} }} }} }} }}"
    why = (await shop.ask(asked, where=GOLD))["contacts"]["nodes"][0]["why"]
    assert [int(each["id"]) for each in why["nodes"][0]["records"]] == sorted(saved)[:10]


@pytest.mark.usefixtures("loyal")
async def test_what_is_too_large_to_be_explained_is_refused(shop: ShopClient) -> None:
    where: Any = {"email": {"in": [f"{n}@example.com" for n in range(1000)]}}
    for _ in range(12):
        where = {"not": where}
    asked = "query($where: JSON!) { contacts(first: 1) { nodes { matches(where: $where) %s } } }"
    assert (await shop.ask(asked % "", where=where))["contacts"]["nodes"] == [{"matches": False}]
    assert {code for code, _ in await shop.errors(asked % "why(where: $where) { isTrue }", where=where)} == {
        "LIMIT_EXCEEDED"
    }


@pytest.mark.usefixtures("loyal")
async def test_segments_are_explained_wherever_they_stand(shop: ShopClient) -> None:
    await create(shop, "Gold", GOLD)
    where = {"custom": {"loyalty": {"some": {"contact_id": {"is": {"segment": {"notIn": ["gold"]}}}}}}}
    asked = "query($where: JSON!) { contacts { nodes { why(where: $where) { isTrue lines } } } }"
    nodes = (await shop.ask(asked, where=where))["contacts"]["nodes"]
    assert [each["why"]["isTrue"] for each in nodes] == [False, True, False, False]
    assert len(nodes[1]["why"]["lines"]) == 6


@pytest.mark.usefixtures("loyal")
async def test_an_unknown_contact_is_an_error_never_a_no(shop: ShopClient) -> None:
    await create(shop, "Gold", GOLD)
    for by in ({"idContact": "1"}, {"email": "nobody@example.com"}):
        for field in ("contains(contact: $by)", "why(contact: $by) { isTrue }"):
            asked = f'query($by: ContactReference!) {{ segment(name: "gold") {{ {field} }} }}'
            assert [code for code, _ in await shop.errors(asked, by=by)] == ["CONTACT_NOT_FOUND"]
