"""Log lines: of operations, and of everything that uses the standard library's logging. As JSON, one object a line, or
as text for people at a terminal."""

import asyncio
import logging
import sys
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any, TextIO

import orjson

from app.telemetry.errors import without_texts
from app.telemetry.observation import Observation, current
from app.telemetry.unblocked import Unblocked

Line = Mapping[str, Any]
_SECONDS = 0.1  # that a line of an operation may wait for others


class Lines:
    """Writes lines of operations together, a tenth of a second late at most: writing each alone would cost as much as
    a small query."""

    def __init__(self, stream: TextIO | Unblocked, form: Callable[[Line], str]) -> None:
        self._stream = stream
        self._form = form
        self._waiting: list[Line] = []

    def write(self, line: Line) -> None:
        self._waiting.append(line)
        if len(self._waiting) == 1:
            asyncio.get_running_loop().call_later(_SECONDS, self.flush)

    def flush(self) -> None:
        """Writes what waits. A stream that is gone costs its lines, and nothing else."""
        waiting, self._waiting = self._waiting, []
        try:
            if waiting:
                self._stream.write("".join(f"{self._form(line)}\n" for line in waiting))
            self._stream.flush()
        except (OSError, ValueError):
            return


def as_json(line: Line) -> str:
    return orjson.dumps(line, default=str).decode()


def as_text(line: Line) -> str:
    """Time, level and event, then the rest as names and values."""
    rest = {name: value for name, value in line.items() if name not in ("time", "level", "event")}
    told = " ".join(f"{name}={_plain(value)}" for name, value in rest.items())
    return f"{line['time'][11:19]} {line['level'].upper():<7} {line['event']} {told}".rstrip()


def _plain(value: Any) -> str:
    return value if isinstance(value, str) and "\n" not in value else orjson.dumps(value, default=str).decode()


class OperationLines:
    """A line for each operation that ended."""

    def __init__(self, lines: Lines, *, only_failed: bool = False) -> None:
        self._lines = lines
        self._only_failed = only_failed

    def __call__(self, seen: Observation) -> None:
        if not self._only_failed or seen.codes or seen.status >= 400:
            self._lines.write(operation_line(seen))


def operation_line(seen: Observation, event: str = "operation") -> dict[str, Any]:
    """Who asked what, and what it took; times in milliseconds. Nothing of what was sent but the operation's name."""
    line: dict[str, Any] = {
        "time": _time(seen.started / 1e9), "level": "error" if seen.status >= 500 else "info", "event": event,
        "request": seen.request_id, "transport": seen.transport,
    }  # fmt: skip
    if seen.shop_id is not None:
        line["shop"] = seen.shop_id
    if seen.kind:
        line["type"] = seen.kind
    if seen.name:
        line["name"] = seen.name[:64]
    if seen.status:
        line["status"] = seen.status
    if seen.codes:
        line["codes"] = seen.codes
    if seen.kind == "subscription":
        line["answers"] = seen.answers
    line["cost"] = seen.cost
    line["statements"] = seen.statement_count
    line["database_ms"] = round(seen.database_seconds * 1000, 2)
    line["ms"] = round(seen.seconds * 1000, 2)
    return line


class Formatter(logging.Formatter):
    """What is logged elsewhere, in the same form, with the id of the request it belongs to. Of exceptions it tells
    types and places, never texts."""

    def __init__(self, form: Callable[[Line], str]) -> None:
        super().__init__()
        self._form = form

    def format(self, record: logging.LogRecord) -> str:
        seen = current.get()
        line = {"time": _time(record.created), "level": record.levelname.lower(), "event": record.getMessage(),
                "logger": record.name}  # fmt: skip
        if seen is not None:
            line["request"] = seen.request_id
        if record.exc_info:
            line["traceback"] = "".join(without_texts(record.exc_info[1]))
        return self._form(line)


def set_up(form: Callable[[Line], str], stream: TextIO | None = None) -> None:
    """Everything that is logged in this process goes to the stream, standard error unless given, in this form."""
    handler = logging.StreamHandler(unblocked(stream or sys.stderr, form))
    handler.setFormatter(Formatter(form))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)


@cache
def unblocked(stream: TextIO, form: Callable[[Line], str]) -> TextIO | Unblocked:
    """The stream, without waiting for who reads it; one and the same for all who write to it. As it is, where it has
    no descriptor."""

    def lost(lines: int) -> str:
        event = f"{lines} lines of the log were lost: nobody took them."
        return f"{form({'time': _time(time.time()), 'level': 'warning', 'event': event})}\n"

    try:
        return Unblocked(stream, lost)
    except (OSError, ValueError):
        return stream


def form_for(wanted: str | None, stream: TextIO) -> Callable[[Line], str]:
    """JSON or text as wanted; unless said, text at a terminal and JSON elsewhere."""
    if wanted is None:
        return as_text if stream.isatty() else as_json
    return as_text if wanted == "text" else as_json


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
