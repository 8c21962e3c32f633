"""Which values of a unique key are the same record, and which are not."""

from decimal import Decimal
from typing import Any

import pytest

from tests.shops import Raw, ShopClient, to

SAME: dict[str, tuple[str, list[Any]]] = {
    "number: 1, 1.0 and 1e0": ("NUMBER", [1, Decimal("1.0"), Raw("1e0")]),
    "number: 0 and -0": ("NUMBER", [0, Raw("-0.0")]),
    "decimal: idle zeros": ("DECIMAL", ["1.5", "1.50", "01.5", Decimal("1.500")]),
    "decimal: zero": ("DECIMAL", ["0", "0.00", "-0.0"]),
    "boolean": ("BOOLEAN", [False, False]),
    "datetime: one instant": ("DATETIME", ["2026-01-31T10:00:00Z", "2026-01-31T12:00:00.000+02:00"]),
    "string: 2,000 characters": ("STRING", ["🦴" * 2000, "🦴" * 2000]),
}
DIFFERENT: dict[str, tuple[str, list[Any]]] = {
    "string: case": ("STRING", ["a", "A"]),
    "string: accents": ("STRING", ["e", "é"]),
    "string: composed and decomposed": ("STRING", ["\u00e9", "e\u0301"]),
    "string: blanks": ("STRING", ["a", "a ", ""]),
    "string: digits": ("STRING", ["1", "1.0", "01"]),
    "string: alike for 1,999 characters": ("STRING", ["x" * 1999 + "a", "x" * 1999 + "b"]),
    "number: neighbours": ("NUMBER", [Decimal("0.1"), Raw("0.10000000000000002")]),
    "decimal: what one double would be": ("DECIMAL", ["0.1", "0.1000000000000000000001"]),
    "boolean": ("BOOLEAN", [True, False]),
    "datetime: a microsecond": ("DATETIME", ["2026-01-31T10:00:00Z", "2026-01-31T10:00:00.000001Z"]),
    "date": ("DATE", ["2026-01-31", "2026-02-01"]),
}


async def outcomes(shop: ShopClient, type: str, values: list[Any]) -> list[str]:
    await shop.define("Thing", {"code": type}, uniqueKeys=["code"])
    payload = await shop.save("thing", *({"code": value} for value in values))
    alone = [(await shop.save("thing", {"code": value}))["results"][0]["outcome"] for value in values]
    assert alone == ["UNCHANGED"] * len(values)
    for value in values:
        ask = 'query($key: JSON!) { customDataRecord(by: {definition: "thing", key: $key}) { idRecord } }'
        assert (await shop.ask(ask, key=value))["customDataRecord"] is not None
    found: list[str] = [result["outcome"] for result in payload["results"]]
    return found


@pytest.mark.parametrize(("type", "values"), SAME.values(), ids=SAME.keys())
async def test_equal_values_are_one_record(shop: ShopClient, type: str, values: list[Any]) -> None:
    assert await outcomes(shop, type, values) == ["CREATED", *["UNCHANGED"] * (len(values) - 1)]


@pytest.mark.parametrize(("type", "values"), DIFFERENT.values(), ids=DIFFERENT.keys())
async def test_different_values_are_different_records(shop: ShopClient, type: str, values: list[Any]) -> None:
    assert await outcomes(shop, type, values) == ["CREATED"] * len(values)


async def test_the_parts_of_a_key_never_run_into_each_other(shop: ShopClient) -> None:
    await shop.define("Thing", {"a": "STRING", "b": "STRING"}, uniqueKeys=["a", "b"])
    pairs = [("x,y", "z"), ("x", "y,z"), ('x","y', "z"), ("x", 'y","z'), ("", "xz"), ("xz", ""), ("x\\", '"z')]
    payload = await shop.save("thing", *({"a": a, "b": b} for a, b in pairs))
    assert payload["created"] == len(pairs)


async def test_a_product_in_a_key_is_its_id_as_text_whatever_the_fields_type(shop: ShopClient) -> None:
    await shop.products(*({"idProduct": id, "name": "P", "price": 1} for id in ("12", "012")))
    await shop.define(
        "Stock", {"product_id": "NUMBER", "n": "NUMBER"}, uniqueKeys=["product_id"],
        relationships=[to("product_id", "products")],
    )  # fmt: skip
    payload = await shop.save("stock", {"product_id": 12}, {"product_id": "12"}, {"product_id": "012"})
    assert [result["outcome"] for result in payload["results"]] == ["CREATED", "UNCHANGED", "CREATED"]
    assert [result["record"]["data"]["product_id"] for result in payload["results"]] == ["12", "12", "012"]


async def test_every_part_must_be_sent_even_one_with_a_default(shop: ShopClient) -> None:
    await shop.define("Thing", {"a": "STRING", "b": {"type": "STRING", "default": "x"}}, uniqueKeys=["a", "b"])
    payload = await shop.save("thing", {"a": "1"}, {"a": None, "b": None}, {"b": "x"}, {"a": "1", "b": "x"})
    assert [result["outcome"] for result in payload["results"]] == ["REJECTED"] * 3 + ["CREATED"]
    errors = [(error["code"], error["path"]) for result in payload["results"] for error in result["errors"]]
    assert errors == [
        ("MISSING_KEY", "records.0.b"), ("MISSING_KEY", "records.1.a"), ("MISSING_KEY", "records.1.b"),
        ("MISSING_KEY", "records.2.a"),
    ]  # fmt: skip


async def test_structured_values_are_equal_by_content(shop: ShopClient) -> None:
    fields = {"code": "STRING", "doc": "JSON", "tags": {"type": "LIST", "elementType": "DECIMAL"}, "at": "GEOLOCATION"}
    await shop.define("Thing", fields, uniqueKeys=["code"])

    async def outcome(**sent: Any) -> str:
        found: str = (await shop.save("thing", {"code": "a", **sent}))["results"][0]["outcome"]
        return found

    assert await outcome(doc={"a": 1, "b": [True]}, tags=["1.0"], at={"lat": 1, "lng": 2}) == "CREATED"
    assert await outcome(doc={"b": [True], "a": Decimal("1.0")}) == "UNCHANGED"
    assert await outcome(tags=[Decimal("1.00")]) == "UNCHANGED"
    assert await outcome(at={"lng": Decimal("2.0"), "lat": 1}) == "UNCHANGED"
    others: list[Any] = [
        {"b": [1], "a": 1},
        {"b": [1], "a": "1"},
        {"b": [1]},
        {"b": [1], "a": None},
        [],
        {},
        "",
        False,
        0,
    ]
    for doc in others:
        assert await outcome(doc=doc) == "UPDATED"


async def test_decimals_are_equal_as_numbers_in_keys_and_in_unchanged(shop: ShopClient) -> None:
    await shop.define("Rate", {"rate": "DECIMAL", "amount": "DECIMAL"}, uniqueKeys=["rate"])
    payload = await shop.save(
        "rate", {"rate": "1.0", "amount": "5"}, {"rate": "1.00", "amount": "5.000"},
        {"rate": Decimal("1"), "amount": 6}, {"rate": Decimal("100e-2"), "amount": "6.0"},
        {"rate": "1.01", "amount": "5"},
    )  # fmt: skip
    assert [result["outcome"] for result in payload["results"]] == [
        "CREATED",
        "UNCHANGED",
        "UPDATED",
        "UNCHANGED",
        "CREATED",
    ]
    stored = [result["record"]["data"] for result in payload["results"]]
    assert stored == [{"rate": "1.0", "amount": "6"}] * 4 + [{"rate": "1.01", "amount": "5"}]


async def test_unique_keys_are_computed_after_resolution_two_customers_one_contact(shop: ShopClient) -> None:
    await shop.define(
        "Member", {"contact_id": "NUMBER", "tier": "STRING"}, uniqueKeys=["contact_id"],
        relationships=[to("contact_id", "contacts")],
    )  # fmt: skip
    contact = await shop.contact("marie@example.com", source="web", idCustomer="w1")
    assert await shop.contact("marie@example.com", source="till", idCustomer="t1") == contact
    names = [{"by": "id_customer", "value": "w1"}, {"by": "id_customer", "value": "t1"}, contact,
             {"by": "email", "value": "MARIE@example.com"}]  # fmt: skip
    payload = await shop.save("member", *({"contact_id": name, "tier": str(n // 2)} for n, name in enumerate(names)))
    assert [result["outcome"] for result in payload["results"]] == ["CREATED", "UNCHANGED", "UPDATED", "UNCHANGED"]
    assert len({result["record"]["idRecord"] for result in payload["results"]}) == 1
    assert payload["results"][0]["record"]["data"] == {"contact_id": contact, "tier": "1"}
