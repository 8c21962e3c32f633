"""Refuses what asks for too much, before it costs anything, and tells each answer's cost."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass
from functools import partial
from graphlib import CycleError
from typing import TYPE_CHECKING, Any

from graphql import DocumentNode, GraphQLSchema, GraphQLSyntaxError, parse
from strawberry.extensions import SchemaExtension

from app.domain.document_limits import Limits
from app.graphql.cost import Plan, Shape
from app.graphql.documents import Document, Documents
from app.graphql.errors import Refusal
from app.graphql.possible import validated

if TYPE_CHECKING:
    from app.graphql.context import Context

TOO_COMPLEX = "QUERY_TOO_COMPLEX"
_USUAL = Limits()
_READ_FOR_ONE = 100  # characters of a new document that take as long to parse and validate as a row


def _free(_cost: int) -> None:
    return None


async def _here(_characters: int, read: Callable[[], Any]) -> Any:
    return read()


def _at_once() -> AbstractAsyncContextManager[None]:
    return nullcontext()


@dataclass(frozen=True, slots=True)
class Allowance:
    """What bounds one viewer. `spend` is told a cost before it arises, a new document of so many characters is read by
    `read`, and the operation runs inside `turn`. All raise to refuse."""

    limits: Limits = _USUAL
    spend: Callable[[int], None] = _free
    turn: Callable[[], AbstractAsyncContextManager[None]] = _at_once
    private_webhooks: bool = False  # whether triggers may name private addresses
    read: Callable[[int, Callable[[], Any]], Awaitable[Any]] = _here


class Bounded(SchemaExtension):
    """One operation within the limits of its context's `allowance`. Documents are parsed, measured and validated once;
    only the cost, which depends on the variables, is worked out each time."""

    def __init__(self, documents: Documents) -> None:
        super().__init__()
        self._documents = documents
        self._document: Document | None = None
        self._cost: dict[str, int] = {}

    @property
    def _allowance(self) -> Allowance:
        allowance: Allowance = self.execution_context.context.allowance
        return allowance

    async def on_parse(self) -> AsyncIterator[None]:
        asked = self.execution_context
        known = self._documents.find(asked.query) if asked.query else None
        if known is not None:
            asked.graphql_document = known.ast
        elif asked.query:
            self._allowance.spend(len(asked.query) // _READ_FOR_ONE)
            read = partial(_parsed, asked.query, self._allowance.limits.tokens)
            asked.graphql_document = await self._allowance.read(len(asked.query), read)
        yield

    async def on_validate(self) -> AsyncIterator[None]:
        asked, text = self.execution_context, self.execution_context.query or ""
        found = self._documents.find(text)
        if found is None or found.errors is None:
            found = await self._allowance.read(len(text), partial(self._validated, found))
            self._documents.keep(text, found)
        self._document = document = self._within(found)
        asked.pre_execution_errors = document.errors
        yield

    async def on_execute(self) -> AsyncIterator[None]:
        """The first stage of a document that is known to be valid."""
        asked = self.execution_context
        document = self._document or self._measured()
        self._cost = told_cost(document, asked.operation_name, asked.variables, self._allowance)
        spend(document, self._cost, asked.context)
        async with self._allowance.turn():
            yield

    def get_results(self) -> dict[str, Any]:
        return {"cost": self._cost} if self._cost else {}

    def _measured(self) -> Document:
        """The operation's document."""
        asked = self.execution_context
        assert asked.graphql_document is not None
        found = self._documents.find(asked.query or "") or _measured(asked.schema._schema, asked.graphql_document)
        return self._within(found)

    def _validated(self, known: Document | None) -> Document:
        """The operation's document, measured before it is validated, which takes longer."""
        asked = self.execution_context
        assert asked.graphql_document is not None
        document = self._within(known or _measured(asked.schema._schema, asked.graphql_document))
        document.errors = validated(asked.schema._schema, document.ast, asked.validation_rules)
        return document

    def _within(self, document: Document) -> Document:
        """Its shape is checked once, unless it is asked within other limits."""
        limits = self._allowance.limits
        if document.within is not limits:
            for shape in document.plan.shapes:
                _check_shape(shape, limits)
            document.within = limits
        return document


def told_cost(
    document: Document, operation_name: str | None, variables: Mapping[str, Any] | None, allowance: Allowance
) -> dict[str, int]:
    """What an operation costs with these variables, and what one may, as its answer tells."""
    return {"requested": document.plan.cost(operation_name, variables or {}), "maximum": allowance.limits.cost}


def spend(document: Document, cost: Mapping[str, int], context: "Context") -> None:
    """Before an operation runs. Raises to refuse."""
    _check("cost", cost["requested"], cost["maximum"], "Ask for smaller pages, or for less inside them.")
    context.allowance.spend(cost["requested"])
    if document.reads:
        context.only_reads()
    if not document.times:
        context.without_times()


def _parsed(text: str, tokens: int) -> DocumentNode:
    try:
        return parse(text, max_tokens=tokens)
    except GraphQLSyntaxError as error:
        if f"more than {tokens} tokens" not in error.message:
            raise
        _check("tokens", tokens + 1, tokens, "Send values in variables, or split the document.")
        raise


def _measured(schema: GraphQLSchema, document: DocumentNode) -> Document:
    try:
        return Document(document, Plan(schema, document))
    except CycleError as error:
        names = ", ".join(dict.fromkeys(error.args[1]))
        raise Refusal("GRAPHQL_VALIDATION_FAILED", f"The fragments {names} spread each other in a circle.") from None


def _check_shape(shape: Shape, limits: Limits) -> None:
    _check("depth", shape.depth, limits.depth, "Ask for the deeper levels in another query, by their ids.")
    _check("aliases", shape.aliases, limits.aliases, "Ask for several things of one kind by ids, or in more queries.")
    _check("rootFields", shape.root_fields, limits.root_fields, "Split the document.")
    _check("directives", shape.directives, limits.directives, "Leave out what is not needed instead of skipping it.")


def _check(limit: str, value: int, maximum: int, advice: str) -> None:
    if value > maximum:
        message = f"The document's {_NAMES[limit]} would be {value}; at most {maximum} is allowed. {advice}"
        raise Refusal(TOO_COMPLEX, message, limit=limit, value=value, maximum=maximum)


_NAMES = {
    "tokens": "length in tokens",
    "depth": "depth",
    "aliases": "number of aliases",
    "rootFields": "number of root fields",
    "directives": "number of directives",
    "cost": "cost",
}
