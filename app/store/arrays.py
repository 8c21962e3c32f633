"""Arrays as parameters."""

from collections.abc import Iterable, Sequence


def numbers(ids: Iterable[int]) -> str:
    """Integers for `$n::text::bigint[]`. As a text they are sent in a tenth of the time: the driver looks at each item
    of a list before it writes it."""
    return "{" + ",".join(map(str, ids)) + "}"


def texts(values: Sequence[str]) -> str:
    """The same of texts, for `$n::text::text[]`, quoted as PostgreSQL reads arrays."""
    together = "".join(values)
    if '"' in together or "\\" in together:
        values = [value.replace("\\", "\\\\").replace('"', '\\"') for value in values]
    return '{"' + '","'.join(values) + '"}' if values else "{}"
