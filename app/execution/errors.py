"""Errors of fields, and the nulls they leave. Source: the specification, "Handling Execution Errors"."""

from typing import Final

from graphql import GraphQLError
from graphql.pyutils import Path


class _Nulled:
    """Stands, while columns are zipped into rows, where null is not allowed and so must climb to what holds it."""

    def __repr__(self) -> str:
        return "NULLED"


NULLED: Final = _Nulled()


class Errors:
    """The errors of an operation: one for each position that became null, and none beneath a position that was null
    already when it came."""

    def __init__(self) -> None:
        self.found: list[GraphQLError] = []
        self._nulled: set[Path | None] = set()

    def add(self, error: GraphQLError, nulled: Path | None) -> None:
        """`nulled` is the position that becomes null by this error; None is all of the data."""
        if not self._hidden(nulled):
            self._nulled.add(nulled)
            self.found.append(error)

    def _hidden(self, position: Path | None) -> bool:
        if not self._nulled:
            return False
        while position is not None and position not in self._nulled:
            position = position.prev
        return position in self._nulled
