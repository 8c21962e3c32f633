"""Introspection beside the loop: what a large schema tells of itself takes a second to put together, and waits for
nothing meanwhile."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any

from graphql import DocumentNode, FieldNode, GraphQLSchema, OperationDefinitionNode

_INTROSPECTION = {"__schema", "__type", "__typename"}


def in_thread(execute: Callable[..., Any]) -> Callable[..., Any]:
    """graphql-core's function, made to answer operations that ask for nothing but the schema in a thread."""

    def run(schema: GraphQLSchema, document: DocumentNode, **asked: Any) -> Any:
        if not _only_introspection(document, asked.get("operation_name")):
            return execute(schema, document, **asked)
        return asyncio.to_thread(partial(execute, schema, document, **asked))

    return run


def _only_introspection(document: DocumentNode, name: str | None) -> bool:
    """Whether the operation's own fields are all of that kind, and one of them may have much to tell."""
    for each in document.definitions:
        if isinstance(each, OperationDefinitionNode) and name in (None, each.name and each.name.value):
            fields = [node.name.value if isinstance(node, FieldNode) else "" for node in each.selection_set.selections]
            return "__schema" in fields and _INTROSPECTION.issuperset(fields)
    return False
