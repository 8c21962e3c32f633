"""How far an import or an export is, on standard error."""

import sys
import time
from types import TracebackType
from typing import Self

from click._termui_impl import ProgressBar
from click.termui import progressbar


class Progress:
    """A bar with what is left, and the rate in rows; nothing of it where standard error is no terminal."""

    def __init__(self, length: int, start: int = 0, rows: int = 0) -> None:
        """`length` and `start` in bytes; `rows` that were in before."""
        self._position, self._rows, self._before = start, rows, rows
        self._begun = time.monotonic()
        self._bar: ProgressBar[int] = progressbar(
            length=max(length - start, 1), file=sys.stderr, show_eta=True, width=30,
            item_show_func=self._shown,
        )  # fmt: skip

    def at(self, position: int, rows: int) -> None:
        self._rows = rows
        self._bar.update(max(position - self._position, 0), rows)
        self._position = position

    @property
    def seconds(self) -> float:
        return max(time.monotonic() - self._begun, 1e-6)

    @property
    def rate(self) -> float:
        """Rows a second, of this run."""
        return (self._rows - self._before) / self.seconds

    def _shown(self, _: int | None) -> str:
        return f"{self._rows:,} rows, {self.rate:,.0f}/s"

    def __enter__(self) -> Self:
        self._bar.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.__exit__(kind, error, trace)
