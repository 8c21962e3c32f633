"""A body of several parts (RFC 7578, multipart/form-data), read as it comes: nothing is put aside, and nothing is asked
of the client before what came is taken."""

import asyncio
import logging
from collections import deque
from collections.abc import Mapping
from typing import NamedTuple

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import ClientDisconnect
from starlette.types import Receive

from app.server.refusals import Refused

SLOWEST_SECONDS = 30.0  # for the next piece of a body to come
_AS_IT_IS = ("", "binary", "8bit", "7bit", "identity")

logging.getLogger("python_multipart").setLevel(logging.ERROR)  # what a client sends wrong is the client's to know


class Head(NamedTuple):
    """What a part says of itself."""

    name: str


class Multipart:
    """The parts of a body, one after the other: `head` of each, then its `data`. Raises Refused for what is no such
    body, for one that is too large or stops coming, and ClientDisconnect."""

    def __init__(self, headers: Mapping[str, str], receive: Receive, most_bytes: int) -> None:
        self._receive = receive
        self._most_bytes = most_bytes
        self._size = 0
        self._events: deque[Head | bytes | None] = deque()  # None: a part's end
        self._fields: dict[str, str] = {}
        self._name, self._value = bytearray(), bytearray()
        self._closed = self._ended = False
        self._parser = self._parsing(headers)

    async def head(self) -> Head | None:
        """The next part; None behind the last one. The one before was read to its end."""
        while not self._events:
            if self._closed:
                return None
            await self._read()
        head = self._events.popleft()
        assert isinstance(head, Head)
        return head

    async def data(self) -> bytes | None:
        """The next piece of the part; None at its end."""
        while not self._events:
            await self._read()
        piece = self._events.popleft()
        assert not isinstance(piece, Head)
        return piece

    def _parsing(self, headers: Mapping[str, str]) -> MultipartParser:
        declared = headers.get("content-length", "")
        if declared.isdecimal() and len(declared) < 20 and int(declared) > self._most_bytes:
            raise self._too_large()
        _, options = parse_options_header(headers.get("content-type", "").encode("latin-1"))
        boundary = options.get(b"boundary", b"")
        if not boundary:
            raise Refused("BAD_REQUEST", "The content-type names no boundary. HTTP clients add it when they make the "
                          "body: do not set this header yourself.")  # fmt: skip
        try:
            return MultipartParser(boundary, {
                "on_part_begin": self._fields.clear, "on_header_field": self._on_name,
                "on_header_value": self._on_value, "on_header_end": self._on_header,
                "on_headers_finished": self._on_head, "on_part_data": self._on_data,
                "on_part_end": lambda: self._events.append(None), "on_end": self._on_end,
            })  # fmt: skip
        except FormParserError:
            raise Refused("BAD_REQUEST", "The content-type's boundary is longer than 70 characters.") from None

    async def _read(self) -> None:
        if self._ended:
            raise Refused("BAD_REQUEST", "The body breaks off before its last boundary (--boundary--). Send it again.")
        try:
            async with asyncio.timeout(SLOWEST_SECONDS):
                message = await self._receive()
        except TimeoutError:
            raise Refused(
                "REQUEST_TIMEOUT", "The body stopped coming. Send it again.", {"connection": "close"}
            ) from None
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        body = message.get("body", b"")
        self._size += len(body)
        if self._size > self._most_bytes:
            raise self._too_large()
        self._ended = not message.get("more_body", False)
        try:
            self._parser.write(body)
        except FormParserError:
            raise Refused("BAD_REQUEST", "The body is not multipart/form-data with the boundary that its content-type "
                          "names.") from None  # fmt: skip

    def _on_name(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def _on_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _on_header(self) -> None:
        self._fields[self._name.decode("latin-1").lower()] = self._value.decode("latin-1").strip()
        self._name, self._value = bytearray(), bytearray()

    def _on_head(self) -> None:
        encodings = [self._fields.get(name, "") for name in ("content-transfer-encoding", "content-encoding")]
        if any(each.lower() not in _AS_IT_IS for each in encodings):
            raise Refused("BAD_REQUEST", "A part of the body is encoded. Send each as it is, not packed nor as base64.")
        kind, options = parse_options_header(self._fields.get("content-disposition", "").encode("latin-1"))
        if kind != b"form-data" or b"name" not in options:
            raise Refused("BAD_REQUEST", 'Each part has a header such as content-disposition: form-data; name="map".')
        self._events.append(Head(options[b"name"].decode("utf-8", "replace")))

    def _on_data(self, data: bytes, start: int, end: int) -> None:
        self._events.append(data[start:end])

    def _on_end(self) -> None:
        self._closed = True

    def _too_large(self) -> Refused:
        message = f"The body is larger than {self._most_bytes:,} bytes. Split the file, or use 'custom-data import'."
        return Refused("PAYLOAD_TOO_LARGE", message, limit="body", maximum=self._most_bytes)
