"""Documents that were parsed, measured and validated, remembered by their text."""

from collections import OrderedDict
from dataclasses import dataclass, field

from graphql import DocumentNode, GraphQLError
from strawberry.types.graphql import OperationType

from app.graphql.cost import Plan

_TIMES = ("createdAt", "updatedAt")  # the fields that tell one


@dataclass(slots=True)
class Document:
    """A parsed document, what it asks for and, once validated, what is wrong with it."""

    ast: DocumentNode
    plan: Plan
    errors: list[GraphQLError] | None = None
    within: object = None  # the limits that its shape was found to keep
    times: bool = field(init=False)  # whether it may ask for one
    kinds: dict[str | None, OperationType] = field(init=False)  # of each operation by name; of the first by None

    def __post_init__(self) -> None:
        source = self.ast.loc.source.body if self.ast.loc else None
        self.times = source is None or any(name in source for name in _TIMES)
        operations = self.plan.operations
        kinds = [OperationType(each.operation.value) for each in operations]
        self.kinds = {each.name.value: kind for each, kind in zip(operations, kinds, strict=True) if each.name}
        if kinds:
            self.kinds[None] = kinds[0]


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

    def valid(self, text: str | None) -> Document | None:
        """The document, if it is known and without errors."""
        found = self.find(text or "")
        return found if found is not None and found.errors == [] else None

    def keep(self, text: str, document: Document) -> None:
        if text not in self._kept:
            self._kept[text] = document
            self._room -= len(text)
        while self._room < 0:
            forgotten, _ = self._kept.popitem(last=False)
            self._room += len(forgotten)
