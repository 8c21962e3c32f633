"""Rows that were rejected, in the form of their file: to be corrected and imported again, as they are."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any, Protocol

import orjson

from app.bulk.csv_text import csv_text
from app.bulk.notes import ERRORS, LINE, RAW, members
from app.domain.imports import Sent
from app.domain.limits import LINE_BYTES
from app.domain.verdicts import Verdict

Rejected = tuple[Sent, Verdict]

_TOO_LONG = "With this note the row is too long for a line: take it from the file that was imported, and mend it."


class Form(Protocol):
    """How rejected rows are written."""

    def heading(self) -> bytes: ...

    def rows(self, rejected: Iterable[Rejected]) -> bytes: ...

    def stood(self, rows: bytes) -> list[int]:
        """On which line each of these rows stood; 0 for what is no row of ours."""
        ...


class CsvForm:
    """The file's own columns, and three more: where each row stood, what is wrong with it, and the whole line where its
    cells are not those of the columns."""

    def __init__(self, header: Sequence[str], delimiter: str) -> None:
        self._delimiter = delimiter
        self._header = header
        names = [name.strip() for name in header]
        self._kept = [n for n, name in enumerate(names) if name not in (LINE, ERRORS, RAW)]
        self._raw = names.index(RAW) if RAW in names else None

    def heading(self) -> bytes:
        return csv_text([[*(self._header[n] for n in self._kept), LINE, ERRORS, RAW]], self._delimiter)

    def rows(self, rejected: Iterable[Rejected]) -> bytes:
        return csv_text((self._row(*each) for each in rejected), self._delimiter)

    def stood(self, rows: bytes) -> list[int]:
        read = csv.reader(io.StringIO(rows.decode("utf-8", "replace"), newline=""), delimiter=self._delimiter)
        at, width = len(self._kept), len(self._kept) + 3
        return [int(cells[at]) if len(cells) == width and cells[at].isdecimal() else 0 for cells in read]

    def _row(self, sent: Sent, verdict: Verdict) -> list[str]:
        if isinstance(sent.raw, str):
            cells, raw = [""] * len(self._kept), sent.raw
        else:
            cells, raw = [sent.raw[n] for n in self._kept], "" if self._raw is None else sent.raw[self._raw]
        words = _words(verdict)
        row = [*cells, str(sent.line), " ".join(words), raw]
        if self._can_be_read(row):
            return row
        return [*[""] * len(self._kept), str(sent.line), " ".join([*words, _TOO_LONG]), ""]

    def _can_be_read(self, row: Sequence[str]) -> bool:
        if sum(map(len, row)) < LINE_BYTES // 10:  # a character takes up to four bytes, a quote two
            return True
        longest = max(map(len, csv_text([row], self._delimiter).split(b"\n")))
        return longest < LINE_BYTES and max(map(len, row)) <= LINE_BYTES


class JsonForm:
    """The line's own object, with two more keys; what is none stands in "#raw"."""

    def heading(self) -> bytes:
        return b""

    def rows(self, rejected: Iterable[Rejected]) -> bytes:
        return b"".join(self._row(*each) for each in rejected)

    def stood(self, rows: bytes) -> list[int]:
        return [_line(row) for row in rows.splitlines()]

    def _row(self, sent: Sent, verdict: Verdict) -> bytes:
        words = _words(verdict)
        notes = orjson.dumps({LINE: sent.line, ERRORS: words}).decode()
        line = sent.raw.decode().strip()
        own = _members(line) if isinstance(sent.value, dict) else None
        if own is None:
            own = [f'"{RAW}":{orjson.dumps(line).decode()}']
        row = f"{','.join([notes[:-1], *own])}}}\n".encode()
        return row if len(row) <= LINE_BYTES else orjson.dumps({LINE: sent.line, ERRORS: [*words, _TOO_LONG]}) + b"\n"


def _members(line: str) -> list[str] | None:
    try:
        return members(line)
    except RecursionError:  # so deep that it could just be read
        return None


def _line(row: bytes) -> int:
    try:
        line = orjson.loads(row)[LINE]
    except (ValueError, LookupError, TypeError):
        return 0
    return line if isinstance(line, int) else 0


def _words(verdict: Verdict) -> list[str]:
    return [f"{each.code.value}{f' at {each.path}' if each.path else ''}: {each.message}" for each in verdict.errors]


def told(sent: Sent, verdict: Verdict) -> dict[str, Any]:
    """A row's verdict, for programs."""
    return {
        "line": sent.line, "outcome": verdict.outcome.value, "id": verdict.id,
        "errors": [_problem(each) for each in verdict.errors],
        "warnings": [_problem(each) for each in verdict.warnings],
    }  # fmt: skip


def _problem(problem: Any) -> dict[str, Any]:
    return {"code": problem.code.value, "message": problem.message, "path": problem.path}
