"""What the server notes of an operation, for its observation."""

from collections.abc import Mapping
from typing import Any

from app.graphql.schema import Schema
from app.server.decoding import GraphQLRequest
from app.server.refusals import Refused
from app.telemetry.observation import Observation, current


class Seen:
    """The document of an operation: whether it was known before, and what kind of operation it is."""

    __slots__ = ("_asked", "_observation", "_schema", "_text")

    def __init__(self, schema: Schema, asked: GraphQLRequest, text: str) -> None:
        self._schema = schema
        self._asked = asked
        self._text = text
        self._observation = seen = current.get()
        if seen is not None:
            seen.known = self._found(seen)

    def ran(self) -> None:
        """To be called whatever came of it: a new document is known by then, unless it is not valid."""
        seen = self._observation
        if seen is not None and not seen.kind:
            self._found(seen)

    def took_file(self) -> None:
        """The same for one that lasts as long as its file."""
        if self._observation is not None:
            self._found(self._observation)
        tell_upload()

    def _found(self, seen: Observation) -> bool:
        document = self._schema.documents.valid(self._text)
        if document is None:
            return False
        kind = document.kinds.get(self._asked.operation_name)
        seen.kind = kind.value if kind is not None else ""
        seen.name = self._asked.operation_name or document.name
        seen.document = document.ast
        return True


def tell_answer(body: Mapping[str, Any]) -> None:
    """Notes the codes of the answer's errors, and its cost."""
    seen = current.get()
    if seen is None:
        return
    seen.answers += 1
    if errors := body.get("errors"):
        seen.codes = tuple(str(error["extensions"]["code"]) for error in errors)
    if extensions := body.get("extensions"):
        seen.cost = extensions["cost"]["requested"]


def tell_refusal(refused: Refused) -> None:
    """Notes why the operation was not run."""
    seen = current.get()
    if seen is not None:
        seen.codes = (refused.code,)


def tell_upload() -> None:
    """Notes that the operation comes with a file: it is told of like others that do."""
    seen = current.get()
    if seen is not None:
        seen.kind, seen.name = "bulk", seen.name or "import"


def tell_shop(shop_id: int) -> None:
    seen = current.get()
    if seen is not None:
        seen.shop_id = shop_id
