"""Requests that are malformed or odd: a mistake is told, nothing fails, and no log is filled."""

import json
import logging

import pytest

from tests.server.test_protocol import GRAPHQL, JSON, asking, codes, post
from tests.shops import ShopClient

BAD_BODIES = [
    ("nothing", b""), ("not JSON", b"{"), ("null", b"null"), ("a text", b'"x"'), ("a number", b"1"),
    ("a list", b"[]"), ("a batch", b'[{"query": "{ __typename }"}]'), ("no UTF-8", b'{"query": "\xff"}'),
    ("UTF-16", '{"query": "{ __typename }"}'.encode("utf-16")),
    ("a byte order mark", b'\xef\xbb\xbf{"query": "{a}"}'),
    ("deep nesting", b'{"query": "{a}", "variables": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"),
    ("NaN", b'{"query": "{a}", "variables": {"a": NaN}}'),
    ("Infinity", b'{"query": "{a}", "variables": {"a": -Infinity}}'),
    ("a key twice", b'{"query": "{a}", "query": "{b}"}'),
    ("a huge exponent", b'{"query": "{a}", "variables": {"a": 1e99999999999999999999}}'),
    ("no query", b"{}"), ("an empty query", b'{"query": ""}'), ("a query of another type", b'{"query": ["{a}"]}'),
    ("a long document", b'{"query": "' + b" " * 100_001 + b'"}'),
    ("variables of another type", b'{"query": "{a}", "variables": []}'),
    ("variables as text", b'{"query": "{a}", "variables": "{}"}'),
    ("operationName of another type", b'{"query": "{a}", "operationName": 1}'),
    ("extensions of another type", b'{"query": "{a}", "extensions": []}'),
    ("persistedQuery of another type", b'{"query": "{a}", "extensions": {"persistedQuery": 1}}'),
    ("persistedQuery of another version", b'{"extensions": {"persistedQuery": {"version": 2, "sha256Hash": "a"}}}'),
    ("persistedQuery without a hash", b'{"query": "{a}", "extensions": {"persistedQuery": {"version": 1}}}'),
    ("documentId of another type", b'{"documentId": 1}'),
]  # fmt: skip


@pytest.mark.parametrize("body", [case[1] for case in BAD_BODIES], ids=[case[0] for case in BAD_BODIES])
async def test_a_body_that_is_no_request_is_400(
    shop: ShopClient, body: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    for media in (JSON, GRAPHQL):
        response = await post(shop, body, media)
        assert (response.status_code, codes(response)) == (400, ["BAD_REQUEST"])
        assert response.headers["content-type"] == f"{media}; charset=utf-8"
    assert caplog.records == []


ODD_VALUES = [
    ("5,000 digits", "9" * 5000), ("2^64", "18446744073709551616"), ("a fraction of a count", "1.5"),
    ("a lone surrogate", '"\\ud800"'), ("U+0000", '"\\u0000"'), ("a huge decimal", "1e999999"), ("an object", "{}"),
]  # fmt: skip


@pytest.mark.parametrize("value", [case[1] for case in ODD_VALUES], ids=[case[0] for case in ODD_VALUES])
@pytest.mark.parametrize(
    "query",
    [
        "query($v: Int) { products(first: $v) { totalCount { count } } }",
        "query($v: String) { products(search: $v) { totalCount { count } } }",
        "query($v: ID!) { node(id: $v) { id } }",
        "query($v: JSON!) { customDataRecord(by: {definition: \"d\", key: $v}) { id } }",
        "query($v: Boolean!) { shop @include(if: $v) { name } }",
    ],
)  # fmt: skip
async def test_an_odd_value_is_a_mistake_or_an_answer_but_no_failure(
    shop: ShopClient, query: str, value: str, caplog: pytest.LogCaptureFixture
) -> None:
    body = f'{{"query": {json.dumps(query)}, "variables": {{"v": {value}}}}}'
    response = await post(shop, body)
    assert response.status_code == 200, response.text
    assert "INTERNAL" not in [error["extensions"]["code"] for error in response.json().get("errors", [])]
    assert caplog.records == []


async def test_a_document_nested_beyond_the_parser_is_a_mistake(shop: ShopClient) -> None:
    for query in ("{a" * 5000, "{ node(id: " + "[" * 5000 + "1", "query(" + "$a:[" * 3000):
        response = await post(shop, asking(query))
        assert response.status_code == 200
        assert codes(response)[0] in ("GRAPHQL_PARSE_FAILED", "QUERY_TOO_DEEP", "QUERY_TOO_COMPLEX")


async def test_nothing_of_this_is_logged(shop: ShopClient, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        for query in ("{", "{ nothing }", "mutation { x }"):
            await post(shop, asking(query))
    assert [record for record in caplog.records if record.name != "httpx"] == []
