"""Requests that are answered by one error instead of being run."""

from typing import Any

STATUSES = {
    "BAD_REQUEST": 400,
    "UNAUTHENTICATED": 401,
    "NOT_FOUND": 404,
    "METHOD_NOT_ALLOWED": 405,
    "NOT_ACCEPTABLE": 406,
    "REQUEST_TIMEOUT": 408,
    "PAYLOAD_TOO_LARGE": 413,
    "UNSUPPORTED_MEDIA_TYPE": 415,
    "RATE_LIMITED": 429,
    "SHOP_BUSY": 429,
    "HEADERS_TOO_LARGE": 431,
    "INTERNAL": 500,
    "UNAVAILABLE": 503,
    "TIMEOUT": 504,
}


class Refused(Exception):
    """The text says what is wrong and what to do next; the code is stable, and each code has one HTTP status.

    A code without a status of its own belongs to a well-formed request whose document cannot be run: that is 200 as
    `application/json` and 400 as `application/graphql-response+json` (GraphQL over HTTP, "Status Codes")."""

    def __init__(self, code: str, message: str, headers: dict[str, str] | None = None, **extensions: Any) -> None:
        super().__init__(message)
        self.code = code
        self.status = STATUSES.get(code)
        self.headers = headers or {}
        self.extensions = extensions

    def body(self) -> dict[str, Any]:
        """The response's body."""
        return {"errors": [self.error()]}

    def error(self) -> dict[str, Any]:
        """The one error."""
        return {"message": str(self), "extensions": {"code": self.code, **self.extensions}}
