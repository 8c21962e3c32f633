"""Request bodies, decoded exactly: no number is rounded, no duplicate key dropped."""

import json
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

_LONGEST_INTEGER = 4_000  # digits that Python turns into an int without complaint


class BadRequest(Exception):
    """A request that is not one; the text says what to send instead."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, slots=True)
class GraphQLRequest:
    query: str
    variables: dict[str, Any] | None = None
    operation_name: str | None = None


def decode_json(body: bytes) -> Any:
    """The JSON value of a body. Integers stay int (Decimal when huge), other numbers become Decimal. Raises BadRequest
    for what is not JSON, for NaN and Infinity, for duplicate keys and for nesting beyond reason."""
    try:
        return json.loads(
            body.decode("utf-8"),
            parse_float=_number,
            parse_int=_integer,
            parse_constant=_no_constant,
            object_pairs_hook=_distinct,
        )
    except UnicodeDecodeError:
        raise BadRequest("The body is not UTF-8.") from None
    except RecursionError:
        raise BadRequest("The body is nested too deeply.") from None
    except ValueError as error:
        raise BadRequest(f"The body is not JSON: {error}.") from None


def read_request(sent: Any) -> GraphQLRequest:
    """The GraphQL request in a decoded body. Raises BadRequest naming the part that is wrong."""
    if not isinstance(sent, dict):
        raise BadRequest('The body is a JSON object such as {"query": "{ shop { name } }"}.')
    query, variables, name = sent.get("query"), sent.get("variables"), sent.get("operationName")
    if not isinstance(query, str):
        raise BadRequest('"query" is needed: the GraphQL document, as a text.')
    if variables is not None and not isinstance(variables, dict):
        raise BadRequest('"variables" is an object or null.')
    if name is not None and not isinstance(name, str):
        raise BadRequest('"operationName" is a text or null.')
    if not isinstance(sent.get("extensions", {}), dict | None):
        raise BadRequest('"extensions" is an object or null.')
    return GraphQLRequest(query, variables, name)


def _number(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        raise ValueError(f"the exponent of {text[:60]} is beyond reason") from None


def _integer(text: str) -> int | Decimal:
    return int(text) if len(text) <= _LONGEST_INTEGER else Decimal(text)


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a JSON number")


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        twice = next(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]
        raise ValueError(f"the key {twice[:60]!r} stands twice in one object")
    return found
