"""The canonical text of a unique key: one text for equal values, never one text for different ones."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.domain import limits
from app.domain.definitions import Definition, Field, FieldType, Status
from app.domain.keys import unique_key
from app.domain.problems import Code
from app.domain.values import parse, same

NOW = datetime(2026, 1, 31, tzinfo=UTC)


def definition(*kinds: str) -> Definition:
    """A definition whose fields a, b, c ... of these types all belong to its unique key."""
    fields = tuple(Field(name, FieldType[kind], name) for name, kind in zip("abcdef", kinds, strict=False))
    return Definition(1, "d", "D", None, Status.ACTIVE, fields, (), tuple(f.name for f in fields), NOW, NOW)


def key(*parts: tuple[str, Any]) -> str | None:
    text, problems = unique_key(
        definition(*(kind for kind, _ in parts)), dict(zip("abcdef", (v for _, v in parts), strict=False))
    )
    assert problems == []
    return text


TEXTS = {
    "text": ([("STRING", "FR75")], '"FR75"'),
    "text with a quote and a comma": ([("STRING", 'a",b')], '"a\\",b"'),
    "ids": ([("NUMBER", 12), ("STRING", "P-1")], '12,"P-1"'),
    "an id past 2^53": ([("NUMBER", 2**63 - 1)], "9223372036854775807"),
    "a decimal without idle zeros": ([("DECIMAL", "64.00")], "64"),
    "a decimal with every digit": ([("DECIMAL", f"{'1' * 30}.{'1' * 30}")], f"{'1' * 30}.{'1' * 30}"),
    "a number": ([("NUMBER", 1.5)], "1.5"),
    "a hundred keeps its zeros": ([("NUMBER", 100)], "100"),
    "a large double": ([("NUMBER", 1e20)], "1" + "0" * 20),
    "a boolean": ([("BOOLEAN", False)], "false"),
    "a day": ([("DATE", "2026-01-31")], '"2026-01-31"'),
    "empty text": ([("STRING", "")], '""'),
}


@pytest.mark.parametrize(("parts", "text"), TEXTS.values(), ids=TEXTS)
def test_text(parts: list[tuple[str, Any]], text: str) -> None:
    assert key(*parts) == text


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        pytest.param("DECIMAL", ["1", "1.0", "1.00"], id="decimals of one value"),
        pytest.param("NUMBER", [1, 1.0], id="numbers of one value"),
        pytest.param("NUMBER", [12345678901234567e3, 12345678901234567000], id="a double and what jsonb gives back"),
    ],
)
def test_equal_values_have_one_key(kind: str, values: list[Any]) -> None:
    assert len({key((kind, value)) for value in values}) == 1


def test_a_long_key_is_a_digest_with_a_readable_beginning() -> None:
    longest = "x" * (limits.UNIQUE_KEY_LENGTH - 2)
    assert key(("STRING", longest)) == f'"{longest}"'
    one, other = key(("STRING", longest + "y")), key(("STRING", longest + "z"))
    assert one is not None
    assert one.startswith('~"xxxx')
    assert len(one) < 120
    assert one != other


def test_no_text_reads_like_a_digest() -> None:
    digest = key(("STRING", "x" * limits.STRING_LENGTH))
    assert key(("STRING", digest)) != digest


@pytest.mark.parametrize("data", [{"a": 1}, {"a": 1, "b": None}], ids=["absent", "null"])
def test_a_missing_part_is_named(data: dict[str, Any]) -> None:
    text, problems = unique_key(definition("NUMBER", "STRING"), data)
    assert text is None
    assert [(p.code, p.path) for p in problems] == [(Code.MISSING_KEY, "b")]
    assert "(a, b)" in problems[0].message


def test_every_missing_part_is_named() -> None:
    _, problems = unique_key(definition("NUMBER", "STRING"), {})
    assert [p.path for p in problems] == ["a", "b"]


def test_without_unique_keys_there_is_no_key() -> None:
    assert unique_key(definition(), {"a": 1}) == (None, [])


def stored_number(sent: float) -> Any:
    return parse(Field("n", FieldType.NUMBER, "n"), sent)[0]


parts_by_type = {
    "STRING": st.text('a",\\~[]', max_size=4) | st.text("aé~", min_size=490, max_size=510),
    "NUMBER": st.integers(-12, 12) | st.floats(allow_nan=False, allow_infinity=False).map(stored_number),
    "DECIMAL": st.decimals(-2, 2, places=2).map(str) | st.sampled_from(["1", "10", "100", "1.000"]),
    "BOOLEAN": st.booleans(),
    "DATE": st.dates().map(str),
}


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.data())
def test_one_key_exactly_for_the_same_values(data: st.DataObject) -> None:
    kinds = data.draw(st.lists(st.sampled_from(sorted(parts_by_type)), min_size=1, max_size=3))
    subject = definition(*kinds)
    one, other = ({f.name: data.draw(parts_by_type[f.type.value]) for f in subject.fields} for _ in range(2))
    equal = all(same(f, one[f.name], other[f.name]) for f in subject.fields)
    assert (unique_key(subject, one)[0] == unique_key(subject, other)[0]) is equal
