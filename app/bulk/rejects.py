"""Rows that were rejected, in a file of the same form: to be corrected and imported again, as it is."""

import csv
import io
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import orjson

from app.bulk.columns import IGNORED
from app.domain.imports import Sent
from app.domain.verdicts import Verdict

_NOTES = (f"{IGNORED}line", f"{IGNORED}errors")  # ignored when the file is imported

Rejected = tuple[Sent, Verdict]


class Form(Protocol):
    """How rejected rows are written."""

    def heading(self) -> bytes: ...

    def rows(self, rejected: Iterable[Rejected]) -> bytes: ...


class CsvForm:
    """The file's own columns, and two more that say where each row stood and what is wrong with it."""

    def __init__(self, header: Sequence[str], delimiter: str) -> None:
        self._delimiter = delimiter
        self._header = header
        self._kept = [n for n, name in enumerate(header) if name.strip() not in _NOTES]

    def heading(self) -> bytes:
        return self._written([[*(self._header[n] for n in self._kept), *_NOTES]])

    def rows(self, rejected: Iterable[Rejected]) -> bytes:
        return self._written(
            [*self._cells(sent.raw), str(sent.line), " ".join(_words(verdict))] for sent, verdict in rejected
        )

    def _cells(self, cells: Sequence[str]) -> list[str]:
        """Those of the file's columns; a line of another width as it is, as far as there are columns."""
        return [cells[n] if n < len(cells) else "" for n in self._kept]

    def _written(self, rows: Iterable[Sequence[str]]) -> bytes:
        text = io.StringIO()
        csv.writer(text, delimiter=self._delimiter, lineterminator="\n").writerows(rows)
        return text.getvalue().encode()


class JsonForm:
    """The line's own object, with two more keys; what is none stands in "#raw"."""

    def heading(self) -> bytes:
        return b""

    def rows(self, rejected: Iterable[Rejected]) -> bytes:
        return b"".join(self._row(sent, verdict) for sent, verdict in rejected)

    def _row(self, sent: Sent, verdict: Verdict) -> bytes:
        notes = orjson.dumps({_NOTES[0]: sent.line, _NOTES[1]: _words(verdict)})
        raw = sent.raw.strip()
        if isinstance(sent.value, dict):  # every digit as it was sent
            rest = raw[1:].lstrip()
            return bytes(notes[:-1] + (b"}" if rest == b"}" else b"," + rest) + b"\n")
        return bytes(notes[:-1] + b"," + orjson.dumps({f"{IGNORED}raw": raw.decode()})[1:] + b"\n")


class Rejects:
    """The file of rejects. It is made by the first one."""

    def __init__(self, path: Path, form: Form) -> None:
        self.path = path
        self._form = form
        self._file: BinaryIO | None = None

    def write(self, at: int, rejected: Sequence[Rejected]) -> int:
        """Puts the rows behind the first `at` bytes, whatever stood there, and on the disk; how long the file is."""
        if not rejected:
            return at
        if self._file is None:
            at = at if self.path.exists() and self.path.stat().st_size >= at else 0  # it was taken away
            self._file = open(self.path, "r+b" if at else "w+b")  # noqa: SIM115  # kept open
        self._file.seek(at)
        self._file.truncate()
        self._file.write((b"" if at else self._form.heading()) + self._form.rows(rejected))
        self._file.flush()
        os.fsync(self._file.fileno())
        return self._file.tell()

    def close(self) -> None:
        if self._file is not None:
            self._file.close()


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
