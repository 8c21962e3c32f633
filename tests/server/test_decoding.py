"""Bodies are decoded exactly, or refused: no number is rounded, no key dropped, nothing raised but a refusal."""

from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.server.decoding import decode_json, read_request
from app.server.refusals import Refused


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b"0.1000000000000000000001", Decimal("0.1000000000000000000001")),
        (b"1.10", Decimal("1.10")),
        (b"18446744073709551617", 2**64 + 1),
        (b"-0", 0),
        (b"1e999999", Decimal("1e999999")),
        (b"9" * 5000, Decimal("9" * 5000)),
        (b'"\\u0000"', "\0"),
        (b'"\\ud83d\\ude00"', "😀"),
        (b'"\\ud800"', "\ud800"),
        (b'{"a": {"b": 1}, "b": {"b": 2}}', {"a": {"b": 1}, "b": {"b": 2}}),
        (b" \n[null, true]\t", [None, True]),
    ],
)
def test_what_is_json_is_taken_exactly(body: bytes, value: Any) -> None:
    decoded = decode_json(body)
    assert (decoded, str(decoded)) == (value, str(value))


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "JSON"),
        (b"{", "JSON"),
        (b"{'a': 1}", "JSON"),
        (b"[1,]", "JSON"),
        (b"01", "JSON"),
        (b"1 2", "JSON"),
        (b"\xef\xbb\xbf{}", "JSON"),
        (b'"\n"', "JSON"),
        (b"NaN", "NaN is not a JSON number"),
        (b"[-Infinity]", "-Infinity is not a JSON number"),
        (b"1e99999999999999999999", "exponent"),
        (b"1e-99999999999999999999", "exponent"),
        (b'{"a": 1, "b": 2, "a": 3}', "the key 'a' stands twice"),
        (b'{"\\ud800": 1, "\\ud800": 2}', "stands twice"),
        (b"\xff", "UTF-8"),
        (b'"\xed\xa0\x80"', "UTF-8"),
        ("{}".encode("utf-16"), "UTF-8"),
        (b"\x1f\x8b\x08\x00", "UTF-8"),
        (b"[" * 100_000, "nested"),
        (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "nested"),
    ],
)
def test_what_is_not_json_is_refused_with_its_reason(body: bytes, reason: str) -> None:
    with pytest.raises(Refused, match=reason):
        decode_json(body)


def test_a_key_that_stands_twice_among_many_is_found_in_one_pass() -> None:
    names = [f'"k{n}":0' for n in range(150_000)]
    with pytest.raises(Refused, match="'k149999' stands twice"):
        decode_json(("{" + ",".join([*names, names[-1]]) + "}").encode())


@given(st.binary(max_size=40) | st.text(max_size=40).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_any_bytes_are_json_or_refused(body: bytes) -> None:
    with suppress(Refused):
        decode_json(body)


@pytest.mark.parametrize(
    "sent",
    [
        None, 1, "x", [], [{"query": "{ shop { name } }"}], {}, {"query": None}, {"query": 1}, {"query": ""},
        {"query": "{a}", "variables": []}, {"query": "{a}", "variables": "{}"}, {"query": "{a}", "operationName": 1},
        {"query": "{a}", "extensions": []},
    ],
)  # fmt: skip
def test_what_is_no_graphql_request_is_refused(sent: Any) -> None:
    with pytest.raises(Refused) as refused:
        read_request(sent)
    assert refused.value.code == "BAD_REQUEST"


@pytest.mark.parametrize("absent", [{}, {"variables": None, "operationName": None, "extensions": None}])
def test_the_rest_of_a_request_may_be_absent_or_null(absent: dict[str, Any]) -> None:
    assert read_request({"query": "{a}"} | absent).variables is None
