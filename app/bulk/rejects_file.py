"""The file of rejects, which people correct where it is: nothing of theirs is cut off or written over by an import that
goes on."""

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import count, takewhile
from pathlib import Path
from typing import BinaryIO

from app.bulk.notes import LINE
from app.bulk.private import opener
from app.bulk.rejects import Form, Rejected
from app.domain.imports import Import
from app.operations.import_chunk import ImportStopped


class Rejects:
    """Made by the first reject. `path` is where they are; `changed` the file that somebody changed since the import was
    stopped, when the rest stands in a new one beside it."""

    def __init__(self, path: Path, form: Form) -> None:
        self.path = path
        self.changed: Path | None = None
        self._form = form
        self._file: BinaryIO | None = None
        self._first: Import | None = None  # before the first rejects of this run, and from which byte they stand
        self._from = 0

    def write(self, before: Import, rejected: Sequence[Rejected]) -> int:
        """Puts the rows behind those of `before`, whatever an attempt left there, and on the disk; how long the file
        is. Raises ImportStopped."""
        if not rejected:
            return before.reject_bytes
        try:
            return self._written(before, rejected)
        except OSError as error:
            raise ImportStopped(
                f"Rejects cannot be written to {self.path}: {error.strerror}. Run it again, to go on, when they can."
            ) from error

    def _written(self, before: Import, rejected: Sequence[Rejected]) -> int:
        if self._file is None:
            self._file, self._from = self._opened(before)
            self._first = before
        at = self._from if before is self._first else before.reject_bytes
        self._file.seek(at)
        self._file.truncate()
        self._file.write((b"" if at else self._form.heading()) + self._form.rows(rejected))
        self._file.flush()
        os.fsync(self._file.fileno())
        return self._file.tell()

    def close(self) -> None:
        """What was written is on the disk already; what could not be is not tried again."""
        if self._file is not None:
            with suppress(OSError):
                self._file.close()

    def clear(self) -> None:
        """After an import without rejects: what an earlier one left there is out of date."""
        with suppress(OSError):
            if self._file is None and self.path.is_file() and _is_ours(self.path):
                self.path.unlink()

    def _opened(self, before: Import) -> tuple[BinaryIO, int]:
        """The file, and from which byte on it is ours to write."""
        at = before.reject_bytes
        if at:
            there = [path for path in (self.path, *_numbered(self.path)) if path.exists()]
            for path in reversed(there):
                if self._goes_on(path, before):
                    self.path = path
                    return open(path, "r+b"), at
            if there:  # else it was taken away
                self.changed, self.path = there[-1], _next(self.path)
        return open(self.path, "w+b", opener=opener), 0

    def _goes_on(self, path: Path, before: Import) -> bool:
        """Whether behind the rows that were committed there is nothing but what an attempt left: rows of later lines,
        the last one unfinished, maybe. Else somebody has changed the file, or it is another import's."""
        with open(path, "rb") as file:
            file.seek(before.reject_bytes - 1)
            end, left = file.read(1), file.read()
        stood = self._form.stood(left)
        if not left.endswith(b"\n"):
            stood = stood[:-1]
        return end == b"\n" and all(line > before.mark.line for line in stood)


def _is_ours(path: Path) -> bool:
    with open(path, "rb") as file:
        return LINE.encode() in file.readline(1024 * 1024)


def _numbered(path: Path) -> list[Path]:
    """The files beside it that were made for it, the latest last."""
    return list(takewhile(Path.exists, _beside(path)))


def _next(path: Path) -> Path:
    return next(each for each in _beside(path) if not each.exists())


def _beside(path: Path) -> Iterator[Path]:
    return (path.with_name(f"{path.stem}.{number}{path.suffix}") for number in count(2))
