"""Switches a Strawberry schema to breadth-first execution."""

from collections.abc import AsyncIterator, Callable
from weakref import ref

import strawberry
from graphql import DocumentNode
from strawberry.extensions import SchemaExtension

from app.execution.plan import Operation, plan
from app.execution.run import Asked, execute
from app.execution.shelf import Shelf

Planned = Operation | None
_ROOM = 500_000


class Plans:
    """The plans of a schema's latest documents, by text and operation name, up to a weight together with those of its
    `family`: that of a plan is its text's length and ten for each planned field. An extension that rewrites documents
    must rewrite their text, too."""

    def __init__(self, schema: strawberry.Schema, family: "Plans | None" = None) -> None:
        self._schema = ref(schema)  # which keeps us
        self.shelf: Shelf[Planned] = family.shelf if family is not None else Shelf(_ROOM)
        self._owner = self.shelf.owner()
        self.made = 0
        self._hooked = any(_hooks(extension) for extension in schema.get_extensions())

    def find(self, text: str | None, document: DocumentNode, operation_name: str | None) -> Planned:
        """The plan, made now if it is not known; None where graphql-core is to run the operation."""
        if self._hooked:
            return None
        found = self.shelf.find(self._owner, (text or "", operation_name))
        if found is not None:
            return found[0]
        self.made += 1
        schema = self._schema()
        assert schema is not None
        made = plan(schema, document, operation_name)
        if text is not None:
            self._keep(text, operation_name, made)
        return made

    def weigh(self, text: str | None, operation_name: str | None) -> None:
        """To be called after each use of a plan, which may have grown. Where all are too heavy the oldest go."""
        found = self.shelf.find(self._owner, (text or "", operation_name))
        if found is not None:
            self._keep(text or "", operation_name, found[0])

    def forget(self) -> None:
        """Ends the plans of a schema that is not used any more."""
        self.shelf.forget(self._owner)

    def _keep(self, text: str, operation_name: str | None, made: Planned) -> None:
        weight = len(text) + (10 * made.size if made is not None else 0)
        self.shelf.keep(self._owner, (text, operation_name), made, weight)


_PLANS = "_breadth_first_plans"


def plans_of(schema: strawberry.Schema) -> Plans:
    """The plans of a schema, kept by the schema itself."""
    plans: Plans | None = vars(schema).get(_PLANS)
    if plans is None:
        plans = vars(schema)[_PLANS] = Plans(schema)
    return plans


def share_plans(schema: strawberry.Schema, family: strawberry.Schema) -> None:
    """Gives a schema plans of its own, which take up room together with those of another."""
    vars(schema)[_PLANS] = Plans(schema, plans_of(family))


class BreadthFirst(SchemaExtension):
    """Runs the queries and mutations of the schema breadth-first; what it cannot plan, and all of a schema that hooks
    into every resolver, is left to graphql-core. For asynchronous execution."""

    async def on_execute(self) -> AsyncIterator[None]:
        asked = self.execution_context
        assert isinstance(asked.schema, strawberry.Schema)
        assert asked.graphql_document is not None
        plans = plans_of(asked.schema)
        found = plans.find(asked.query, asked.graphql_document, asked.operation_name)
        if found is not None and asked.result is None:
            asked.result = await execute(found, self._asked())
            plans.weigh(asked.query, asked.operation_name)
        yield

    def levels(self) -> Callable[[float, int], None] | None:
        """Who is told of each level of this operation; for subclasses."""
        return None

    def _asked(self) -> Asked:
        by = self.execution_context
        return Asked(by.variables, by.context, by.root_value, by.operation_extensions, self.levels())


def _hooks(extension: SchemaExtension) -> bool:
    return type(extension).resolve is not SchemaExtension.resolve
