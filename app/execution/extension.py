"""Switches a Strawberry schema to breadth-first execution."""

from collections import OrderedDict
from collections.abc import AsyncIterator
from weakref import WeakKeyDictionary

import strawberry
from graphql import DocumentNode
from strawberry.extensions import SchemaExtension
from strawberry.types import ExecutionContext

from app.execution.plan import Operation, plan
from app.execution.run import Asked, execute


class Plans:
    """The plans of the latest documents, by text and operation name, up to a number of characters together."""

    def __init__(self, schema: strawberry.Schema, characters: int = 250_000) -> None:
        self._schema = schema
        self._room = characters
        self._kept: OrderedDict[tuple[str, str | None], Operation | None] = OrderedDict()
        self.made = 0
        self._hooked = any(_hooks(extension) for extension in schema.get_extensions())

    def find(self, text: str | None, document: DocumentNode, operation_name: str | None) -> Operation | None:
        """The plan, made now if it is not known; None where graphql-core is to run the operation."""
        if self._hooked:
            return None
        key = (text or "", operation_name)
        if text is not None and key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key]
        made = plan(self._schema, document, operation_name)
        self.made += 1
        if text is not None:
            self._keep(key, made)
        return made

    def _keep(self, key: tuple[str, str | None], made: Operation | None) -> None:
        self._kept[key] = made
        self._room -= len(key[0])
        while self._room < 0:
            (text, _), _ = self._kept.popitem(last=False)
            self._room += len(text)


_plans: WeakKeyDictionary[strawberry.Schema, Plans] = WeakKeyDictionary()


def plans_of(schema: strawberry.Schema) -> Plans:
    """The plans of a schema, made when first asked for."""
    if schema not in _plans:
        _plans[schema] = Plans(schema)
    return _plans[schema]


class BreadthFirst(SchemaExtension):
    """Runs the queries and mutations of the schema breadth-first; what it cannot plan, and all of a schema that hooks
    into every resolver, is left to graphql-core. For asynchronous execution."""

    async def on_execute(self) -> AsyncIterator[None]:
        asked = self.execution_context
        assert isinstance(asked.schema, strawberry.Schema)
        assert asked.graphql_document is not None
        found = plans_of(asked.schema).find(asked.query, asked.graphql_document, asked.operation_name)
        if found is not None and asked.result is None:
            asked.result = await execute(found, _asked(asked))
        yield


def _asked(by: ExecutionContext) -> Asked:
    return Asked(by.variables, by.context, by.root_value, by.operation_extensions)


def _hooks(extension: SchemaExtension) -> bool:
    return type(extension).resolve is not SchemaExtension.resolve
