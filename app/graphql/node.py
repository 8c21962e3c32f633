"""Opaque ids, the same for every type: the type's name and its own key, encoded."""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from typing import Any

import strawberry

from app.domain.references import as_id
from app.execution import Column, batched

_id: Callable[[object], strawberry.ID] = str  # type: ignore[assignment]  # which is what an ID is
_OPAQUE = "Opaque and stable; means nothing in another shop."


@strawberry.interface(description="Anything that can be fetched again by its `id`.")
class Node:
    id: strawberry.ID = strawberry.field(description=_OPAQUE)


def opaque_id(type_name: str, path: str = "row.id") -> Any:
    """The field `id` of a type whose own key is there."""

    def ids(keys: Sequence[Any]) -> Column[strawberry.ID]:
        return [encode(type_name, key) for key in keys]

    return batched(ids, of=(path,), description=_OPAQUE)


def own_id(path: str = "row.id") -> Any:
    """A field that tells the type's own key, as a text."""

    def ids(keys: Sequence[Any]) -> Column[strawberry.ID]:
        return list(map(_id, keys))

    return batched(ids, of=(path,))


def encode(type_name: str, key: object) -> strawberry.ID:
    """The opaque id of a thing: base64url of "Contact:12"."""
    return strawberry.ID(urlsafe_b64encode(f"{type_name}:{key}".encode()).rstrip(b"=").decode())


def decode(text: str) -> tuple[str, str] | None:
    """The type's name and key in an opaque id; None if the text is none. Never raises."""
    try:
        plain = urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4)).decode()
    except (ValueError, binascii.Error):
        return None
    type_name, colon, key = plain.partition(":")
    return (type_name, key) if colon else None


def number(text: str) -> int | None:
    """A canonical numeric id written in digits, or None."""
    return as_id(int(text)) if text.isascii() and text.isdigit() and len(text) < 20 else None


def number_of(text: str, type_name: str) -> int | None:
    """A numeric id given as itself ("12") or as the opaque id of that type; None if it is neither."""
    decoded = decode(text) if not text.isdigit() else None
    if decoded is not None:
        return number(decoded[1]) if decoded[0] == type_name else None
    return number(text)
