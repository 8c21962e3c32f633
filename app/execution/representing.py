"""Objects of a type that are not instances of its Strawberry class."""

from collections.abc import Callable
from typing import Any

REPRESENTED = "represented"


def represents(stands_for: type) -> Any:
    """The `is_type_of` of a type whose objects are of another class, exactly: something light, such as a named tuple,
    with the attributes that the type's resolvers read. A page makes hundreds of them."""

    def is_type_of(value: object, _info: Any) -> bool:
        return type(value) is stands_for

    setattr(is_type_of, REPRESENTED, stands_for)
    return is_type_of


def represented(is_type_of: Callable[..., Any] | None) -> type | None:
    """The class named to `represents`."""
    return getattr(is_type_of, REPRESENTED, None)
