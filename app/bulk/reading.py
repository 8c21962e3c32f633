"""Rows of CSV and JSONL files, one by one, each with the line it begins on. What cannot be read as a row is one with a
problem; what makes the rest of the file unreadable raises Unreadable."""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from app.bulk.columns import IGNORED, Column, Columns
from app.bulk.lines import Lines, Unreadable
from app.domain import exact_json
from app.domain.imports import Mark, Sent
from app.domain.problems import Code, Problem

_DELIMITERS = (",", ";", "\t", "|")
_BOM = b"\xef\xbb\xbf"


class Rows(Protocol):
    """A file's rows, from where it was left."""

    @property
    def mark(self) -> Mark: ...

    def __iter__(self) -> Iterator[Sent]: ...


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a CSV file is written. `keep_empty`: empty cells leave a field alone, instead of clearing it."""

    delimiter: str | None = None  # told from the header unless given
    keep_empty: bool = False


class CsvRows:
    """Rows of a CSV file whose first line names the columns. After `skip_to`, from there on."""

    def __init__(self, lines: Lines, columns: Columns, dialect: Dialect) -> None:
        self._lines = lines
        self._dialect = dialect
        first = next(iter(lines), b"")
        if not first.strip():
            raise Unreadable("The file is empty. Its first line names the columns.")
        text = _text(first.removeprefix(_BOM), 1)
        self.delimiter = dialect.delimiter or _delimiter(text)
        # a header that goes on over several lines, in quotes, is read to its end
        self.header = next(csv.reader(_texts(lines, text), delimiter=self.delimiter))
        self._columns = columns(self.header)

    @property
    def mark(self) -> Mark:
        return self._lines.mark

    def skip_to(self, mark: Mark) -> bool:
        """See Lines."""
        return self._lines.skip_to(mark)

    def __iter__(self) -> Iterator[Sent]:
        lines, columns = self._lines, self._columns
        reader = csv.reader(_texts(lines), delimiter=self.delimiter)
        keep_empty, width = self._dialect.keep_empty, len(columns)
        while True:
            line = lines.line + 1
            try:
                cells = next(reader, None)
            except csv.Error as error:
                raise Unreadable(f"Line {line} cannot be read: {_reason(error)}.") from None
            if cells is None:
                return
            if len(cells) == width:
                yield Sent(line, _sent(columns, cells, keep_empty), cells)
            elif cells:  # an empty line is none
                yield Sent(line, None, cells, _wrong_width(len(cells), width))


def _sent(columns: Sequence[Column], cells: Sequence[str], keep_empty: bool) -> dict[str, Any]:
    sent: dict[str, Any] = {}
    for column, cell in zip(columns, cells, strict=True):
        if column.field is None:
            continue
        if cell:
            sent[column.field] = cell if column.decode is None else column.decode(cell)
        elif not keep_empty:
            sent[column.field] = None
    return sent


class JsonRows:
    """Rows of a file with a JSON object on each line."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines

    @property
    def mark(self) -> Mark:
        return self._lines.mark

    def __iter__(self) -> Iterator[Sent]:
        for raw in self._lines:
            line = self._lines.line
            if line == 1:
                raw = raw.removeprefix(_BOM)
            if not raw.strip():
                continue
            try:
                value = exact_json.decode(_text(raw, line).rstrip("\r\n"))
            except exact_json.NotJson as error:
                yield Sent(line, None, raw, Problem(Code.NOT_AN_OBJECT, str(error)))
                continue
            if isinstance(value, dict):
                for name in [name for name in value if name.startswith(IGNORED)]:
                    del value[name]
            yield Sent(line, value, raw)


def _texts(lines: Lines, first: str | None = None) -> Iterator[str]:
    if first is not None:
        yield first
    for raw in lines:
        yield _text(raw, lines.line)


def _text(raw: bytes, line: int) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        raise Unreadable(f"Line {line} is not UTF-8. Save the file as UTF-8 (in Excel: CSV UTF-8).") from None


def _delimiter(header: str) -> str:
    """The one that stands most often in the header, outside of quotes."""
    bare = "".join(header.split('"')[::2])
    return max(_DELIMITERS, key=bare.count)


def _wrong_width(cells: int, columns: int) -> Problem:
    message = f"This line has {cells} cells, the header names {columns} columns. Put cells with delimiters in quotes."
    return Problem(Code.NOT_AN_OBJECT, message)


def _reason(error: csv.Error) -> str:
    if "field larger" in str(error):
        return 'a cell is too large, or a quote (") is opened and never closed'
    return str(error)
