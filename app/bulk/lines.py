"""The lines of a file, counted, and digested as they are read."""

from collections.abc import Iterator
from hashlib import sha256
from typing import BinaryIO

from app.bulk.streams import Stream
from app.domain.imports import Mark
from app.domain.limits import BEGINNING_BYTES, LINE_BYTES

_BLOCK = 1024 * 1024


class Unreadable(Exception):
    """The file cannot be read on; the text says where and why."""


class Lines:
    """A seekable file, or a stream, line by line. `mark` tells how far it has been read."""

    def __init__(self, file: BinaryIO | Stream) -> None:
        self._file = file
        self.stream = file if isinstance(file, Stream) else None
        self._offset, self._line, self._digest = 0, 0, sha256()

    @property
    def mark(self) -> Mark:
        return Mark(self._offset, self._line, self._digest.digest())

    @property
    def offset(self) -> int:
        """Bytes read so far."""
        return self._offset

    @property
    def line(self) -> int:
        """Lines read so far."""
        return self._line

    def __iter__(self) -> Iterator[bytes]:
        while line := self._file.readline(LINE_BYTES + 1):
            if len(line) > LINE_BYTES:
                raise Unreadable(
                    f"Line {self._line + 1} is longer than {LINE_BYTES:,} bytes. Lines end with a newline."
                )
            self._offset += len(line)
            self._line += 1
            self._digest.update(line)
            yield line

    def skip_to(self, mark: Mark) -> bool:
        """Goes on behind what was read before, from the beginning of the file; False, and at the beginning again, when
        the file does not begin with that."""
        self._file.seek(0)
        digest, left = sha256(), mark.offset
        while left and (block := self._file.read(min(left, _BLOCK))):
            digest.update(block)
            left -= len(block)
        if left or digest.digest() != mark.digest:
            self.rewind()
            return False
        self._offset, self._line, self._digest = mark.offset, mark.line, digest
        return True

    def first(self) -> tuple[bytes, bool]:
        """What the first line begins with, and whether nothing follows it; at the beginning again."""
        self.rewind()
        line = self._file.readline(LINE_BYTES + 1)
        alone = self.ended
        self.rewind()
        return line, alone

    def beginning(self) -> bytes:
        """SHA-256 of the first 64 KiB; it is read on where it was."""
        self._file.seek(0)
        read = self._file.read(BEGINNING_BYTES)
        self._file.seek(self._offset)
        return sha256(read).digest()

    def pass_over(self, most: int) -> int:
        """Reads so many bytes, or as many as there are, whatever lines they hold; how many."""
        block = self._file.read(min(most, _BLOCK))
        self._offset += len(block)
        self._digest.update(block)
        return len(block)

    def passed(self, mark: Mark) -> None:
        """What was passed over was what was read up to this mark."""
        self._line = mark.line

    def rewind(self) -> None:
        """Back to the beginning."""
        self._file.seek(0)
        self._offset, self._line, self._digest = 0, 0, sha256()

    @property
    def ended(self) -> bool:
        """Whether nothing follows."""
        following = self._file.read(1)
        self._file.seek(-len(following), 1)
        return not following
