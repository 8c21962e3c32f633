"""Lines of CSV as they are read back: every cell that holds a line's end, of whatever kind, in quotes."""

import csv
from collections.abc import Iterable, Sequence

_END = "\r\n"  # Python's writer quotes no carriage return unless lines end with one


class _Pieces:
    """What the writer writes to: a line at a time, of which the end is replaced."""

    def __init__(self) -> None:
        self.pieces: list[str] = []

    def write(self, line: str) -> None:
        self.pieces.append(f"{line.removesuffix(_END)}\n")


def csv_text(rows: Iterable[Sequence[str]], delimiter: str) -> bytes:
    """Lines end with a newline. A row of empty cells has quotes in its first, as it would be none without."""
    written = _Pieces()
    writer = csv.writer(written, delimiter=delimiter, lineterminator=_END)
    for row in rows:
        if any(row):
            writer.writerow(row)
        else:
            written.write('""' + delimiter * (len(row) - 1))
    return "".join(written.pieces).encode()
