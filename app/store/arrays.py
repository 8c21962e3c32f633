"""Arrays as parameters."""

from collections.abc import Iterable


def numbers(ids: Iterable[int]) -> str:
    """Integers for `$n::text::bigint[]`. As a text they are sent in a tenth of the time: the driver looks at each item
    of a list before it writes it."""
    return "{" + ",".join(map(str, ids)) + "}"
