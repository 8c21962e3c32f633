"""Responses: status, headers, body, sent as they stand."""

from collections.abc import Mapping

from starlette.types import Receive, Scope, Send

from app.server.negotiation import GRAPHQL, JSON

REQUEST_ID = b"x-request-id"
_TYPES = {media: (b"content-type", f"{media}; charset=utf-8".encode()) for media in (JSON, GRAPHQL)}


class Reply:
    """An ASGI application that answers once. Made for every request: Starlette's Response takes several times as long.
    Without a body it says nothing of one (status 204)."""

    __slots__ = ("_body", "_headers", "status")

    def __init__(
        self, status: int, body: bytes | None, headers: Mapping[str, str] | None = None, media: str = JSON
    ) -> None:
        self.status = status
        self._body = body or b""
        self._headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in (headers or {}).items()]
        if body is not None:
            self._headers += [(b"content-length", b"%d" % len(body)), _TYPES[media]]

    def tell(self, name: bytes, value: str) -> None:
        """Another header."""
        self._headers.append((name, value.encode("latin-1")))

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status, "headers": self._headers})
        await send({"type": "http.response.body", "body": self._body})
