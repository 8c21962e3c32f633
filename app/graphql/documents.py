"""Documents that were parsed, measured and validated, remembered by their text."""

from dataclasses import dataclass, field

from graphql import DocumentNode, GraphQLError
from strawberry.types.graphql import OperationType

from app.execution import Shelf
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
    reads: bool = field(init=False)  # whether all its operations are queries
    kinds: dict[str | None, OperationType] = field(init=False)  # of each operation by name; of the first by None
    name: str | None = field(init=False)  # of the first operation

    def __post_init__(self) -> None:
        source = self.ast.loc.source.body if self.ast.loc else None
        self.times = source is None or any(name in source for name in _TIMES)
        operations = self.plan.operations
        kinds = [OperationType(each.operation.value) for each in operations]
        self.reads = all(kind is OperationType.QUERY for kind in kinds)
        self.kinds = {each.name.value: kind for each, kind in zip(operations, kinds, strict=True) if each.name}
        if kinds:
            self.kinds[None] = kinds[0]
        self.name = operations[0].name.value if operations and operations[0].name else None


class Documents:
    """A schema's latest documents, up to a number of characters together with those of its `family`: parsed, a
    document takes up to 300 bytes for each character, so counting documents would not bound the memory."""

    def __init__(self, family: "Documents | None" = None, characters: int = 250_000) -> None:
        self.shelf: Shelf[Document] = family.shelf if family is not None else Shelf(characters)
        self._owner = self.shelf.owner()
        self._latest: tuple[str, Document] | None = None  # who asks for one asks several times

    def find(self, text: str) -> Document | None:
        found = self.shelf.find(self._owner, text)
        return None if found is None else found[0]

    def valid(self, text: str | None) -> Document | None:
        """The document, if it is known and without errors."""
        if self._latest is not None and self._latest[0] is text:
            return self._latest[1]
        found = self.find(text or "")
        if text is None or found is None or found.errors != []:
            return None
        self._latest = text, found
        return found

    def keep(self, text: str, document: Document) -> None:
        if self.shelf.find(self._owner, text) is None:
            self.shelf.keep(self._owner, text, document, len(text))

    def forget(self) -> None:
        """Ends the documents of a schema that is not used any more."""
        self._latest = None
        self.shelf.forget(self._owner)
