"""A slice of an ordered list, and the range of an index that a prefix covers."""

from typing import Generic, NamedTuple, TypeVar

from app.domain.text import after_prefix, search_key

K = TypeVar("K")

PrefixSearch = str | None

_BEHIND_ALL = "\U0010ffff" * 4


class Page(NamedTuple, Generic[K]):
    """At most `limit` rows strictly between two keys, from the front or (backward) from the back, nearest first."""

    limit: int
    after: K | None = None
    before: K | None = None
    backward: bool = False


def prefix_range(search: str) -> tuple[str, str]:
    """From where, and up to but not including where, a searched prefix reaches in the order of code points."""
    prefix = search_key(search)
    return prefix, after_prefix(prefix) or _BEHIND_ALL
