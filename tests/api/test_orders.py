"""`orderBy` as a shop asks it: along relations, with nulls placed, in pages; and cursors, which belong to one order."""

from base64 import urlsafe_b64decode
from typing import Any

import pytest

from tests.api.test_filters import CONTACTS, PRODUCTS, RECORDS, names
from tests.api.test_filters import clinic as clinic
from tests.shops import ShopClient


async def test_orders(clinic: ShopClient) -> None:
    by_name = [{"lastName": "ASC"}, {"firstName": "DESC"}]
    assert await names(clinic, order=by_name) == ["Ben", "Ada", "Cleo", "Dan"]
    assert await names(clinic, order=[{"lastName": "ASC_NULLS_FIRST"}]) == ["Dan", "Ada", "Ben", "Cleo"]
    assert await names(clinic, {"lastName": {"isNull": False}}, order=[{"email": "ASC"}], last=2) == ["Ben", "Cleo"]
    found = await clinic.ask(RECORDS, order=[{"field": "points", "direction": "DESC"}])
    assert [node["points"] for node in found["customDataRecords"]["nodes"]] == [30, 5, None]
    found = await clinic.ask(RECORDS, order=[{"field": "contact_id.last_name"}, {"field": "contact_id.email"}])
    assert [node["points"] for node in found["customDataRecords"]["nodes"]] == [30, 5, None]


async def test_pages_of_an_order(clinic: ShopClient) -> None:
    order = [{"lastName": "ASC_NULLS_FIRST"}]
    first = (await clinic.ask(CONTACTS, order=order, first=2))["contacts"]
    assert [node["firstName"] for node in first["nodes"]] == ["Dan", "Ada"]
    assert first["pageInfo"]["hasNextPage"]
    assert first["edges"][1]["cursor"] == first["pageInfo"]["endCursor"]
    assert await names(clinic, order=order, first=5, after=first["pageInfo"]["endCursor"]) == ["Ben", "Cleo"]
    last = (await clinic.ask(CONTACTS, order=order, last=1))["contacts"]
    assert last["pageInfo"]["hasPreviousPage"]
    assert await names(clinic, order=order, last=2, before=last["pageInfo"]["startCursor"]) == ["Ada", "Ben"]


async def test_a_filter_keeps_the_cursors_of_ids(clinic: ShopClient) -> None:
    first = (await clinic.ask(CONTACTS, where={"lastName": {"isNull": False}}, first=1))["contacts"]
    assert await names(clinic, first=5, after=first["pageInfo"]["endCursor"]) == ["Ben", "Cleo", "Dan"]


ORDERS: list[Any] = [
    None, [{"lastName": "ASC"}], [{"lastName": "DESC"}], [{"lastName": "ASC_NULLS_FIRST"}],
    [{"lastName": "ASC"}, {"email": "ASC"}],
]  # fmt: skip


@pytest.mark.parametrize("made", ORDERS)
@pytest.mark.parametrize("used", ORDERS)
async def test_a_cursor_is_refused_by_another_order(clinic: ShopClient, made: Any, used: Any) -> None:
    cursor = (await clinic.ask(CONTACTS, order=made, first=1))["contacts"]["pageInfo"]["endCursor"]
    if made == used:
        assert len(await names(clinic, order=used, first=5, after=cursor)) == 3
        return
    for where in ({}, None):
        [(code, message)] = await clinic.errors(CONTACTS, order=used, where=where, after=cursor)
        assert code == "CURSOR_OF_ANOTHER_ORDER"
        assert "orderBy" in message


async def test_a_cursor_is_refused_by_another_list(clinic: ShopClient) -> None:
    order = [{"createdAt": "ASC"}]
    cursor = (await clinic.ask(CONTACTS, order=order, first=1))["contacts"]["pageInfo"]["endCursor"]
    for query, its_order in ((PRODUCTS, order), (RECORDS, [{"field": "created_at"}])):
        for used in (its_order, None):
            [(code, _)] = await clinic.errors(query, order=used, after=cursor)
            assert code == "CURSOR_OF_ANOTHER_ORDER"
    nested = 'query($c: String) { contacts { nodes { customData(definition: "card", after: $c) { nodes { id } } } } }'
    assert {code for code, _ in await clinic.errors(nested, c=cursor)} == {"CURSOR_OF_ANOTHER_ORDER"}
    for garbage in ("x", "Y3Vyc29y", cursor[:-4]):
        [(code, _)] = await clinic.errors(CONTACTS, order=order, after=garbage)
        assert code == "BAD_USER_INPUT"
    assert urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).startswith(b"cursor:\0")
