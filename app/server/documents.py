"""Documents that are asked by an id: Apollo's automatic persisted queries, and manifests of trusted documents."""

import hashlib
import json
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from app.server.decoding import GraphQLRequest
from app.server.refusals import Refused

_REMEMBERED = 16 * 1024 * 1024  # characters of all documents together


class Documents(Protocol):
    """Where the text of a request's document comes from."""

    def text(self, shop_id: int, asked: GraphQLRequest) -> str:
        """The document to run. Raises Refused."""

    def ran(self, shop_id: int, asked: GraphQLRequest) -> None:
        """Told when the document turned out to be valid."""


class Persisted:
    """Automatic persisted queries (Apollo's convention): a client sends a document's SHA-256, and the document itself
    when we do not know it yet. Only documents that ran are remembered, in this process, for the shop that sent them:
    no shop learns, or displaces at once, what another asks. Beyond the bound the shop unused for longest loses its
    oldest document."""

    def __init__(self, bound: int = _REMEMBERED) -> None:
        self._bound = bound
        self._size = 0
        self._shops: OrderedDict[int, OrderedDict[str, str]] = OrderedDict()

    def text(self, shop_id: int, asked: GraphQLRequest) -> str:
        if asked.query is None:
            return self._find(shop_id, asked.document_id or "")
        if asked.document_id is not None and asked.document_id != _digest(asked.query):
            raise Refused("BAD_REQUEST", "The provided sha256Hash does not match the query: send the query's SHA-256.")
        return asked.query

    def ran(self, shop_id: int, asked: GraphQLRequest) -> None:
        if asked.query is None or asked.document_id is None:
            return
        known = self._shops.setdefault(shop_id, OrderedDict())
        self._shops.move_to_end(shop_id)
        if asked.document_id not in known:
            known[asked.document_id] = asked.query
            self._size += len(asked.query)
        while self._size > self._bound:
            self._forget_one()

    def _find(self, shop_id: int, document_id: str) -> str:
        known = self._shops.get(shop_id, OrderedDict())
        text = known.get(document_id)
        if text is None:
            # Apollo Client, urql and others look for exactly this message or code, then send the document.
            raise Refused("PERSISTED_QUERY_NOT_FOUND", "PersistedQueryNotFound")
        self._shops.move_to_end(shop_id)
        known.move_to_end(document_id)
        return text

    def _forget_one(self) -> None:
        shop_id, known = next(iter(self._shops.items()))
        self._size -= len(known.popitem(last=False)[1])
        if not known:
            del self._shops[shop_id]


class Trusted:
    """Only the documents of a manifest, asked by id or sent in full; whatever else is refused."""

    def __init__(self, manifest: Mapping[str, str]) -> None:
        self._by_id = manifest
        self._texts = frozenset(manifest.values())

    def text(self, shop_id: int, asked: GraphQLRequest) -> str:  # noqa: ARG002
        """The ids are the manifest's own, whatever hash it was made with."""
        if asked.query is not None and asked.query in self._texts:
            return asked.query
        found = self._by_id.get(asked.document_id or "")
        if found is None or asked.query is not None:
            raise Refused(
                "DOCUMENT_NOT_TRUSTED",
                "This gateway runs only the documents of its manifest (CUSTOM_DATA_TRUSTED_DOCUMENTS); free queries, "
                "and with them the explorer and introspection, are off. Send the id of a document in the manifest.",
            )
        return found

    def ran(self, shop_id: int, asked: GraphQLRequest) -> None:
        """A manifest does not change."""


def read_manifest(path: Path) -> dict[str, str]:
    """Documents by id, from a file as graphql-codegen and Relay write it ({id: document}) or as Apollo does
    ({"format": "apollo-persisted-query-manifest", "operations": [{"id", "body"}]}). Raises ValueError."""
    try:
        content = json.loads(path.read_bytes())
    except OSError as error:
        raise ValueError(f"the manifest cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError):
        raise ValueError("the manifest is not JSON") from None
    if isinstance(content, dict) and "operations" in content:
        content = _by_id(content["operations"])
    if not isinstance(content, dict) or not content or not all(isinstance(each, str) for each in content.values()):
        raise ValueError("the manifest is a JSON object of documents by id, or Apollo's persisted query manifest")
    return {id_.removeprefix("sha256:"): text for id_, text in content.items()}


def _by_id(operations: Any) -> dict[Any, Any] | None:
    try:
        return {each["id"]: each["body"] for each in operations}
    except (TypeError, KeyError):
        return None


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
