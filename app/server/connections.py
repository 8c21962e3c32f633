"""HTTP connections: uvicorn's, with a bound to how long and how slow a request's head may be, which it lacks."""

import asyncio
from http import HTTPStatus

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from app.server.answers import encode
from app.server.refusals import Refused

LARGEST_HEAD = 64 * 1024  # bytes of address and headers, give or take what arrives together with their end
HEAD_SECONDS = 10.0


class Connection(HttpToolsProtocol):
    """Closed when no request's head arrives in time: from the beginning, and from the first byte of each later one.
    (Between requests uvicorn's own keep-alive time counts.)"""

    _in_head = True
    _head = 0
    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._forget_timer()
        super().connection_lost(exc)

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

    def _refuse(self, refused: Refused) -> None:
        assert refused.status is not None
        status, body = HTTPStatus(refused.status), encode(refused.body())
        head = (
            f"HTTP/1.1 {status.value} {status.phrase}\r\ncontent-type: application/json; charset=utf-8\r\n"
            f"content-length: {len(body)}\r\nconnection: close\r\n\r\n"
        )
        self.transport.write(head.encode() + body)
        self.transport.close()
