"""Rows of CSV and JSONL files, one by one, each with the line it begins on. What cannot be read as a row is one with a
problem; what makes the rest of the file unreadable raises Unreadable."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from app.bulk.beginnings import refuse_arrays, refuse_headers, refuse_kinds
from app.bulk.columns import IGNORED, Column, Columns
from app.bulk.lines import Lines, Unreadable
from app.bulk.notes import ONLY_NOTES, RAW, STILL_RAW
from app.domain import exact_json
from app.domain.imports import Mark, Sent
from app.domain.limits import LINE_BYTES
from app.domain.problems import Code, Problem

_DELIMITERS = (",", ";", "\t", "|")
_BOM = b"\xef\xbb\xbf"

csv.field_size_limit(LINE_BYTES)  # of a cell, in characters: what is too large for its field is rejected alone


class Rows(Protocol):
    """A file's rows, from where it was left; None where a line is passed over that holds none."""

    @property
    def mark(self) -> Mark: ...

    @property
    def offset(self) -> int: ...

    def __iter__(self) -> Iterator[Sent | None]: ...


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
        if not first:
            raise Unreadable("The file is empty. Its first line names the columns.")
        refuse_kinds(first)
        text = _text(first.removeprefix(_BOM), 1)
        refuse_headers(text)
        self.delimiter = dialect.delimiter or _delimiter(text)
        # a header that goes on over several lines, in quotes, is read to its end
        try:
            self.header = next(csv.reader(_texts(lines, [], text), delimiter=self.delimiter, strict=True))
        except csv.Error as error:
            raise Unreadable(f"Line 1 cannot be read: {_reason(error)}.") from None
        self._columns = columns(self.header)

    @property
    def mark(self) -> Mark:
        return self._lines.mark

    @property
    def offset(self) -> int:
        return self._lines.offset

    def skip_to(self, mark: Mark) -> bool:
        """See Lines."""
        return self._lines.skip_to(mark)

    def __iter__(self) -> Iterator[Sent | None]:
        lines, columns, keep_empty = self._lines, self._columns, self._dialect.keep_empty
        width, notes = len(columns), self._notes()
        taken: list[str] = []  # the lines of the row that is being read
        reader = csv.reader(_texts(lines, taken), delimiter=self.delimiter, strict=True)
        while True:
            line = lines.line + 1
            taken.clear()
            try:
                cells = next(reader, None)
            except csv.Error as error:
                raise Unreadable(
                    f"Line {line} cannot be read: {_reason(error)}. Mend it, and import the file again: it goes on."
                ) from None
            if cells is None:
                return
            if not any(cells) and not "".join(taken).strip(f"{self.delimiter}\r\n"):
                yield None  # a line of empty cells is none
            elif len(cells) != width:
                yield Sent(line, None, "".join(taken).rstrip("\r\n"), _wrong_width(len(cells), width))
            elif notes and (problem := _unmended(notes, cells)):
                yield Sent(line, None, cells, problem)
            else:
                yield Sent(line, _sent(columns, cells, keep_empty), cells)

    def _notes(self) -> dict[int, str]:
        """The columns that are for people, by their places."""
        return {n: self.header[n].strip() for n, column in enumerate(self._columns) if column.field is None}


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


def _unmended(notes: Mapping[int, str], cells: Sequence[str]) -> Problem | None:
    """What is wrong with a row of a file of rejects that was not mended."""
    if any(cells[n] for n, name in notes.items() if name == RAW):
        return STILL_RAW
    only_notes = any(cells) and not any(cell for n, cell in enumerate(cells) if n not in notes)
    return ONLY_NOTES if only_notes else None


class JsonRows:
    """Rows of a file with a JSON object on each line."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        first, alone = lines.first()
        refuse_kinds(first)
        refuse_arrays(first.removeprefix(_BOM), alone=alone)

    @property
    def mark(self) -> Mark:
        return self._lines.mark

    @property
    def offset(self) -> int:
        return self._lines.offset

    def __iter__(self) -> Iterator[Sent | None]:
        for raw in self._lines:
            line = self._lines.line
            if line == 1:
                raw = raw.removeprefix(_BOM)
            if not raw.strip():
                yield None
                continue
            try:
                value = exact_json.decode(_text(raw, line).rstrip("\r\n"))
            except exact_json.NotJson as error:
                yield Sent(line, None, raw, Problem(Code.NOT_AN_OBJECT, str(error)))
                continue
            yield Sent(line, value, raw, _without_notes(value) if isinstance(value, dict) else None)


def _without_notes(value: dict[str, Any]) -> Problem | None:
    """Takes the notes out; what is wrong with a row of a file of rejects that was not mended."""
    notes = {name: value.pop(name) for name in [name for name in value if name.startswith(IGNORED)]}
    if notes.get(RAW):
        return STILL_RAW
    return ONLY_NOTES if notes and not value else None


def _texts(lines: Lines, taken: list[str], first: str | None = None) -> Iterator[str]:
    """Line by line; each is kept among those taken."""
    if first is not None:
        yield first
    for raw in lines:
        text = _text(raw, lines.line)
        taken.append(text)
        yield text


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
    """In words for whoever wrote the file; Python's are known only by their beginnings."""
    said = str(error)
    if "field larger" in said or "unexpected end" in said:
        return 'a cell is too large, or a quote (") is opened and never closed'
    if "expected after" in said:
        return 'a quote (") stands inside a cell that is in quotes: double it, or close the cell before'
    if "new-line" in said:
        return "a carriage return stands outside of quotes: save the file with usual line ends (in Excel: CSV UTF-8)"
    return said
