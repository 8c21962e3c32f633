"""The ten field types and their edges, through the API: stored exactly, or refused with a clear error."""

from decimal import Decimal
from typing import Any

import pytest

from tests.shops import Raw, ShopClient, encode

TYPES = {
    "string": "STRING", "longtext": "LONGTEXT", "number": "NUMBER", "decimal": "DECIMAL", "boolean": "BOOLEAN",
    "date": "DATE", "datetime": "DATETIME", "list": "LIST", "json": "JSON", "geolocation": "GEOLOCATION",
    "numbers": {"type": "LIST", "elementType": "NUMBER"}, "decimals": {"type": "LIST", "elementType": "DECIMAL"},
    "days": {"type": "LIST", "elementType": "DATE"},
}  # fmt: skip


async def verdict(shop: ShopClient, field: str, value: Any) -> Any:
    """The record as a query reads it back, or its only error."""
    await shop.define("Sample", TYPES)
    (result,) = (await shop.save("sample", {field: value}))["results"]
    if result["outcome"] == "REJECTED":
        (error,) = result["errors"]
        return error
    found = await shop.ask(
        "query($id: ID!, $field: String!) { customDataRecord(id: $id) { value(field: $field) } }",
        id=result["record"]["idRecord"], field=field,
    )  # fmt: skip
    assert found["customDataRecord"]["value"] == result["record"]["data"][field]
    return found["customDataRecord"]["value"]


TEXT = "«L'été» \"quoted\" \\ 🦴 שלום‎ \t\n '; drop table records; -- ﬁ é"
KEPT: dict[str, tuple[str, Any, Any]] = {
    "string: any text, untouched": ("string", TEXT, TEXT),
    "string: empty": ("string", "", ""),
    "string: blanks are kept": ("string", "  a ", "  a "),
    "string: 2,000 characters beyond the basic plane": ("string", "🦴" * 2000, "🦴" * 2000),
    "longtext: 100,000 characters": ("longtext", "é" * 100_000, "é" * 100_000),
    "number: integer": ("number", 42, 42),
    "number: negative zero": ("number", Raw("-0.0"), 0),
    "number: decimals": ("number", Decimal("0.1"), 0.1),
    "number: 1.0 is 1": ("number", Decimal("1.0"), 1),
    "number: exponent": ("number", Raw("1E3"), 1000),
    "number: 2^53": ("number", 2**53, 2**53),
    "number: large": ("number", Raw("1e300"), 1e300),
    "number: small": ("number", Raw("5e-324"), 5e-324),
    "number: 15 digits": ("number", Decimal("123456789.012345"), 123456789.012345),
    "decimal: zeros as sent": ("decimal", "64.00", "64.00"),
    "decimal: from a number": ("decimal", 64, "64"),
    "decimal: from a number with zeros": ("decimal", Raw("64.10"), "64.10"),
    "decimal: what no double holds": ("decimal", Raw("0.1000000000000000000001"), "0.1000000000000000000001"),
    "decimal: negative": ("decimal", "-5.5", "-5.5"),
    "decimal: plus": ("decimal", "+5", "5"),
    "decimal: zeros in front": ("decimal", "007", "7"),
    "decimal: exponent": ("decimal", Raw("1.5e3"), "1500"),
    "decimal: 30 and 30 digits": ("decimal", "9" * 30 + "." + "9" * 30, "9" * 30 + "." + "9" * 30),
    "decimal: minus zero": ("decimal", "-0.00", "0.00"),
    "boolean: true": ("boolean", True, True),
    "boolean: false": ("boolean", False, False),
    "date: leap day": ("date", "2024-02-29", "2024-02-29"),
    "date: first": ("date", "0001-01-01", "0001-01-01"),
    "date: last": ("date", "9999-12-31", "9999-12-31"),
    "datetime: Z": ("datetime", "2026-01-31T10:00:00Z", "2026-01-31T10:00:00Z"),
    "datetime: offset to UTC": ("datetime", "2026-01-31T01:30:00+02:00", "2026-01-30T23:30:00Z"),
    "datetime: microseconds": ("datetime", "2026-01-31T10:00:00.123456Z", "2026-01-31T10:00:00.123456Z"),
    "datetime: milliseconds": ("datetime", "2026-01-31T10:00:00.5Z", "2026-01-31T10:00:00.500000Z"),
    "datetime: idle nanoseconds": ("datetime", "2026-01-31T10:00:00.000001000Z", "2026-01-31T10:00:00.000001Z"),
    "datetime: without seconds": ("datetime", "2026-01-31T10:00Z", "2026-01-31T10:00:00Z"),
    "datetime: last": ("datetime", "9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z"),
    "list: texts": ("list", ["b", "a", "a"], ["b", "a", "a"]),
    "list: empty": ("list", [], []),
    "list: numbers": ("numbers", [1, Decimal("1.5")], [1, 1.5]),
    "list: decimals": ("decimals", [1, "1.50"], ["1", "1.50"]),
    "json: object": ("json", {"b": [1, {"a": None}], "": "é"}, {"b": [1, {"a": None}], "": "é"}),
    "json: scalar": ("json", "text", "text"),
    "json: false": ("json", False, False),
    "json: empty": ("json", {}, {}),
    "json: number": ("json", Raw("1.10"), 1.1),
    "json: beyond 64 bits": ("json", Raw("18446744073709552000"), 1.8446744073709552e19),
    "geolocation: Lyon": ("geolocation", {"lat": 45.76, "lng": 4.84}, {"lat": 45.76, "lng": 4.84}),
    "geolocation: corners": ("geolocation", {"lng": -180, "lat": 90}, {"lat": 90, "lng": -180}),
}  # fmt: skip


@pytest.mark.parametrize(("field", "sent", "kept"), KEPT.values(), ids=KEPT.keys())
async def test_stored_exactly(shop: ShopClient, field: str, sent: Any, kept: Any) -> None:
    found = await verdict(shop, field, sent)
    assert (found, type(found)) == (kept, type(kept))


def nested(depth: int) -> Any:
    return [nested(depth - 1)] if depth else 1


REFUSED: dict[str, tuple[str, Any, str]] = {
    "string: a number": ("string", 1, "text"),
    "string: 2,001 characters": ("string", "x" * 2001, "at most 2000"),
    "string: U+0000": ("string", "a\0b", "U+0000"),
    "string: half a surrogate pair": ("string", "\ud800", "surrogate"),
    "longtext: 100,001 characters": ("longtext", "x" * 100_001, "at most 100000"),
    "longtext: U+0000": ("longtext", "\0", "U+0000"),
    "number: text": ("number", "1", "without quotes"),
    "number: boolean": ("number", True, "number"),
    "number: more digits than a double": ("number", Raw("0.1000000000000000000001"), "DECIMAL"),
    "number: 2^53 + 1": ("number", 2**53 + 1, "DECIMAL"),
    "number: 2^63": ("number", 2**63 - 1, "DECIMAL"),
    "number: 5,000 digits": ("number", Raw("1" * 5000), "DECIMAL"),
    "number: 1e999999": ("number", Raw("1e999999"), "DECIMAL"),
    "number: 1e-999999": ("number", Raw("1e-999999"), "DECIMAL"),
    "decimal: words": ("decimal", "a lot", "64.00"),
    "decimal: a comma": ("decimal", "64,00", "64.00"),
    "decimal: NaN": ("decimal", "NaN", "64.00"),
    "decimal: Infinity": ("decimal", "Infinity", "64.00"),
    "decimal: underscores": ("decimal", "1_000", "64.00"),
    "decimal: blanks": ("decimal", " 1 ", "64.00"),
    "decimal: other digits": ("decimal", "١٢", "64.00"),
    "decimal: empty": ("decimal", "", "64.00"),
    "decimal: 31 digits": ("decimal", "1" * 31, "30 digits"),
    "decimal: 31 digits after the point": ("decimal", "0." + "1" * 31, "30 digits"),
    "decimal: 5,000 digits": ("decimal", Raw("1" * 5000), "30 digits"),
    "decimal: 1e999999": ("decimal", "1e999999", "30 digits"),
    "decimal: boolean": ("decimal", True, "64.00"),
    "boolean: text": ("boolean", "true", "without quotes"),
    "boolean: one": ("boolean", 1, "true or false"),
    "date: a datetime": ("date", "2026-01-31T10:00:00Z", "without a time"),
    "date: no such day": ("date", "2026-02-29", "no such day"),
    "date: year 10000": ("date", "10000-01-01", "YYYY-MM-DD"),
    "date: year 0": ("date", "0000-01-01", "0001 to 9999"),
    "date: French": ("date", "31/01/2026", "YYYY-MM-DD"),
    "date: a number": ("date", 20260131, "YYYY-MM-DD"),
    "datetime: no offset": ("datetime", "2026-01-31T10:00:00", "offset"),
    "datetime: a day": ("datetime", "2026-01-31", "offset"),
    "datetime: nanoseconds": ("datetime", "2026-01-31T10:00:00.123456789Z", "six digits"),
    "datetime: 24 o'clock": ("datetime", "2026-01-31T24:00:00Z", "2026"),
    "datetime: leap second": ("datetime", "2026-06-30T23:59:60Z", "no such time"),
    "datetime: year 10000 in UTC": ("datetime", "9999-12-31T23:59:59-01:00", "9999"),
    "datetime: before year 1 in UTC": ("datetime", "0001-01-01T00:00:00+01:00", "0001"),
    "datetime: a blank for the T": ("datetime", "2026-01-31 10:00:00Z", "2026-01-31T10:00:00Z"),
    "datetime: seconds since 1970": ("datetime", 1769853600, "2026-01-31T10:00:00Z"),
    "list: a text": ("list", "a", "square brackets"),
    "list: 1,001 elements": ("list", ["x"] * 1001, "1,000"),
    "json: U+0000": ("json", {"a": ["\0"]}, "U+0000"),
    "json: U+0000 in a key": ("json", {"a\0": 1}, "key"),
    "json: a number no double holds": ("json", [Raw("0.1000000000000000000001")], "send it as text"),
    "json: 2^64": ("json", 2**64, "send it as text"),
    "json: 33 deep": ("json", nested(33), "32 deep"),
    "json: 100,001 bytes": ("json", "é" * 50_000, "100,000"),
    "geolocation: a pair": ("geolocation", [45, 4], '"lat"'),
    "geolocation: lon": ("geolocation", {"lat": 45, "lon": 4}, '"lng"'),
    "geolocation: one more": ("geolocation", {"lat": 45, "lng": 4, "alt": 1}, "nothing else"),
    "geolocation: latitude 91": ("geolocation", {"lat": 91, "lng": 4}, "-90 to 90"),
    "geolocation: longitude -181": ("geolocation", {"lat": 9, "lng": -181}, "-180 to 180"),
    "geolocation: text": ("geolocation", {"lat": "45", "lng": 4}, "number"),
    "geolocation: null": ("geolocation", {"lat": None, "lng": 4}, "number"),
}  # fmt: skip


@pytest.mark.parametrize(("field", "sent", "says"), REFUSED.values(), ids=REFUSED.keys())
async def test_refused_with_a_clear_error(shop: ShopClient, field: str, sent: Any, says: str) -> None:
    error = await verdict(shop, field, sent)
    assert (error["code"], error["index"]) == ("INVALID_VALUE", 0)
    assert error["path"].startswith(f"records.0.{field}")
    assert says in error["message"]


@pytest.mark.parametrize(
    ("field", "sent", "path"),
    [
        pytest.param("list", ["a", None], "list.1", id="null"),
        pytest.param("list", ["a", 1], "list.1", id="a number among texts"),
        pytest.param("numbers", [1, "2"], "numbers.1", id="a text among numbers"),
        pytest.param("list", [["a"]], "list.0", id="a list in a list"),
        pytest.param("days", ["2026-01-01", "2026-02-30"], "days.1", id="no such day"),
        pytest.param("json", {"a": [0, {"b": "\0"}]}, "json.a.1.b", id="deep inside JSON"),
        pytest.param("geolocation", {"lat": 1, "lng": 999}, "geolocation.lng", id="one axis"),
    ],
)
async def test_an_error_points_to_the_bad_part(shop: ShopClient, field: str, sent: Any, path: str) -> None:
    assert (await verdict(shop, field, sent))["path"] == f"records.0.{path}"


@pytest.mark.parametrize("field", TYPES)
async def test_null_is_no_value_of_any_type(shop: ShopClient, field: str) -> None:
    assert await verdict(shop, field, None) is None


@pytest.mark.parametrize(
    ("piece", "says"),
    [
        pytest.param("NaN", "NaN", id="NaN"),
        pytest.param("-Infinity", "Infinity", id="Infinity"),
        pytest.param('{"a": 1, "a": 2}', "'a' stands twice", id="duplicate keys"),
        pytest.param("[" * 100_000, "nested", id="nested beyond reason"),
        pytest.param("01", "not JSON", id="no JSON number"),
    ],
)
async def test_what_is_not_json_is_refused_as_a_request(shop: ShopClient, piece: str, says: str) -> None:
    body = encode({"query": "{ shop { id } }", "variables": {"x": Raw(piece)}})
    response = await shop.http.post(
        "/graphql", content=body, headers={"spm-api-key": shop.key, "content-type": "application/json"}
    )
    assert response.status_code == 400
    assert says in response.json()["errors"][0]["message"]


async def test_numbers_written_inside_the_document_keep_their_digits(shop: ShopClient) -> None:
    await shop.define("Sample", TYPES)
    saved = await shop.ask(
        'mutation { saveCustomDataRecords(input: {definition: "sample", records: [{decimal: 1.10, number: 0.1, '
        'json: {a: [1.5, "x", null, true]}}]}) { results { record { data(fields: ["decimal", "number", "json"]) } } } }'
    )
    assert saved["saveCustomDataRecords"]["results"][0]["record"]["data"] == {
        "decimal": "1.10", "number": 0.1, "json": {"a": [1.5, "x", None, True]},
    }  # fmt: skip
