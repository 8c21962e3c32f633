"""Exceptions as the log may tell them."""

import traceback
from collections.abc import Iterator


def without_texts(cause: BaseException | None) -> Iterator[str]:
    """Types, places and the database's codes of an exception and its causes. Never their texts, which quote data:
    e-mails, names, the password in an address."""
    seen: set[int] = set()
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        yield f"{type(cause).__module__}.{type(cause).__qualname__}{_database_names(cause)}\n"
        yield from traceback.format_tb(cause.__traceback__)
        cause = cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__)


def _database_names(cause: BaseException) -> str:
    names = (getattr(cause, name, None) for name in ("sqlstate", "table_name", "column_name", "constraint_name"))
    return "".join(f" {name}" for name in names if isinstance(name, str))
