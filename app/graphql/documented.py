"""Fields whose description is the resolver's own docstring, so that code and explorer say the same."""

from collections.abc import Callable
from inspect import getdoc
from typing import Any

import strawberry


def field(resolver: Callable[..., Any]) -> Any:
    """A field of the graph, described by the resolver's docstring."""
    return strawberry.field(resolver, description=_description(resolver))


def mutation(resolver: Callable[..., Any]) -> Any:
    """A mutation, described by the resolver's docstring."""
    return strawberry.mutation(resolver, description=_description(resolver))


def _description(resolver: Callable[..., Any]) -> str | None:
    text = getdoc(resolver)
    return " ".join(text.split()) if text else None
