"""HTTP connections: uvicorn's, with bounds that it lacks: to how long and how slow a request's head may be, and to how
slowly an answer is taken."""

import asyncio
import fcntl
import sys
import termios
from contextlib import suppress
from http import HTTPStatus

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from app.server.answers import encode
from app.server.refusals import Refused

LARGEST_HEAD = 64 * 1024  # bytes of address and headers, give or take what arrives together with their end
HEAD_SECONDS = 10.0
TAKEN_SECONDS = 30.0  # in which so much is to be taken of an answer that is too large for the network's buffers
TAKEN_BYTES = 16 * 1024


class Connection(HttpToolsProtocol):
    """Closed when no request's head arrives in time: from the beginning, and from the first byte of each later one.
    (Between requests uvicorn's own keep-alive time counts.) Ended when nobody takes what is to be sent, which would be
    held in memory for as long as the client likes."""

    _in_head = True
    _head = 0
    _timer: asyncio.TimerHandle | None = None
    _taking: asyncio.TimerHandle | None = None
    _untaken = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._forget_timer()
        self._forget_taking()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._expect_taking()

    def resume_writing(self) -> None:
        self._forget_taking()
        super().resume_writing()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._in_head and not self.transport.is_closing():
            self._expect_head()
            self._head += len(data)
            if self._head > LARGEST_HEAD:
                message = f"Address and headers are larger than {LARGEST_HEAD} bytes. Send values in the body."
                self._refuse(Refused("HEADERS_TOO_LARGE", message))

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._in_head, self._head = True, 0

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._forget_timer()
        super().on_headers_complete()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002
        self._refuse(Refused("BAD_REQUEST", "This is not an HTTP/1.1 request."))

    def _expect_head(self) -> None:
        """A head that came as a whole has ended by now, and needs no timer."""
        if self._timer is None:
            self._timer = self.loop.call_later(HEAD_SECONDS, self.transport.close)

    def _forget_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _expect_taking(self) -> None:
        """Nothing is written meanwhile."""
        self._forget_taking()
        self._untaken = self._held()
        self._taking = self.loop.call_later(TAKEN_SECONDS, self._look_whether_taken)

    def _look_whether_taken(self) -> None:
        if self._held() > self._untaken - TAKEN_BYTES:
            self.transport.abort()
        else:
            self._expect_taking()

    def _held(self) -> int:
        """Bytes that the client has not taken yet, those in the network's buffers with them, where these are told."""
        held = self.transport.get_write_buffer_size()
        with suppress(OSError):
            told = fcntl.ioctl(self.transport.get_extra_info("socket").fileno(), termios.TIOCOUTQ, bytes(4))
            held += int.from_bytes(told, sys.byteorder)
        return held

    def _forget_taking(self) -> None:
        if self._taking is not None:
            self._taking.cancel()
            self._taking = None

    def _refuse(self, refused: Refused) -> None:
        assert refused.status is not None
        status, body = HTTPStatus(refused.status), encode(refused.body())
        head = (
            f"HTTP/1.1 {status.value} {status.phrase}\r\ncontent-type: application/json; charset=utf-8\r\n"
            f"content-length: {len(body)}\r\nconnection: close\r\n\r\n"
        )
        self.transport.write(head.encode() + body)
        self.transport.close()
