"""GraphQL over HTTP: one request, one operation, one snapshot."""

import re
from typing import Any

from graphql import GraphQLSyntaxError, OperationDefinitionNode, parse
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, Response
from strawberry.exceptions import MissingQueryError
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.types.graphql import OperationType

from app.graphql.context import Context
from app.graphql.schema import schema
from app.server import explorer
from app.server.answers import encode, executed, plain_error, result_body
from app.server.auth import Admitted, Gate, Unauthorised
from app.server.decoding import BadRequest, GraphQLRequest, decode_json, read_request
from app.store.database import Database
from app.store.failures import StoreFailure, Unavailable

JSON = "application/json"
GRAPHQL = "application/graphql-response+json"
_LARGEST_BODY = 2 * 1024 * 1024
_OPERATION = re.compile(r"\b(?:query|mutation|subscription)\b")
_READING = [OperationType.QUERY]
_ALL = [OperationType.QUERY, OperationType.MUTATION]


class Endpoint:
    """`/graphql`: POST for everything, GET for queries and, to a browser, the explorer."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._gate = Gate(database)

    async def __call__(self, request: Request) -> Response:
        if request.method == "GET" and _wants_page(request):
            return HTMLResponse(explorer.page())
        media = GRAPHQL if GRAPHQL in request.headers.get("accept", "") else JSON
        try:
            admitted = await self._gate.admit(request.headers)
            asked = await _read(request)
            return await self._answer(asked, admitted, request, media)
        except BadRequest as error:
            return _error(error.status, str(error), "BAD_REQUEST", media)
        except Unauthorised as error:
            return _error(401, str(error), "UNAUTHENTICATED", media, {"www-authenticate": "Bearer"})
        except StoreFailure as error:
            code = "UNAVAILABLE" if isinstance(error, Unavailable) else "TIMEOUT"
            return _error(503, str(error), code, media, {"retry-after": "1"})
        except ClientDisconnect:
            return Response(status_code=499)

    async def _answer(self, asked: GraphQLRequest, admitted: Admitted, request: Request, media: str) -> Response:
        if _unclear(asked):
            raise BadRequest("The document holds several operations. Say which one to run, in operationName.")
        context = Context(self._database, admitted.shop, admitted.api_key, _idempotency_key(request.headers))
        try:
            result = await schema.execute(
                asked.query,
                variable_values=asked.variables,
                context_value=context,
                operation_name=asked.operation_name,
                allowed_operation_types=_READING if request.method == "GET" else _ALL,
            )
        except MissingQueryError as error:
            raise BadRequest('"query" is empty: send a GraphQL document such as "{ shop { name } }".') from error
        except CannotGetOperationTypeError as error:
            raise BadRequest("The document holds no such operation. Check it, and operationName.") from error
        except InvalidOperationTypeError as error:
            raise _not_allowed(error) from error
        finally:
            await context.close()
        status = 400 if media == GRAPHQL and not executed(result) else 200
        return Response(encode(result_body(result)), status, media_type=media)


def _unclear(asked: GraphQLRequest) -> bool:
    """Whether nothing says which of several operations to run. Only a text that may hold several is parsed for it."""
    if asked.operation_name is not None or len(_OPERATION.findall(asked.query)) < 2:
        return False
    try:
        document = parse(asked.query)
    except GraphQLSyntaxError:
        return False
    return sum(isinstance(each, OperationDefinitionNode) for each in document.definitions) > 1


def _not_allowed(error: InvalidOperationTypeError) -> BadRequest:
    if error.operation_type is OperationType.SUBSCRIPTION:
        return BadRequest("There are no subscriptions here. Send a query or a mutation.")
    return BadRequest("GET answers queries only. Send a mutation by POST.", 405)


async def _read(request: Request) -> GraphQLRequest:
    if request.method == "GET":
        return read_request(_from_url(request))
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media != JSON:
        raise BadRequest("Send the request as JSON, with content-type: application/json.", 415)
    if request.headers.get("content-encoding", "identity") != "identity":
        raise BadRequest("Send the body as it is, without content-encoding.", 415)
    return read_request(decode_json(await _body(request)))


async def _body(request: Request) -> bytes:
    chunks, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > _LARGEST_BODY:
            raise BadRequest(f"The body is larger than {_LARGEST_BODY} bytes. Split the request.", 413)
        chunks.append(chunk)
    return b"".join(chunks)


def _from_url(request: Request) -> dict[str, Any]:
    sent: dict[str, Any] = dict(request.query_params)
    for name in ("variables", "extensions"):
        if sent.get(name):
            sent[name] = decode_json(sent[name].encode("utf-8", "surrogatepass"))
        else:
            sent.pop(name, None)
    return sent


def _wants_page(request: Request) -> bool:
    return "text/html" in request.headers.get("accept", "") and "query" not in request.query_params


def _idempotency_key(headers: Headers) -> str | None:
    return headers.get("idempotency-key", headers.get("x-idempotency-key"))


def _error(status: int, message: str, code: str, media: str, headers: dict[str, str] | None = None) -> Response:
    return Response(plain_error(message, code), status, headers, media_type=media)
