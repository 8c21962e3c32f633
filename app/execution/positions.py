"""Where the values of a column stand in the response. Asked only when something failed, or by who wants to know."""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import TYPE_CHECKING, Protocol

from graphql.pyutils import Path

if TYPE_CHECKING:
    from app.execution.plan import PlannedField


class Positions(Protocol):
    """The positions of a column's values, by their index in the column."""

    @property
    def nullable(self) -> bool:
        """Whether null is allowed here."""

    def path(self, index: int) -> Path | None:
        """From the root to the value; None is the root itself."""

    def field(self, index: int) -> Path | None:
        """From the root to the field whose value this is, or is part of."""

    def nulled(self, index: int) -> Path | None:
        """The position that becomes null when this value fails: its own, or the nearest around it that may be."""


class Root:
    """The operation's own object."""

    nullable = True

    def path(self, _index: int) -> Path | None:
        return None

    field = nulled = path


class Fields:
    """The values of a field, one for each object of a group."""

    __slots__ = ("_field", "_objects")

    def __init__(self, objects: Positions, field: "PlannedField") -> None:
        self._objects = objects
        self._field = field

    @property
    def nullable(self) -> bool:
        return self._field.completion.nullable

    def path(self, index: int) -> Path:
        return Path(self._objects.path(index), self._field.key, self._field.parent.name)

    field = path

    def nulled(self, index: int) -> Path | None:
        return self.path(index) if self.nullable else self._objects.nulled(index)


class Items:
    """The items of lists, one list after the other."""

    def __init__(self, lists: Positions, lengths: Sequence[int], *, nullable: bool) -> None:
        self._lists = lists
        self._lengths = lengths
        self._ends: list[int] = []
        self.nullable = nullable

    def path(self, index: int) -> Path:
        which = self._which(index)
        start = self._ends[which] - self._lengths[which]
        return Path(self._lists.path(which), index - start, None)

    def field(self, index: int) -> Path | None:
        return self._lists.field(self._which(index))

    def nulled(self, index: int) -> Path | None:
        return self.path(index) if self.nullable else self._lists.nulled(self._which(index))

    def _which(self, index: int) -> int:
        """The list that the item is in."""
        self._ends = self._ends or list(accumulate(self._lengths))
        return bisect_right(self._ends, index)


class Chosen:
    """Some of the values of a column, by their indexes there."""

    def __init__(self, column: Positions, indexes: Sequence[int]) -> None:
        self._column = column
        self._indexes = indexes
        self.nullable = column.nullable

    def path(self, index: int) -> Path | None:
        return self._column.path(self._indexes[index])

    def field(self, index: int) -> Path | None:
        return self._column.field(self._indexes[index])

    def nulled(self, index: int) -> Path | None:
        return self._column.nulled(self._indexes[index])
