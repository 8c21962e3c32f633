"""A stream that nobody waits for who writes to it: whoever reads a log may have stopped, and a pipe that is full would
hold up all that a process serves."""

import os
import select
from collections.abc import Callable
from threading import Lock
from typing import TextIO

_PIECE = 4096  # bytes that a pipe takes at once if it takes any
_MOST = 1024 * 1024  # bytes that wait


class Unblocked:
    """Text for a stream, which gets as much as it takes at once. The rest waits for the next `flush`; what is too much
    to wait is lost, which `told` puts into words once there is room again."""

    def __init__(self, stream: TextIO, told: Callable[[int], str], most: int = _MOST) -> None:
        self._descriptor = stream.fileno()
        self._told = told
        self._most = most
        self._waiting = bytearray()
        self._lost = 0
        self._lock = Lock()

    def write(self, text: str) -> None:
        """Of whole lines."""
        with self._lock:
            written = text.encode("utf-8", "backslashreplace")
            if len(self._waiting) + len(written) > self._most:
                self._lost += text.count("\n")
            else:
                self._waiting += written

    def flush(self) -> bool:
        """Whether nothing is left. Raises OSError where the stream is gone."""
        with self._lock:
            while self._waiting and self._takes():
                written = os.write(self._descriptor, self._waiting[: self._end()])
                del self._waiting[:written]
            if self._lost and not self._waiting:
                self._waiting += self._told(self._lost).encode()
                self._lost = 0
            return not self._waiting

    def _end(self) -> int:
        """Of the lines that are written together: pieces of lines would mix with other processes'."""
        return self._waiting.rfind(b"\n", 0, _PIECE) + 1 or _PIECE

    def _takes(self) -> bool:
        room = select.poll()
        room.register(self._descriptor, select.POLLOUT)
        return bool(room.poll(0))
