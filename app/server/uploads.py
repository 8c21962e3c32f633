"""Operations with a file: the GraphQL multipart request specification, for one file in one mutation.

The parts come in order: `operations`, `map`, the file. The operation begins when the file does, and reads it as it
comes.
"""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

from graphql import FieldNode, GraphQLSyntaxError, OperationDefinitionNode, OperationType, parse
from starlette.types import Receive

from app.bulk.streams import Stream
from app.graphql.importing import IMPORTS
from app.server.decoding import GraphQLRequest, decode_json, read_request
from app.server.multipart import Multipart
from app.server.negotiation import MULTIPART
from app.server.refusals import Refused

_TOKENS = 5_000  # parsed to look at the operation
_LARGEST_OPERATIONS = 64 * 1024  # bytes; it holds no items, and is read at once
_LARGEST_MAP = 4_096  # bytes; it names one file
_PREFLIGHT = ("graphql-require-preflight", "apollo-require-preflight", "x-apollo-operation-name")
_BROWSERS = ("origin", "sec-fetch-site")  # headers that browsers add to what a page posts
_ORDER = "The parts come in this order: operations, map, and the file under the name that map gives it."
_MAP = 'map names the one file and its variable, as {"0": ["variables.input.file"]}.'


@dataclass(slots=True)
class Sent:
    """A request whose file has begun to come: it is the value of a variable, or of a part of one."""

    asked: GraphQLRequest
    variable: str


def is_upload(headers: Mapping[str, str]) -> bool:
    return headers.get("content-type", "").partition(";")[0].strip().lower() == MULTIPART


def check_origin(headers: Mapping[str, str]) -> None:
    """Refuses what a form of another page may have posted: browsers send this type without asking first (no CORS
    preflight). A key that a proxy adds for its users would else be at every page's service."""
    if any(name in headers for name in _BROWSERS) and not any(headers.get(name) for name in _PREFLIGHT):
        raise Refused("BAD_REQUEST", "From a browser, send a file with the header GraphQL-Require-Preflight: 1 (or "
                      "Apollo-Require-Preflight): a form of another page cannot.")  # fmt: skip


async def read_upload(headers: Mapping[str, str], receive: Receive, most_bytes: int) -> Sent:
    """The request, up to the beginning of its file. Raises Refused."""
    if headers.get("content-encoding", "identity").strip().lower() not in ("", "identity"):
        raise Refused("UNSUPPORTED_MEDIA_TYPE", "Send the body as it is, without content-encoding.")
    parts = Multipart(headers, receive, most_bytes)
    operations = decode_json(await _field(parts, "operations", _LARGEST_OPERATIONS))
    if isinstance(operations, list):
        raise Refused("BAD_REQUEST", "operations is one operation, not a list. Send each in a request of its own.")
    asked = read_request(operations)
    name, path = _mapped(decode_json(await _field(parts, "map", _LARGEST_MAP)))
    _put(asked.variables, path, Stream(_pieces(parts)))
    head = await parts.head()
    if head is None:
        raise Refused("BAD_REQUEST", f"The file is missing: map names it {_quoted(name)}. Send it as the last part.")
    if head.name != name:
        raise Refused("BAD_REQUEST", f"The part {_quoted(head.name)} is not the file that map names, {_quoted(name)}.")
    return Sent(asked, path[1])


def check_operation(text: str, sent: Sent) -> None:
    """Refuses what is not one import by itself, taking the file. What does not parse is told so later."""
    try:
        document = parse(text, no_location=True, max_tokens=_TOKENS)
    except GraphQLSyntaxError as error:
        if f"more than {_TOKENS} tokens" in error.message:
            raise Refused("BAD_REQUEST", f"A document that takes a file has at most {_TOKENS:,} tokens.") from None
        return
    except RecursionError:
        return
    named = sent.asked.operation_name
    for each in document.definitions:
        if isinstance(each, OperationDefinitionNode) and (not named or (each.name and each.name.value == named)):
            _check(each, sent.variable)


def _check(operation: OperationDefinitionNode, variable: str) -> None:
    fields = [node.name.value if isinstance(node, FieldNode) else "" for node in operation.selection_set.selections]
    if operation.operation is not OperationType.MUTATION or len(fields) != 1 or fields[0] not in IMPORTS:
        raise Refused("BAD_REQUEST", f"A file comes with one mutation that takes it ({', '.join(sorted(IMPORTS))}) and "
                      "nothing beside it. Send other operations as JSON.")  # fmt: skip
    declared = [each.variable.name.value for each in operation.variable_definitions or ()]
    if variable not in declared:
        raise Refused("BAD_REQUEST", f"map puts the file into the variable {_quoted(variable)}, which the operation "
                      "does not declare.")  # fmt: skip


async def _field(parts: Multipart, name: str, most: int) -> bytes:
    head = await parts.head()
    if head is None or head.name != name:
        found = "is missing" if head is None else f"is missing: {_quoted(head.name)} stands in its place"
        raise Refused("BAD_REQUEST", f"The part {name} {found}. {_ORDER}")
    content = bytearray()
    while (piece := await parts.data()) is not None:
        content += piece
        if len(content) > most:
            message = f"The part {name} is larger than {most:,} bytes."
            raise Refused("PAYLOAD_TOO_LARGE", message, limit=name, maximum=most)
    return bytes(content)


def _mapped(sent: Any) -> tuple[str, list[str]]:
    """The file's name and the path to its place."""
    if not isinstance(sent, dict) or not sent:
        raise Refused("BAD_REQUEST", f"{_MAP} Send operations without a file as JSON.")
    if len(sent) > 1:
        raise Refused("BAD_REQUEST", f"Send one file in a request: map names {len(sent)}.")
    [(name, paths)] = sent.items()
    if not isinstance(paths, list) or len(paths) != 1 or not isinstance(paths[0], str):
        raise Refused("BAD_REQUEST", _MAP)
    path = paths[0].split(".")
    if path[0] != "variables" or len(path) < 2:
        raise Refused("BAD_REQUEST", f"The path {_quoted(paths[0])} leads into no variable. {_MAP}")
    return name, path


def _put(variables: dict[str, Any] | None, path: list[str], file: Stream) -> None:
    """The file in its place, where the operation says null."""
    place: Any = variables
    for name in path[1:-1]:
        place = place.get(name) if isinstance(place, dict) else None
    if not isinstance(place, dict) or path[-1] not in place:
        raise Refused("BAD_REQUEST", f"map names {_quoted('.'.join(path))}, which operations does not have: put null "
                      "there.")  # fmt: skip
    if place[path[-1]] is not None:
        raise Refused(
            "BAD_REQUEST", f"map names {_quoted('.'.join(path))}, where operations has a value: put null there."
        )
    place[path[-1]] = file


async def _pieces(parts: Multipart) -> AsyncIterator[bytes]:
    """The file. Its end is the body's: what follows it is refused before its last rows are read."""
    try:
        while (piece := await parts.data()) is not None:
            yield piece
        if await parts.head() is not None:
            raise Refused("BAD_REQUEST", "Another part follows the file. Send one file in a request, as the last part.")
    except Refused as refused:
        told = f"{refused} Rows that were saved before stay, and the whole file, sent again, goes on behind them."
        raise Refused(refused.code, told, refused.headers, **refused.extensions) from None


def _quoted(text: str) -> str:
    return f'"{text[:100]}"'
