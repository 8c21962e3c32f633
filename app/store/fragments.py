"""A statement's text while it is put together: its parameters and the names of its tables.

Whatever a user sent becomes a parameter. What is text comes from this package alone.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NewType

from app.domain.definitions import Definition

Sql = NewType("Sql", str)
"""A fragment of SQL that this package wrote."""


class Fragments:
    """Numbers the parameters, from $2 on ($1 is the shop), and the tables."""

    def __init__(self) -> None:
        self.parameters: list[Any] = []
        self._known: dict[tuple[Any, str], Sql] = {}
        self._tables = 0
        self.singly = False  # whether each row is asked by itself what its relations lead to

    def parameter(self, value: Any, kind: str) -> Sql:
        """The value, as a parameter of that type of the database's."""
        self.parameters.append(value)
        return Sql(f"${len(self.parameters) + 1}::{kind}")

    def name(self, name: str) -> Sql:
        """The name of a field, as a parameter: always the same one."""
        return self._once(name, "text")

    def zone(self, name: str) -> Sql:
        """The name of a time zone."""
        return self._once(name, "text")

    def definition(self, definition: Definition) -> Sql:
        return self._once(definition.id, "bigint")

    def _once(self, value: Any, kind: str) -> Sql:
        if (value, kind) not in self._known:
            self._known[value, kind] = self.parameter(value, kind)
        return self._known[value, kind]

    @contextmanager
    def row_by_row(self) -> Iterator[None]:
        """What is composed meanwhile is looked up row by row, by the index of the relation: the planner may rather read
        all that it leads to, where a page needs few rows."""
        self.singly = True
        try:
            yield
        finally:
            self.singly = False

    def table(self) -> Sql:
        """A name for one more table."""
        self._tables += 1
        return Sql(f"t{self._tables}")


def joined(parts: list[Sql], by: str, otherwise: str) -> Sql:
    """Several conditions in brackets; of none what is said otherwise."""
    if len(parts) < 2:
        return parts[0] if parts else Sql(otherwise)
    return Sql("(" + f" {by} ".join(parts) + ")")
