"""Commands that are sent ahead of a statement, in one round trip with it: PostgreSQL answers what it is sent in order,
and need not be waited for in between (its manual calls this pipelining). The driver knows no such thing: it sends what
comes next when it has the answer to what came before.
"""

import asyncio
from struct import Struct
from time import perf_counter
from typing import Any

import asyncpg

_HEAD = Struct(">cI")  # of a message: its kind, and its length without the kind
_COMMANDS, _COMPLETE, _ERROR, _READY = b"Q", b"C", b"E", b"Z"
_ROWS = (b"T", b"D", b"I")  # what a command finds; only its number counts
_CODES = "utf-8"
_usual: list[tuple[bytes, str]] = []  # whole answers, which are few, and their last tags: taken apart once
_MOST = 10


class Ahead(asyncio.Protocol):
    """Commands without values, sent now, before whatever the driver sends next. Stands between the connection and the
    driver until the answer came, and takes that out; everything else is the driver's. The connection must be idle.

    By the end of the driver's next statement the answer is there: `tag` is that of the last command ("SELECT 1"),
    `error` what went wrong, `ended` when it came (by the performance counter)."""

    def __init__(self, connection: Any, commands: str) -> None:
        self.tag = ""
        self.error: asyncpg.PostgresError | None = None
        self.ended = 0.0
        self._driver: asyncio.Protocol = connection._protocol
        self._transport: asyncio.Transport = connection._transport
        self._rest = b""
        self._whole = True  # whether all of the answer so far came at once, and is nothing unusual
        text = commands.encode()
        self._transport.set_protocol(self)
        self._transport.write(b"%b%b\0" % (_HEAD.pack(_COMMANDS, len(text) + 5), text))

    def data_received(self, data: bytes) -> None:
        if self._whole:
            for answer, tag in _usual:
                if data.startswith(answer):
                    self.tag = tag
                    self._answered(data[len(answer) :])
                    return
        data, at = self._rest + data, 0
        while len(data) >= at + _HEAD.size:
            kind, size = _HEAD.unpack_from(data, at)
            end = at + 1 + size
            if len(data) < end:
                break
            if kind == _READY:
                if self._whole and len(_usual) < _MOST:
                    _usual.append((data[:end], self.tag))
                self._answered(data[end:])
                return
            self._take(kind, data[at:end])
            at = end
        self._rest, self._whole = data[at:], False

    def _take(self, kind: bytes, message: bytes) -> None:
        """One message of the answer, or one that the server sends when it pleases, such as a notification."""
        content = message[_HEAD.size : -1]
        if kind == _COMPLETE:
            self.tag = content.decode(_CODES)
        elif kind == _ERROR:
            self.error, self._whole = self.error or _error(content), False
        elif kind not in _ROWS:
            self._whole = False
            self._driver.data_received(message)

    def _answered(self, rest: bytes) -> None:
        self.ended = perf_counter()
        self._transport.set_protocol(self._driver)
        if rest:
            self._driver.data_received(rest)

    def connection_lost(self, exc: Exception | None) -> None:
        self._driver.connection_lost(exc)

    def eof_received(self) -> bool | None:
        return self._driver.eof_received()

    def pause_writing(self) -> None:
        self._driver.pause_writing()

    def resume_writing(self) -> None:
        self._driver.resume_writing()


def _error(content: bytes) -> asyncpg.PostgresError:
    """The driver's exception for an error message: fields of a letter and a text, each ended by a zero."""
    fields = {part[:1].decode(): part[1:].decode(_CODES, "replace") for part in content.split(b"\0") if part}
    made: asyncpg.PostgresError = asyncpg.PostgresError.new(fields)
    return made
