"""Fields of types that are made without Strawberry, as graphql-core makes them: read as columns all the same."""

from collections.abc import Callable, Mapping, Sequence
from inspect import isawaitable
from typing import Any, NamedTuple

import strawberry
from graphql import GraphQLArgument, GraphQLField, GraphQLOutputType

from app.execution.declaring import alone, only
from app.tables import Table

NATIVE = "native"  # where a field's extensions keep the function for many parents


class Native(NamedTuple):
    """A function from all parents to their column, or from columns of what it reads `of` them; `informed` if the info
    is its next argument."""

    many: Callable[..., Any]
    informed: bool
    of: Sequence[str] = ()


def native_field(
    kind: GraphQLOutputType,
    many: Callable[..., Any],
    *,
    args: Mapping[str, GraphQLArgument] | None = None,
    informed: bool = False,
    of: Sequence[str] = (),
    description: str | None = None,
    deprecation_reason: str | None = None,
    extensions: Mapping[str, Any] | None = None,
) -> GraphQLField:
    """A field whose function is called once for all parents: `(parents, **arguments)`, or `(parents, info,
    **arguments)`; where it names attributes that it reads `of` them, with a column of each instead of the parents. It
    returns a value for each parent, at once or to be awaited; an exception fails that parent alone. Arguments come by
    their `out_name`."""
    return GraphQLField(
        kind,
        args=dict(args or {}),
        resolve=_informed(many, of) if informed else _plain(many, of),
        description=description,
        deprecation_reason=deprecation_reason,
        extensions={**(extensions or {}), NATIVE: Native(many, informed, of)},
    )


def _plain(many: Callable[..., Any], of: Sequence[str]) -> Callable[..., Any]:
    def resolve(source: Any, _info: Any, /, **arguments: Any) -> Any:
        return _one(many(*alone(source, of), **arguments))

    return resolve


def _informed(many: Callable[..., Any], of: Sequence[str]) -> Callable[..., Any]:
    def resolve(source: Any, info: Any, /, **arguments: Any) -> Any:
        return _one(many(*alone(source, of), native_info(info), **arguments))

    return resolve


def native_info(raw: Any) -> Any:
    """What Strawberry's resolvers are told, without a field of Strawberry's."""
    return strawberry.Info(_raw_info=raw, _field=None)  # type: ignore[arg-type]


def _one(column: Any) -> Any:
    return _later(column) if isawaitable(column) else only(column)


async def _later(column: Any) -> Any:
    value = only(await column)
    return await value if isawaitable(value) else value


def same(parents: Sequence[Any]) -> Sequence[Any]:
    """For a field whose objects are its parents, shown as another type."""
    return parents if type(parents) is Table else list(parents)
