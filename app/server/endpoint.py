"""GraphQL over HTTP (the GraphQL Foundation's specification of that name): one request, one operation, one snapshot."""

from collections.abc import Mapping
from operator import methodcaller

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Receive, Scope, Send

from app.server.answers import encode, failure
from app.server.auth import Admitted, Gate, Unauthorised
from app.server.decoding import LARGEST_BODY, GraphQLRequest, decode_json, read_query_string, read_request
from app.server.explorer import pages
from app.server.negotiation import GRAPHQL, JSON, answer_type, check_content, wants_events, wants_page
from app.server.observing import tell_refusal, tell_shop, tell_upload
from app.server.patience import Incoming, Patience, WithClient
from app.server.refusals import Refused
from app.server.replies import REQUEST_ID, Reply
from app.server.running import READING, WRITING, Operations
from app.server.streams import EventStream
from app.server.uploads import check_origin, is_upload, read_upload
from app.telemetry.telemetry import Telemetry

_Headers = Mapping[str, str]

_METHODS = {"allow": "GET, HEAD, OPTIONS, POST"}


class Endpoint:
    """`/graphql`: POST for everything, GET for queries and, to a browser, the explorer. An ASGI application: whatever
    is sent, it answers in JSON and raises nothing."""

    def __init__(
        self, gate: Gate, operations: Operations, body_seconds: float, telemetry: Telemetry | None = None,
        most_bytes: int = LARGEST_BODY,
    ) -> None:  # fmt: skip
        self._telemetry = telemetry or Telemetry()
        self._gate = gate
        self._operations = operations
        self._patience = Patience(body_seconds)
        self._most_bytes = most_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = _headers(scope)
        incoming = Incoming(headers, receive)
        with self._telemetry.observing("http", headers) as seen:
            try:
                reply = await self._reply(scope, headers, incoming)
            except ClientDisconnect:
                seen.codes = ("CLIENT_GONE",)
                return
            except Exception as error:
                reply = refusal = _refusal(error, answer_type(headers.get("accept", "")) or JSON)
                if refusal.status != 408:  # who was too slow is not waited for again
                    await incoming.read_on()
            if isinstance(reply, Reply):
                seen.status = reply.status
                reply.tell(REQUEST_ID, seen.request_id)
            await reply(scope, receive, send)

    async def _reply(self, scope: Scope, headers: _Headers, receive: Incoming) -> ASGIApp:
        method = scope["method"]
        accept = headers.get("accept", "")
        if method == "POST":
            if is_upload(headers):
                return await self._upload(headers, receive, _negotiated(accept))
            if wants_events(accept):
                return await self._stream(headers, receive)
        elif method == "OPTIONS":
            return Reply(204, None, _METHODS)
        elif method not in ("GET", "HEAD"):
            raise Refused("METHOD_NOT_ALLOWED", "Send queries by GET or POST, mutations by POST.", _METHODS)
        elif wants_page(accept) and not _asked(scope["query_string"]):
            return pages.respond(Headers(scope=scope))
        return await self._answer(method, scope["query_string"], headers, receive, _negotiated(accept))

    async def _answer(self, method: str, query_string: bytes, headers: _Headers, receive: Receive, media: str) -> Reply:
        admitted = await self._admitted(headers)
        posted = method == "POST"
        with self._patience.with_client(receive, sending=posted) as client:
            if posted:
                asked, allowed = await self._posted(admitted, headers, receive, client), WRITING
            else:
                asked, allowed = read_query_string(query_string), READING
            answer = await self._operations.answer(asked, admitted, allowed, _idempotency_key(headers))
        status = 400 if media == GRAPHQL and not answer.executed else 200
        return Reply(status, encode(answer.body), {"x-schema-version": answer.schema_version}, media)

    async def _upload(self, headers: _Headers, incoming: Incoming, media: str) -> Reply:
        """A mutation with a file, whose parts are read while it runs."""
        tell_upload()
        admitted = await self._admitted(headers)
        check_origin(headers)
        with self._patience.with_client(incoming, sending=True):
            sent = await read_upload(headers, incoming, self._most_bytes)
        answer = await self._operations.take(sent, admitted, _idempotency_key(headers))
        await incoming.read_on()  # what of the file was not needed
        status = 400 if media == GRAPHQL and not answer.executed else 200
        return Reply(status, encode(answer.body), {"x-schema-version": answer.schema_version}, media)

    async def _stream(self, headers: _Headers, receive: Receive) -> ASGIApp:
        """Any operation, its answers as events."""
        admitted = await self._admitted(headers)
        with self._patience.with_client(receive, sending=True) as client:
            asked = await self._posted(admitted, headers, receive, client)
        answers = self._operations.stream(asked, admitted, _idempotency_key(headers))
        return EventStream(self._gate, headers, answers)

    async def _posted(
        self, admitted: Admitted, headers: _Headers, receive: Receive, client: WithClient
    ) -> GraphQLRequest:
        check_content(headers)
        body = await _body(headers, receive)
        client.received()
        readings = self._operations.readings
        return read_request(await readings.body(admitted.shop.id, len(body), lambda: decode_json(body)))

    async def _admitted(self, headers: _Headers) -> Admitted:
        admitted = await self._gate.admit(headers)
        tell_shop(admitted.shop.id)
        return admitted


def _headers(scope: Scope) -> _Headers:
    """By their names, which are in lower case; of several with one name the first counts, as in Starlette's."""
    sent = scope["headers"]
    if not sent:
        return {}
    names, values = zip(*reversed(sent), strict=True)
    return dict(zip(map(_decoded, names), map(_decoded, values), strict=True))


_decoded = methodcaller("decode", "latin-1")


def _asked(query_string: bytes) -> bool:
    """Whether the address asks something, by a document or the id of one; else a browser wants the explorer."""
    return any(name in query_string for name in (b"query=", b"extensions=", b"documentId=", b"doc_id="))


def _negotiated(accept: str) -> str:
    media = answer_type(accept)
    if media is None and wants_events(accept):
        raise Refused(
            "NOT_ACCEPTABLE", "Only what comes by POST, as JSON, is answered by events. Accept application/json."
        )
    if media is None:
        raise Refused("NOT_ACCEPTABLE", f"Answers come as {GRAPHQL} or {JSON}: accept one of them.")
    return media


async def _body(headers: _Headers, receive: Receive) -> bytes:
    told = headers.get("content-length", "")
    declared = int(told) if told.isdecimal() and len(told) < 20 else 0
    chunks: list[bytes] = []
    size, more = 0, declared <= LARGEST_BODY
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        chunks.append(message.get("body", b""))
        size += len(chunks[-1])
        if size > LARGEST_BODY:
            break
        if not message.get("more_body", False):
            return b"".join(chunks)
    raise Refused(
        "PAYLOAD_TOO_LARGE",
        f"The body is larger than {LARGEST_BODY} bytes. Split the request.",
        limit="body",
        value=max(size, declared),
        maximum=LARGEST_BODY,
    )


def _idempotency_key(headers: _Headers) -> str | None:
    return headers.get("idempotency-key", headers.get("x-idempotency-key"))


def _refusal(error: Exception, media: str) -> Reply:
    if isinstance(error, Unauthorised):
        refused = Refused("UNAUTHENTICATED", str(error), {"www-authenticate": "Bearer"})
    else:
        refused = failure(error)
    tell_refusal(refused)
    status = refused.status or (400 if media == GRAPHQL else 200)
    return Reply(status, encode(refused.body()), refused.headers, media)
