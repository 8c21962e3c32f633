"""Documents that were parsed, measured and validated, remembered by their text."""

from collections import OrderedDict
from dataclasses import dataclass

from graphql import DocumentNode, GraphQLError

from app.graphql.cost import Plan


@dataclass(slots=True)
class Document:
    """A parsed document, what it asks for and, once validated, what is wrong with it."""

    ast: DocumentNode
    plan: Plan
    errors: list[GraphQLError] | None = None


class Documents:
    """The latest documents, up to a number of characters together: parsed, a document takes up to 300 bytes for each
    character, so counting documents would not bound the memory."""

    def __init__(self, characters: int = 250_000) -> None:
        self._room = characters
        self._kept: OrderedDict[str, Document] = OrderedDict()

    def find(self, text: str) -> Document | None:
        if (found := self._kept.get(text)) is not None:
            self._kept.move_to_end(text)
        return found

    def keep(self, text: str, document: Document) -> None:
        if text not in self._kept:
            self._kept[text] = document
            self._room -= len(text)
        while self._room < 0:
            forgotten, _ = self._kept.popitem(last=False)
            self._room += len(forgotten)
