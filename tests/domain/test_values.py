"""What each field type takes, what it becomes, and what it refuses."""

import json
from decimal import Decimal
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.domain import limits
from app.domain.definitions import Field, FieldType
from app.domain.problems import Code
from app.domain.values import ELEMENT_TYPES, parse, same


def field(kind: str, **more: Any) -> Field:
    return Field("f", FieldType[kind], "F", **more)


def list_of(kind: str, **more: Any) -> Field:
    return field("LIST", element_type=FieldType[kind], **more)


TAKEN = {
    "STRING empty": ("STRING", "", ""),
    "STRING with quotes, emoji and right-to-left": ("STRING", '"é" 🐕 שלום \'', '"é" 🐕 שלום \''),
    "STRING of the longest length": ("STRING", "x" * limits.STRING_LENGTH, "x" * limits.STRING_LENGTH),
    "LONGTEXT longer than a STRING": ("LONGTEXT", "x\n" * 2_000, "x\n" * 2_000),
    "NUMBER integer": ("NUMBER", 12, 12),
    "NUMBER integral in value becomes an integer": ("NUMBER", Decimal("1.0"), 1),
    "NUMBER with idle zeros": ("NUMBER", Decimal("1.10"), 1.1),
    "NUMBER with an exponent": ("NUMBER", Decimal("1e3"), 1000),
    "NUMBER negative zero is zero": ("NUMBER", Decimal("-0.0"), 0),
    "NUMBER 2^53": ("NUMBER", 2**53, 2**53),
    "NUMBER larger than 2^53 in shortest form": ("NUMBER", 10**20, 1e20),
    "NUMBER smallest double": ("NUMBER", Decimal("5e-324"), 5e-324),
    "DECIMAL text keeps its zeros": ("DECIMAL", "64.00", "64.00"),
    "DECIMAL number keeps its zeros": ("DECIMAL", Decimal("64.00"), "64.00"),
    "DECIMAL integer": ("DECIMAL", 64, "64"),
    "DECIMAL beyond a double": ("DECIMAL", Decimal("0.1000000000000000000001"), "0.1000000000000000000001"),
    "DECIMAL 1e2": ("DECIMAL", Decimal("1e2"), "100"),
    "DECIMAL text 1E+2": ("DECIMAL", "1E+2", "100"),
    "DECIMAL text with plus and leading zeros": ("DECIMAL", "+007.50", "7.50"),
    "DECIMAL negative zero is zero": ("DECIMAL", "-0.00", "0.00"),
    "DECIMAL zero with an exponent": ("DECIMAL", "0e50", "0"),
    "DECIMAL with all digits it may have": ("DECIMAL", f"-{'9' * 30}.{'9' * 30}", f"-{'9' * 30}.{'9' * 30}"),
    "BOOLEAN": ("BOOLEAN", False, False),
    "DATE leap day": ("DATE", "2024-02-29", "2024-02-29"),
    "DATE first and last year": ("DATE", "0001-01-01", "0001-01-01"),
    "DATETIME UTC": ("DATETIME", "2026-01-31T10:00:00Z", "2026-01-31T10:00:00Z"),
    "DATETIME without seconds": ("DATETIME", "2026-01-31T10:00Z", "2026-01-31T10:00:00Z"),
    "DATETIME with an offset becomes UTC": ("DATETIME", "2026-01-01T00:30:00+02:00", "2025-12-31T22:30:00Z"),
    "DATETIME tenth of a second has six digits": ("DATETIME", "2026-01-31T10:00:00.1Z", "2026-01-31T10:00:00.100000Z"),
    "DATETIME idle digits": ("DATETIME", "2026-01-31T10:00:00.123456000Z", "2026-01-31T10:00:00.123456Z"),
    "LIST empty": ("LIST", [], []),
    "LIST of STRING unless declared": ("LIST", ["a", "a"], ["a", "a"]),
    "JSON scalar": ("JSON", Decimal("1.50"), 1.5),
    "JSON nested": ("JSON", {"a": [1, None, True, {"é": Decimal("0.1")}]}, {"a": [1, None, True, {"é": 0.1}]}),
    "GEOLOCATION": ("GEOLOCATION", {"lat": Decimal("48.85"), "lng": -180}, {"lat": 48.85, "lng": -180}),
    "null of any type": ("DATE", None, None),
}


@pytest.mark.parametrize(("kind", "sent", "stored"), TAKEN.values(), ids=TAKEN)
def test_taken(kind: str, sent: Any, stored: Any) -> None:
    value, problem = parse(field(kind), sent)
    assert problem is None
    assert (value, type(value)) == (stored, type(stored))


def deep(levels: int) -> Any:
    return [deep(levels - 1)] if levels else 1


REFUSED = {
    "STRING number": ("STRING", 1, "in quotes"),
    "STRING with U+0000": ("STRING", "a\0b", "U+0000"),
    "STRING with half a surrogate pair": ("STRING", "\ud83d", "surrogate"),
    "STRING too long": ("STRING", "x" * (limits.STRING_LENGTH + 1), "2000"),
    "LONGTEXT too long": ("LONGTEXT", "x" * (limits.LONGTEXT_LENGTH + 1), "100000"),
    "NUMBER boolean": ("NUMBER", True, "Send a number"),
    "NUMBER text": ("NUMBER", "1", "without quotes"),
    "NUMBER that a double rounds": ("NUMBER", Decimal("0.1000000000000000000001"), "DECIMAL"),
    "NUMBER 2^53 + 1": ("NUMBER", 2**53 + 1, "DECIMAL"),
    "NUMBER of 5,000 digits": ("NUMBER", 10**5000, "DECIMAL"),
    "NUMBER 1e999999": ("NUMBER", Decimal("1e999999"), "DECIMAL"),
    "NUMBER that a double takes for zero": ("NUMBER", Decimal("1e-400"), "DECIMAL"),
    "NUMBER NaN": ("NUMBER", Decimal("NaN"), "DECIMAL"),
    "NUMBER signalling NaN": ("NUMBER", Decimal("sNaN"), "DECIMAL"),
    "NUMBER infinity": ("NUMBER", float("inf"), "DECIMAL"),
    "DECIMAL boolean": ("DECIMAL", True, "64.00"),
    "DECIMAL text NaN": ("DECIMAL", "NaN", "64.00"),
    "DECIMAL NaN": ("DECIMAL", Decimal("NaN"), "64.00"),
    "DECIMAL text Infinity": ("DECIMAL", "Infinity", "64.00"),
    "DECIMAL 1e999999": ("DECIMAL", Decimal("1e999999"), "30 digits"),
    "DECIMAL text 1e999999": ("DECIMAL", "1e999999", "30 digits"),
    "DECIMAL text with an endless exponent": ("DECIMAL", "1e" + "9" * 5000, "30 digits"),
    "DECIMAL of 5,000 digits": ("DECIMAL", 10**5000, "30 digits"),
    "DECIMAL with 31 digits before the point": ("DECIMAL", 10**30, "30 digits"),
    "DECIMAL with 31 digits after the point": ("DECIMAL", "0." + "0" * 31, "30 after"),
    "DECIMAL with spaces": ("DECIMAL", " 1", "64.00"),
    "DECIMAL with a line end": ("DECIMAL", "1\n", "64.00"),
    "DECIMAL with underscores": ("DECIMAL", "1_000", "64.00"),
    "DECIMAL with a comma": ("DECIMAL", "64,00", "64.00"),
    "DECIMAL with Arabic digits": ("DECIMAL", "٣", "64.00"),
    "BOOLEAN one": ("BOOLEAN", 1, "true or false"),
    "BOOLEAN text": ("BOOLEAN", "true", "true or false"),
    "DATE number": ("DATE", 20260131, "YYYY-MM-DD"),
    "DATE without hyphens": ("DATE", "20260131", "YYYY-MM-DD"),
    "DATE with Arabic digits": ("DATE", "٢٠٢٦-01-31", "YYYY-MM-DD"),
    "DATE that does not exist": ("DATE", "2026-02-29", "no such day"),
    "DATE in year 0": ("DATE", "0000-01-01", "no such day"),
    "DATE in year 10000": ("DATE", "10000-01-01", "YYYY-MM-DD"),
    "DATE with a time": ("DATE", "2026-01-31T00:00:00Z", "declare the field DATETIME"),
    "DATETIME day": ("DATETIME", "2026-01-31", "with its offset"),
    "DATETIME without an offset": ("DATETIME", "2026-01-31T10:00:00", "offset is missing"),
    "DATETIME finer than a microsecond": ("DATETIME", "2026-01-31T10:00:00.1234567Z", "microsecond"),
    "DATETIME hour 24": ("DATETIME", "2026-01-31T24:00:00Z", "with its offset"),
    "DATETIME second 60": ("DATETIME", "2026-01-31T23:59:60Z", "no such time"),
    "DATETIME offset of a day": ("DATETIME", "2026-01-31T10:00:00+24:00", "no such time"),
    "DATETIME before year 1 in UTC": ("DATETIME", "0001-01-01T00:00:00+00:01", "no such time"),
    "DATETIME after year 9999 in UTC": ("DATETIME", "9999-12-31T23:59:59-00:01", "no such time"),
    "DATETIME number": ("DATETIME", 1769850000, "with its offset"),
    "LIST scalar": ("LIST", "a", "square brackets"),
    "LIST too long": ("LIST", ["a"] * (limits.LIST_LENGTH + 1), "1,000"),
    "JSON too large": ("JSON", ["é" * 30_000] * 2, "bytes"),
    "JSON too large once its numbers are written out": ("JSON", [1e308] * 400, "takes 124,001 bytes"),
    "JSON key with U+0000": ("JSON", {"a\0": 1}, "key of an object"),
    "JSON key with half a surrogate pair": ("JSON", {"\udc00": 1}, "key of an object"),
    "GEOLOCATION list": ("GEOLOCATION", [48, 2], "both numbers"),
    "GEOLOCATION with more": ("GEOLOCATION", {"lat": 1, "lng": 2, "alt": 3}, "nothing else"),
    "GEOLOCATION with less": ("GEOLOCATION", {"lat": 1}, "both numbers"),
}


@pytest.mark.parametrize(("kind", "sent", "hint"), REFUSED.values(), ids=REFUSED)
def test_refused_with_a_hint(kind: str, sent: Any, hint: str) -> None:
    value, problem = parse(field(kind), sent)
    assert value is None
    assert problem is not None
    assert (problem.code, problem.path) == (Code.INVALID_VALUE, None)
    assert hint in problem.message


INSIDE = {
    "element of the wrong type": (list_of("NUMBER"), [1, "2"], "1"),
    "element that is null": (list_of("STRING"), ["a", "b", None], "2"),
    "element that is a list": (list_of("STRING"), [["a"]], "0"),
    "number inside JSON that a double rounds": (field("JSON"), {"a": [0, {"b": 2**53 + 1}]}, "a.1.b"),
    "JSON that nests too deep": (field("JSON"), deep(limits.JSON_DEPTH + 1), ".".join("0" * limits.JSON_DEPTH)),
    "text inside JSON with U+0000": (field("JSON"), ["\0"], "0"),
    "latitude out of range": (field("GEOLOCATION"), {"lat": Decimal("90.1"), "lng": 0}, "lat"),
    "longitude out of range": (field("GEOLOCATION"), {"lat": -90, "lng": -181}, "lng"),
    "longitude that is no number": (field("GEOLOCATION"), {"lat": -90, "lng": "0"}, "lng"),
}


@pytest.mark.parametrize(("declared", "sent", "path"), INSIDE.values(), ids=INSIDE)
def test_problem_inside_a_value_says_where(declared: Field, sent: Any, path: str) -> None:
    _, problem = parse(declared, sent)
    assert problem is not None
    assert (problem.code, problem.path) == (Code.INVALID_VALUE, path)
    assert problem.under("f").path == f"f.{path}"


def test_deepest_json_is_taken() -> None:
    assert parse(field("JSON"), deep(limits.JSON_DEPTH)) == (deep(limits.JSON_DEPTH), None)


@pytest.mark.parametrize(
    ("declared", "sent", "path"),
    [
        pytest.param(field("STRING", options=("gold", "silver")), "Gold", None, id="another case"),
        pytest.param(field("NUMBER", options=(0, 1)), 2, None, id="another number"),
        pytest.param(field("DECIMAL", options=("1.0",)), "1.01", None, id="another decimal"),
        pytest.param(list_of("STRING", options=("a", "b")), ["a", "c"], "1", id="an element of a list"),
    ],
)
def test_not_an_option(declared: Field, sent: Any, path: str | None) -> None:
    _, problem = parse(declared, sent)
    assert problem is not None
    assert (problem.code, problem.path) == (Code.NOT_AN_OPTION, path)
    assert json.dumps(declared.options[0]) in problem.message


@pytest.mark.parametrize(
    ("declared", "sent", "stored"),
    [
        pytest.param(field("STRING", options=("gold",)), "gold", "gold", id="text"),
        pytest.param(field("DECIMAL", options=("1.0",)), "1.00", "1.00", id="decimal of the same value"),
        pytest.param(list_of("STRING", options=("a", "b")), ["b", "b"], ["b", "b"], id="every element of a list"),
        pytest.param(field("STRING", options=("gold",)), None, None, id="null"),
    ],
)
def test_option(declared: Field, sent: Any, stored: Any) -> None:
    assert parse(declared, sent) == (stored, None)


SAME = {
    "1 and 1.0": (field("NUMBER"), 1, 1.0, True),
    "a double and the integer that jsonb gives back": (
        field("NUMBER"),
        12345678901234567e3,
        12345678901234567000,
        True,
    ),
    "ids past 2^53": (field("NUMBER"), 2**53, 2**53 + 1, False),
    "1 and true": (field("JSON"), 1, True, False),
    "1 and true deep inside": (field("JSON"), {"a": [0, 1]}, {"a": [0, True]}, False),
    "true and a list of it": (field("JSON"), True, [True], False),
    "objects in another order": (field("JSON"), {"a": 1, "b": 2.0}, {"b": 2, "a": 1}, True),
    "an empty list and an empty object": (field("JSON"), [], {}, False),
    "lists in another order": (list_of("STRING"), ["a", "b"], ["b", "a"], False),
    "decimals of one value": (field("DECIMAL"), "1.0", "1.00", True),
    "decimals that one double stands for": (field("DECIMAL"), "0.1", "0.1000000000000000000001", False),
    "lists of decimals of one value": (list_of("DECIMAL"), ["1.0", "2"], ["1.00", "2.0"], True),
    "texts that look like one decimal": (field("STRING"), "1.0", "1.00", False),
    "null and null": (field("DECIMAL"), None, None, True),
    "null and zero": (field("DECIMAL"), None, "0", False),
}


@pytest.mark.parametrize(("declared", "a", "b", "expected"), SAME.values(), ids=SAME)
def test_same(declared: Field, a: Any, b: Any, expected: bool) -> None:
    assert same(declared, a, b) is expected
    assert same(declared, b, a) is expected


unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # a busy machine is no failure
numbers = st.one_of(
    st.integers(),
    st.integers(0, 5000).map(lambda digits: 10**digits),
    st.decimals(),
    st.decimals(-9, 9, places=1),
)
texts = st.one_of(
    st.text("a1.eE+- é🐕\0\ud83d٣", max_size=8),
    st.decimals().map(str),
    st.dates().map(str),
    st.datetimes().map(lambda at: f"{at.isoformat()}Z"),
)
anything = st.recursive(
    st.one_of(st.none(), st.booleans(), numbers, texts),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(texts, inner, max_size=4)),
    max_leaves=8,
)
fields = st.one_of(
    st.sampled_from([kind for kind in FieldType if kind is not FieldType.LIST]).map(lambda kind: Field("f", kind, "F")),
    st.sampled_from(sorted(ELEMENT_TYPES, key=str)).map(lambda kind: list_of(kind.value)),
)


@unhurried
@given(fields, anything)
def test_any_json_is_refused_or_stored_in_a_form_that_survives_storage(declared: Field, sent: Any) -> None:
    stored, problem = parse(declared, sent)
    if problem is None:
        assert parse(declared, stored) == (stored, None)
        assert same(declared, orjson.loads(orjson.dumps(stored)), stored)
    else:
        f"{problem.message} {problem.path}".encode()  # an answer can carry it


@unhurried
@given(st.decimals(-(10**30) + 1, 10**30 - 1, allow_nan=False, places=30) | st.integers(-(10**30) + 1, 10**30 - 1))
def test_decimals_keep_every_digit(sent: Decimal | int) -> None:
    stored, problem = parse(field("DECIMAL"), sent)
    assert problem is None
    assert Decimal(stored) == sent
    assert parse(field("DECIMAL"), str(sent))[0] == stored


@unhurried
@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_double_is_a_number(sent: float) -> None:
    assert parse(field("NUMBER"), Decimal(repr(sent))) == (sent, None)


small = st.recursive(
    st.sampled_from([None, True, False, 0, 1, 1.0, 0.0, "1", "1.0", 1e23, 10**23]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
    max_leaves=4,
)


@unhurried
@given(small, small, small)
def test_same_is_an_equivalence(a: Any, b: Any, c: Any) -> None:
    declared = field("JSON")
    assert same(declared, a, a)
    assert same(declared, a, b) == same(declared, b, a)
    assert not (same(declared, a, b) and same(declared, b, c)) or same(declared, a, c)
