"""Named statements, kept as SQL in files beside their callers."""

import re
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from types import SimpleNamespace

_HEADING = re.compile(r"^-- name: (\w+)\n", re.MULTILINE)
_WRITE = re.compile(r"\b(insert\s+into|update\s+\w+\s+set|delete\s+from)\b", re.IGNORECASE)
_TIME = re.compile(r"timestamptz_send\([a-z0-9_.]+\)")  # see domain/moments.py


@dataclass(frozen=True, slots=True)
class Statement:
    """One SQL statement. Values enter only as $n, and $1 is always the shop's id."""

    name: str
    sql: str


@lru_cache(maxsize=1_000)
def timeless(statement: Statement) -> Statement:
    """The statement without the times of what it finds, for those who will not look at them: they are null."""
    return Statement(statement.name, _TIME.sub("null::bytea", statement.sql))


@lru_cache(maxsize=1_000)
def writes(statement: Statement) -> bool:
    """Whether the statement may change a row; to lock one is no change."""
    return _WRITE.search(statement.sql) is not None


def load(file_name: str) -> SimpleNamespace:
    """The statements of one `.sql` file of this package, each an attribute named by its "-- name:" heading; for people
    and tests a statement's name is "contacts.by_ids"."""
    noun = file_name.removesuffix(".sql")
    _, *parts = _HEADING.split(files(__package__).joinpath(file_name).read_text())
    named = zip(parts[::2], parts[1::2], strict=True)
    return SimpleNamespace(**{name: Statement(f"{noun}.{name}", sql.strip().rstrip(";")) for name, sql in named})
