"""Root fields: described by the resolver's own docstring, and guarded by the scope they need."""

from collections.abc import Awaitable, Callable
from functools import wraps
from inspect import getdoc
from typing import Any

import strawberry

from app.domain.access import Scope
from app.graphql.access import require

Resolver = Callable[..., Awaitable[Any]]


def field(resolver: Resolver, *, contacts: bool = False) -> Any:
    """A root field for reading: keys need the scope `read`; contact tokens are let in where `contacts` says so."""
    return strawberry.field(_guarded(resolver, Scope.READ, contacts), description=_description(resolver))


def mutation(resolver: Resolver, scope: Scope) -> Any:
    """A mutation: for keys with that scope."""
    return strawberry.mutation(_guarded(resolver, scope, contacts=False), description=_description(resolver))


def _guarded(resolver: Resolver, scope: Scope, contacts: bool) -> Resolver:
    @wraps(resolver)
    async def guarded(info: Any, **arguments: Any) -> Any:
        require(info, scope, contacts=contacts)
        return await resolver(info, **arguments)

    return guarded


def _description(resolver: Resolver) -> str | None:
    text = getdoc(resolver)
    return " ".join(text.split()) if text else None
