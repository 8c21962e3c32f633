"""Makers of fields for the test graph: a resolver for each kind of leaf and list, sync and async."""

from collections.abc import Callable
from typing import Any, NewType, Protocol

import strawberry
from strawberry.extensions import FieldExtension
from strawberry.permission import BasePermission
from strawberry.types import Info

from tests.execution import faults


class Numbered(Protocol):
    """Whatever decides by its number."""

    number: int


def number_of(source: Numbered | None) -> int:
    """The node's number; the root has none."""
    return source.number if source is not None else 0


def only_even(value: object) -> object:
    """The serialiser of the test graph's own scalar: gives even numbers, null for -4, refuses the others."""
    if not isinstance(value, int) or value % 2:
        raise ValueError(f"{value!r} is not even")
    return None if value == -4 else value


def read_even(value: object) -> int:
    """The parser of the test graph's own scalar."""
    if not isinstance(value, int) or value % 2:
        raise ValueError(f"{value!r} is not even")
    return value


Even = NewType("Even", int)
EVEN = strawberry.scalar(name="Even", serialize=only_even, parse_value=read_even)


class Allowed(BasePermission):
    """Refuses three numbers in sixteen; asks asynchronously for none, so sync fields stay sync."""

    message = "not allowed"
    error_extensions = {"code": "FORBIDDEN"}  # noqa: RUF012  (strawberry's own form)

    def has_permission(self, source: Any, info: Info, **kwargs: Any) -> bool:  # noqa: ARG002
        return number_of(source) % 16 not in (2, 5, 9)


class AllowedLater(BasePermission):
    """The same rule, awaited."""

    message = "not allowed later"

    async def has_permission(self, source: Any, info: Info, **kwargs: Any) -> bool:  # noqa: ARG002
        return number_of(source) % 16 not in (2, 5, 9)


class Doubled(FieldExtension):
    """Answers a text twice over."""

    def resolve(self, next_: Callable[..., Any], source: Any, info: Info, **kwargs: Any) -> Any:
        return twice(next_(source, info, **kwargs))

    async def resolve_async(self, next_: Callable[..., Any], source: Any, info: Info, **kwargs: Any) -> Any:
        return twice(await next_(source, info, **kwargs))


def twice(value: object) -> object:
    """A text twice; anything else as it is."""
    return value * 2 if isinstance(value, str) else value


def leaf(kind: str, shift: int = 0) -> Any:
    """A field giving one leaf; `shift` lets two fields of a kind differ on the same node."""

    def resolve(self: Any, seed: int = 0) -> Any:
        return faults.leaf(kind, number_of(self) + seed + shift)

    return strawberry.field(resolver=resolve)


def late_leaf(kind: str, shift: int = 0) -> Any:
    """The same with an async resolver."""

    async def resolve(self: Any, seed: int = 0) -> Any:
        value = faults.leaf(kind, number_of(self) + seed + shift)
        return await value if isinstance(value, faults.Later) else value

    return strawberry.field(resolver=resolve)


def listing(item: Callable[[int], object], shift: int = 0, depth: int = 1) -> Any:
    """A field giving a list, in any form a resolver may give one."""

    def resolve(self: Any, seed: int = 0) -> Any:
        turn = number_of(self) * 3 + seed + shift
        return faults.spoiled(turn // 4, faults.listed(turn, item, depth))

    return strawberry.field(resolver=resolve)


def late_listing(item: Callable[[int], object], shift: int = 0, depth: int = 1) -> Any:
    """The same with an async resolver."""

    async def resolve(self: Any, seed: int = 0) -> Any:
        return faults.listed(number_of(self) * 3 + seed + shift, item, depth)

    return strawberry.field(resolver=resolve)


def one(item: Callable[[int], object], shift: int = 0) -> Any:
    """A field giving one object."""

    def resolve(self: Any, seed: int = 0) -> Any:
        return item(number_of(self) + seed + shift)

    return strawberry.field(resolver=resolve)


def late_one(item: Callable[[int], object], shift: int = 0) -> Any:
    """The same with an async resolver."""

    async def resolve(self: Any, seed: int = 0) -> Any:
        value = item(number_of(self) + seed + shift)
        return await value if isinstance(value, faults.Later) else value

    return strawberry.field(resolver=resolve)


SCALARS: dict[object, Any] = {Even: EVEN}
"""What the schema's configuration needs to know of own scalars."""
