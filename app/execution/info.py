"""What resolvers are told of the run they are part of."""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    OperationDefinitionNode,
)
from graphql.pyutils import Path, is_awaitable
from graphql.type.definition import GraphQLResolveInfoHelpers


class ResolveInfo(NamedTuple):
    """graphql-core's resolve info with Strawberry's addition, `operation_extensions`, field by field as theirs."""

    field_name: str
    field_nodes: list[FieldNode]
    return_type: GraphQLOutputType
    parent_type: GraphQLObjectType
    path: Path
    schema: GraphQLSchema
    fragments: dict[str, FragmentDefinitionNode]
    root_value: Any
    operation: OperationDefinitionNode
    variable_values: dict[str, Any]
    context: Any
    is_awaitable: Callable[[Any], bool]
    abort_signal: Any
    async_helpers: GraphQLResolveInfoHelpers
    operation_extensions: dict[str, Any] | None


resolve_info: Callable[[tuple[Any, ...]], ResolveInfo] = partial(tuple.__new__, ResolveInfo)


async def _gather(awaitables: Sequence[Any]) -> list[Any]:
    return list(await asyncio.gather(*awaitables))


_tracked: set[asyncio.Future[Any]] = set()


def _track(values: Sequence[Any]) -> None:
    """Lets awaitables that nobody waits for come to their end."""
    for value in filter(is_awaitable, values):
        future = asyncio.ensure_future(value)
        _tracked.add(future)
        future.add_done_callback(_tracked.discard)


HELPERS = GraphQLResolveInfoHelpers(_gather, _track)
