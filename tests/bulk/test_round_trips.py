"""Whatever a text or a JSON value is, a cell holds it, and a file of rejects does too."""

import io
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from app.bulk.cells import decoder
from app.bulk.columns import Column
from app.bulk.exporting import CsvWriter, JsonWriter, Pages, Source
from app.bulk.lines import Lines
from app.bulk.portions import Portion
from app.bulk.reading import CsvRows, Dialect, JsonRows
from app.bulk.rejects import CsvForm, JsonForm
from app.domain.definitions import Field, FieldType
from app.domain.imports import Sent
from app.domain.values import parse
from app.domain.verdicts import Outcome, Verdict
from app.store.session import Session

_TEXT = st.text(
    st.one_of(st.sampled_from('\r\n",;|\t #[{5e'), st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
    max_size=12,
)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | _TEXT
    | st.sampled_from(["5", "true", "null", "[1]", "{}", '"a"']),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXT, inner, max_size=3), max_leaves=6,
)  # fmt: skip
_DELIMITER = st.sampled_from(",;|\t")
_REJECTED = Verdict(0, Outcome.REJECTED, None, ())


def _pages(_: Session, __: Portion) -> Pages:
    raise NotImplementedError


def _columns(header: Any) -> list[Column]:
    read = {"text": None, "extra": decoder(FieldType.JSON, decimal_comma=False)}
    return [Column(name, read[name]) if name in read else Column(None) for name in header]


def _read(file: bytes, delimiter: str) -> tuple[CsvRows, list[Sent]]:
    rows = CsvRows(Lines(io.BytesIO(file)), _columns, Dialect(delimiter))
    return rows, list(rows)


def _stored(value: Any) -> Any:
    stored, problem = parse(Field("extra", FieldType.JSON, ""), value)
    assert problem is None
    return stored


@given(st.lists(st.tuples(_TEXT, _JSON), max_size=4), _DELIMITER)
def test_rows_of_csv_come_back(rows: list[tuple[str, Any]], delimiter: str) -> None:
    """An empty text as null."""
    writer = CsvWriter(Source(("text", "extra"), _pages, frozenset({"extra"})), delimiter)
    _, read = _read(writer.heading() + writer.rows(rows), delimiter)
    assert [(each.value["text"], _stored(each.value["extra"])) for each in read] == [
        (text or None, _stored(extra)) for text, extra in rows
    ]  # fmt: skip


@given(st.lists(st.tuples(_TEXT, _TEXT), max_size=4), _DELIMITER)
def test_rejects_of_csv_come_back_with_what_they_held_in_any_round(rows: list[tuple[str, str]], delimiter: str) -> None:
    first = CsvForm(["text", "more"], delimiter)
    file = first.heading() + first.rows((Sent(n, None, list(row)), _REJECTED) for n, row in enumerate(rows))
    for _ in range(2):
        opened, read = _read(file, delimiter)
        assert [tuple(each.raw[:2]) for each in read] == rows
        form = CsvForm(opened.header, delimiter)
        file = form.heading() + form.rows((each, _REJECTED) for each in read)


@given(st.lists(_JSON, max_size=4))
def test_rejects_of_json_come_back_with_what_they_held_in_any_round(values: list[Any]) -> None:
    file = JsonWriter(["extra"]).rows([(value,) for value in values])
    seen = [each.value for each in JsonRows(Lines(io.BytesIO(file)))]
    for _ in range(2):
        file = JsonForm().heading() + JsonForm().rows((each, _REJECTED) for each in JsonRows(Lines(io.BytesIO(file))))
        assert [each.value for each in JsonRows(Lines(io.BytesIO(file)))] == seen
