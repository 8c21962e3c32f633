"""Inputs of exactly one field, made without Strawberry, whose printer and introspection look for its own mark."""

from collections.abc import Callable
from typing import Any

import strawberry
from graphql import GraphQLInputObjectType


@strawberry.input(one_of=True)
class _Marked:
    anything: int | None = strawberry.UNSET


_MARK = {"strawberry-definition": _Marked.__strawberry_definition__}  # type: ignore[attr-defined]


def one_of(
    name: str, fields: Any, description: str, out_type: Callable[[dict[str, Any]], Any] | None = None
) -> GraphQLInputObjectType:
    """An input that takes exactly one of its fields, and not null."""
    return GraphQLInputObjectType(name, fields, description, out_type, extensions=_MARK, is_one_of=True)
