"""Files that come as streams: of such a one no more is in memory than what is looked at."""

from collections.abc import AsyncIterator
from csv import Error as CsvError

from app.domain.limits import LINE_BYTES

AHEAD = LINE_BYTES + 64 * 1024  # bytes that are there before a row is read: no row is longer


class Stream:
    """Reads like a file what `fill` has waited for: one row, or the rest of the file. It can be read from its beginning
    again until that is let go; from then on, only what is still ahead is kept."""

    def __init__(self, pieces: AsyncIterator[bytes]) -> None:
        self._pieces = pieces
        self._held = bytearray()
        self._at = 0
        self._ended = self._broken = False
        self.let_go = False  # whether the beginning may be forgotten

    @property
    def low(self) -> bool:
        """Whether a row may not be there to its end."""
        return not self._ended and len(self._held) - self._at < AHEAD

    def holds(self, size: int) -> bool:
        """Whether so many bytes from where it began are there, or it has no more."""
        return self._ended or size <= len(self._held)

    async def fill(self) -> None:
        """Waits for a whole row. Raises what the pieces raise: nothing is read of a file that breaks off that could be
        half a row."""
        if self.let_go:
            del self._held[: self._at]
            self._at = 0
        assert not self._broken  # what broke off has no end
        while self.low:
            self._broken = True
            piece = await anext(self._pieces, None)
            self._broken = False
            if piece is None:
                self._ended = True
            else:
                self._held += piece

    def readline(self, limit: int = -1, /) -> bytes:
        """Raises csv.Error for a row that goes on over more lines than may be there."""
        there = len(self._held) - self._at
        most = there if limit < 0 else min(limit, there)
        end = self._held.find(b"\n", self._at, self._at + most) + 1
        if not end and not self._ended and (limit < 0 or there < limit):
            raise CsvError(f'the row is longer than {LINE_BYTES:,} bytes, or a quote (") is opened and never closed')
        return self._take(end - self._at if end else most)

    def read(self, size: int = -1, /) -> bytes:
        there = len(self._held) - self._at
        return self._take(there if size < 0 else min(size, there))

    def seek(self, offset: int, whence: int = 0, /) -> int:
        """To a place that is held still; from the beginning, only before that is let go."""
        self._at = offset if whence == 0 else self._at + offset
        return self._at

    def _take(self, size: int) -> bytes:
        taken = bytes(self._held[self._at : self._at + size])
        self._at += size
        return taken
