"""Results as JSON: our own errors as they are, everything else masked and logged."""

import logging
import secrets
from collections.abc import Sequence
from typing import Any

import orjson
from graphql import GraphQLError, GraphQLSyntaxError
from strawberry.types.execution import ExecutionResult, PreExecutionError

from app.server.refusals import Refused
from app.store.failures import NoConnection, Retryable, StoreFailure, TimedOut, Unavailable, UnstorableText
from app.telemetry.errors import without_texts

_log = logging.getLogger("custom_data")

_FAILURES: dict[type[StoreFailure], str] = {
    TimedOut: "TIMEOUT",
    Unavailable: "UNAVAILABLE",
    NoConnection: "UNAVAILABLE",
    Retryable: "RETRY",
    UnstorableText: "BAD_USER_INPUT",
}
_TOO_DEEP = "QUERY_TOO_DEEP"


def result_body(result: ExecutionResult, *, began: bool) -> dict[str, Any]:
    """The response of an executed (or refused) operation. `data` is absent when its execution never `began`."""
    body: dict[str, Any] = {}
    if result.errors:
        invalid = "GRAPHQL_VALIDATION_FAILED" if isinstance(result, PreExecutionError) else "BAD_USER_INPUT"
        body["errors"] = [error_body(error, invalid) for error in result.errors]
    if began:
        body["data"] = result.data
    if result.extensions:
        body["extensions"] = result.extensions
    return body


def executed(result: ExecutionResult) -> bool:
    """Whether execution began: a request error has no data and errors without paths."""
    return result.data is not None or not result.errors or any(error.path for error in result.errors)


def error_body(error: GraphQLError, invalid: str = "BAD_USER_INPUT") -> dict[str, Any]:
    """One error as the specification formats it, with a stable code: its own, or `invalid` for what graphql-core
    found wrong. The cause of an unexpected one goes to the log under an id, never to the client."""
    cause = error.original_error
    if cause is None or isinstance(cause, GraphQLError):
        code = "GRAPHQL_PARSE_FAILED" if isinstance(error, GraphQLSyntaxError) else invalid
        own = getattr(cause, "extensions", None) or {}
        return {**error.formatted, "extensions": {"code": code} | own | (error.extensions or {})}
    return _located(error, failure(cause))


def failure(cause: BaseException) -> Refused:
    """What to tell a client of an exception. One that was not expected is masked: the log repeats its id."""
    if isinstance(cause, Refused):
        return cause
    if isinstance(cause, StoreFailure) and type(cause) in _FAILURES:
        return Refused(_FAILURES[type(cause)], str(cause), {"retry-after": "1"})
    if isinstance(cause, RecursionError):
        return Refused(_TOO_DEEP, "The query is nested too deeply. Ask for fewer levels.")
    error_id = secrets.token_hex(8)
    _log.error("unexpected error %s\n%s", error_id, "".join(without_texts(cause)))
    return Refused("INTERNAL", f"Something went wrong on our side. Error id: {error_id}.", errorId=error_id)


def encode(body: Any) -> bytes:
    """JSON bytes. Text that is no valid Unicode (only a client's own, quoted back) is escaped."""
    try:
        return orjson.dumps(body)
    except TypeError as error:
        if "Recursion" in str(error):
            return orjson.dumps(failure(RecursionError()).body())
        return orjson.dumps(_cleaned(body))


def _located(error: GraphQLError, refused: Refused) -> dict[str, Any]:
    located = {key: value for key, value in error.formatted.items() if key in ("locations", "path")}
    return {**located, **refused.error()}


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, dict):
        return {_cleaned(key): _cleaned(inner) for key, inner in value.items()}
    if isinstance(value, Sequence):
        return [_cleaned(inner) for inner in value]
    return value
