"""GraphQL over HTTP (the GraphQL Foundation's specification of that name): one request, one operation, one snapshot."""

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from app.server.answers import encode, failure
from app.server.auth import Gate, Unauthorised
from app.server.decoding import LARGEST_BODY, GraphQLRequest, decode_json, read_query_string, read_request
from app.server.explorer import pages
from app.server.negotiation import GRAPHQL, JSON, answer_type, check_content, wants_page
from app.server.patience import Incoming, in_time, run_unless_gone
from app.server.refusals import Refused
from app.server.running import READING, WRITING, Operations

_METHODS = {"allow": "GET, HEAD, OPTIONS, POST"}


class Endpoint:
    """`/graphql`: POST for everything, GET for queries and, to a browser, the explorer. An ASGI application: whatever
    is sent, it answers in JSON and raises nothing."""

    def __init__(self, gate: Gate, operations: Operations, body_seconds: float) -> None:
        self._gate = gate
        self._operations = operations
        self._body_seconds = body_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        incoming = Incoming(headers, receive)
        try:
            response = await self._respond(scope, headers, incoming)
        except ClientDisconnect:
            return
        except Exception as error:
            response = _refusal(error, answer_type(headers.get("accept", "")) or JSON)
            if response.status_code != 408:  # who was too slow is not waited for again
                await incoming.read_on()
        await response(scope, receive, send)

    async def _respond(self, scope: Scope, headers: Headers, receive: Receive) -> Response:
        method = scope["method"]
        if method == "OPTIONS":
            return Response(status_code=204, headers=_METHODS)
        if method not in ("GET", "HEAD", "POST"):
            raise Refused("METHOD_NOT_ALLOWED", "Send queries by GET or POST, mutations by POST.", _METHODS)
        accept = headers.get("accept", "")
        if method != "POST" and wants_page(accept) and not _asked(scope["query_string"]):
            return pages.respond(headers)
        return await self._answer(method, scope["query_string"], headers, receive, _negotiated(accept))

    async def _answer(
        self, method: str, query_string: bytes, headers: Headers, receive: Receive, media: str
    ) -> Response:
        admitted = await self._gate.admit(headers)
        if method == "POST":
            asked, allowed = await in_time(_posted(headers, receive), self._body_seconds), WRITING
        else:
            asked, allowed = read_query_string(query_string), READING
        operation = self._operations.answer(asked, admitted, allowed, _idempotency_key(headers))
        answer = await run_unless_gone(receive, operation)
        status = 400 if media == GRAPHQL and not answer.executed else 200
        return _response(encode(answer.body), status, media)


def _asked(query_string: bytes) -> bool:
    """Whether the address asks something, by a document or the id of one; else a browser wants the explorer."""
    return any(name in query_string for name in (b"query=", b"extensions=", b"documentId=", b"doc_id="))


def _negotiated(accept: str) -> str:
    media = answer_type(accept)
    if media is None:
        raise Refused("NOT_ACCEPTABLE", f"Answers come as {GRAPHQL} or {JSON}: accept one of them.")
    return media


async def _posted(headers: Headers, receive: Receive) -> GraphQLRequest:
    check_content(headers)
    return read_request(decode_json(await _body(headers, receive)))


async def _body(headers: Headers, receive: Receive) -> bytes:
    declared = headers.get("content-length", "")
    too_large = declared.isdecimal() and len(declared) < 20 and int(declared) > LARGEST_BODY
    chunks, size, more = [], 0, not too_large
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        chunks.append(message.get("body", b""))
        size += len(chunks[-1])
        too_large = size > LARGEST_BODY
        more = message.get("more_body", False) and not too_large
    if too_large:
        raise Refused(
            "PAYLOAD_TOO_LARGE",
            f"The body is larger than {LARGEST_BODY} bytes. Split the request.",
            limit="body",
            value=max(size, int(declared) if declared.isdecimal() and len(declared) < 20 else 0),
            maximum=LARGEST_BODY,
        )
    return b"".join(chunks)


def _idempotency_key(headers: Headers) -> str | None:
    return headers.get("idempotency-key", headers.get("x-idempotency-key"))


def _refusal(error: Exception, media: str) -> Response:
    if isinstance(error, Unauthorised):
        refused = Refused("UNAUTHENTICATED", str(error), {"www-authenticate": "Bearer"})
    else:
        refused = failure(error)
    status = refused.status or (400 if media == GRAPHQL else 200)
    return _response(encode(refused.body()), status, media, refused.headers)


def _response(body: bytes, status: int, media: str, headers: dict[str, str] | None = None) -> Response:
    return Response(body, status, headers, f"{media}; charset=utf-8")
