"""Switches a Strawberry schema to breadth-first execution."""

from collections import OrderedDict
from collections.abc import AsyncIterator

import strawberry
from graphql import DocumentNode
from strawberry.extensions import SchemaExtension
from strawberry.types import ExecutionContext

from app.execution.plan import Operation, plan
from app.execution.run import Asked, execute


class Plans:
    """The plans of the latest documents, by text and operation name, up to a weight together: that of a plan is its
    text's length and ten for each planned field. An extension that rewrites documents must rewrite their text, too."""

    def __init__(self, schema: strawberry.Schema, weight: int = 500_000) -> None:
        self._schema = schema
        self._room = weight
        self._kept: OrderedDict[tuple[str, str | None], tuple[Operation | None, int]] = OrderedDict()
        self.made = 0
        self._hooked = any(_hooks(extension) for extension in schema.get_extensions())

    def find(self, text: str | None, document: DocumentNode, operation_name: str | None) -> Operation | None:
        """The plan, made now if it is not known; None where graphql-core is to run the operation."""
        if self._hooked:
            return None
        key = (text or "", operation_name)
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key][0]
        self.made += 1
        made = plan(self._schema, document, operation_name)
        if text is not None:
            self._kept[key] = made, 0
            self.weigh(text, operation_name)
        return made

    def weigh(self, text: str | None, operation_name: str | None) -> None:
        """To be called after each use of a plan, which may have grown. Where all are too heavy the oldest go."""
        key = (text or "", operation_name)
        if key not in self._kept:
            return
        kept, weighed = self._kept[key]
        weight = len(key[0]) + (10 * kept.size if kept is not None else 0)
        self._kept[key] = kept, weight
        self._room += weighed - weight
        while self._room < 0 and len(self._kept) > 1:
            _, (_, freed) = self._kept.popitem(last=False)
            self._room += freed


_PLANS = "_breadth_first_plans"


def plans_of(schema: strawberry.Schema) -> Plans:
    """The plans of a schema, kept by the schema itself."""
    plans: Plans | None = vars(schema).get(_PLANS)
    if plans is None:
        plans = vars(schema)[_PLANS] = Plans(schema)
    return plans


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
            asked.result = await execute(found, _asked(asked))
            plans.weigh(asked.query, asked.operation_name)
        yield


def _asked(by: ExecutionContext) -> Asked:
    return Asked(by.variables, by.context, by.root_value, by.operation_extensions)


def _hooks(extension: SchemaExtension) -> bool:
    return type(extension).resolve is not SchemaExtension.resolve
