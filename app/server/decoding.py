"""Request bodies, decoded exactly: no number is rounded, no duplicate key dropped."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from app.domain import exact_json
from app.server.refusals import Refused

LARGEST_BODY = 2 * 1024 * 1024  # bytes; also of one WebSocket message
LONGEST_DOCUMENT = 100_000  # characters: parsed documents are remembered by their text
_PARAMETERS = 20  # of a query string


@dataclass(slots=True)
class GraphQLRequest:
    """What was asked, its shape checked. `document_id` names a stored document; `query` may then be missing."""

    query: str | None
    variables: dict[str, Any] | None = None
    operation_name: str | None = None
    document_id: str | None = None


def decode_json(body: bytes) -> Any:
    """The JSON value of a body. Integers stay int (Decimal when huge), other numbers become Decimal. Raises Refused
    for what is not JSON, for NaN and Infinity, for duplicate keys and for nesting beyond reason."""
    try:
        return decode_text(body.decode())
    except UnicodeDecodeError:
        raise Refused("BAD_REQUEST", "The body is not UTF-8.") from None


def decode_text(text: str) -> Any:
    """The same for a text."""
    try:
        return exact_json.decode(text)
    except exact_json.NotJson as error:
        raise Refused("BAD_REQUEST", str(error)) from None


def read_request(sent: Any) -> GraphQLRequest:
    """The GraphQL request in a decoded body. Raises Refused naming the part that is wrong."""
    if not isinstance(sent, dict):
        raise Refused("BAD_REQUEST", 'Send one JSON object such as {"query": "{ shop { name } }"}.')
    query, variables, name = sent.get("query"), sent.get("variables"), sent.get("operationName")
    document_id = _document_id(sent)
    if not (isinstance(query, str) or (query is None and document_id)):
        raise Refused("BAD_REQUEST", '"query" is needed: the GraphQL document, as a text.')
    if query == "":
        raise Refused("BAD_REQUEST", '"query" is empty: send a GraphQL document such as "{ shop { name } }".')
    if query and len(query) > LONGEST_DOCUMENT:
        raise Refused("BAD_REQUEST", f"The document is longer than {LONGEST_DOCUMENT} characters: use variables.")
    if variables is not None and not isinstance(variables, dict):
        raise Refused("BAD_REQUEST", '"variables" is an object or null.')
    if name is not None and not isinstance(name, str):
        raise Refused("BAD_REQUEST", '"operationName" is a text or null.')
    return GraphQLRequest(query, variables, name or None, document_id)


def read_query_string(query_string: bytes) -> GraphQLRequest:
    """The GraphQL request in the address of a GET. Raises Refused."""
    try:
        pairs = parse_qsl(
            query_string.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=_PARAMETERS
        )
    except ValueError:
        raise Refused("BAD_REQUEST", "The address is not UTF-8 in percent-encoding, or has too many parts.") from None
    sent: dict[str, Any] = dict(pairs)
    if len(sent) < len(pairs):
        raise Refused("BAD_REQUEST", "The address gives a parameter twice.")
    for name in ("variables", "extensions"):
        if name in sent:
            sent[name] = decode_text(sent[name]) if sent[name] else None
    return read_request(sent)


def _document_id(sent: dict[str, Any]) -> str | None:
    """The id of a stored document: Apollo's `extensions.persistedQuery.sha256Hash`, the `documentId` of GraphQL over
    HTTP's appendix on persisted documents, or Relay's `doc_id`."""
    extensions = sent.get("extensions")
    if extensions is not None and not isinstance(extensions, dict):
        raise Refused("BAD_REQUEST", '"extensions" is an object or null.')
    found = sent.get("documentId", sent.get("doc_id"))
    if extensions and (persisted := extensions.get("persistedQuery")) is not None:
        if not isinstance(persisted, dict) or persisted.get("version") != 1 or isinstance(persisted["version"], bool):
            raise Refused("BAD_REQUEST", '"extensions.persistedQuery" is {"version": 1, "sha256Hash": "..."}.')
        found = persisted.get("sha256Hash", "")
    if found is None:
        return None
    if not isinstance(found, str) or found == "":
        raise Refused("BAD_REQUEST", "The id of a stored document is a text that is not empty.")
    return found.removeprefix("sha256:")
