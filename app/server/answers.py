"""Results as JSON: our own errors as they are, everything else masked and logged."""

import logging
import secrets
from collections.abc import Sequence
from typing import Any

import orjson
from graphql import GraphQLError
from strawberry.types import ExecutionResult

from app.store.failures import Retryable, StoreFailure, TimedOut, Unavailable, UnstorableText

_log = logging.getLogger("custom_data")

_FAILURES: dict[type[StoreFailure], str] = {
    TimedOut: "TIMEOUT",
    Unavailable: "UNAVAILABLE",
    Retryable: "RETRY",
    UnstorableText: "BAD_USER_INPUT",
}


def result_body(result: ExecutionResult) -> dict[str, Any]:
    """The response of an executed (or refused) operation. `data` is absent when nothing was executed."""
    body: dict[str, Any] = {}
    if result.errors:
        body["errors"] = [error_body(error) for error in result.errors]
    if executed(result):
        body["data"] = result.data
    return body


def executed(result: ExecutionResult) -> bool:
    """Whether execution began: a request error has no data and errors without paths."""
    return result.data is not None or not result.errors or any(error.path for error in result.errors)


def error_body(error: GraphQLError) -> dict[str, Any]:
    """One error as the specification formats it, with a stable code. The cause of an unexpected one goes to the log
    under an id, never to the client."""
    cause = error.original_error
    if cause is None or isinstance(cause, GraphQLError):
        formatted: dict[str, Any] = dict(error.formatted)
        own = getattr(cause, "extensions", None) or {}
        code = "GRAPHQL_VALIDATION_FAILED" if error.path is None else "BAD_USER_INPUT"
        return formatted | {"extensions": {"code": code} | own | (error.extensions or {})}
    if isinstance(cause, StoreFailure) and type(cause) in _FAILURES:
        return _located(error, str(cause), code=_FAILURES[type(cause)])
    if isinstance(cause, RecursionError):
        return _located(error, "The query is nested too deeply.", code="QUERY_TOO_DEEP")
    error_id = secrets.token_hex(8)
    _log.error("unexpected error %s", error_id, exc_info=cause)
    message = f"Something went wrong on our side. Error id: {error_id}."
    return _located(error, message, code="INTERNAL", errorId=error_id)


def plain_error(message: str, code: str) -> bytes:
    """A response of one error, for a request that never became an operation."""
    return encode({"errors": [{"message": message, "extensions": {"code": code}}]})


def encode(body: Any) -> bytes:
    """JSON bytes. Text that is no valid Unicode (only a client's own, quoted back) is escaped."""
    try:
        return orjson.dumps(body)
    except TypeError as error:
        if "Recursion" in str(error):
            return plain_error("The answer is nested too deeply to be sent. Ask for fewer levels.", "QUERY_TOO_DEEP")
        return orjson.dumps(_cleaned(body))


def _located(error: GraphQLError, message: str, **extensions: str) -> dict[str, Any]:
    located = {key: value for key, value in error.formatted.items() if key in ("locations", "path")}
    return {"message": message, **located, "extensions": extensions}


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, dict):
        return {_cleaned(key): _cleaned(inner) for key, inner in value.items()}
    if isinstance(value, Sequence):
        return [_cleaned(inner) for inner in value]
    return value
