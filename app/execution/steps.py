"""What is done of each field in every run, worked out when it is planned.

Most fields are leaves that are attributes of their parents, or made of attributes by a function. All these of a
selection are one step: what they need is read together, and their columns are checked against their types. Where
anything is unusual about them, they are read and completed one by one, as the other fields are.
"""

from collections.abc import Callable, Sequence
from inspect import isawaitable
from operator import attrgetter, itemgetter
from typing import TYPE_CHECKING, Any

from app.execution.assembling import READY
from app.execution.columns import THERE, Attribute, Typename, Values
from app.execution.leaves import Leaves
from app.execution.positions import Fields
from app.execution.rows import zipping
from app.tables import Table

if TYPE_CHECKING:
    from app.execution.plan import PlannedField
    from app.execution.run import Group, Run

Step = Callable[["Group", "Run"], Sequence[Any] | None]
"""Gives a field's results, aligned with the parents; None where they are still open: to be awaited, or the next
level's."""


class Steps:
    """The fields of a selection."""

    def __init__(self, fields: Sequence["PlannedField"]) -> None:
        plain = [field for field in fields if _is_leaf(field) and isinstance(field.reading, Attribute)]
        made = [field for field in fields if _is_leaf(field) and field.reading.made is not None]
        leaves = [*plain, *made]
        same = [field for field in fields if isinstance(field.reading, Typename) and leaves]
        others = [field for field in fields if field not in leaves and field not in same]
        self.only_leaves = bool(leaves) and not others
        self.leaves = _together(plain, made) if leaves else lambda _parents: []
        """The columns of the leaves for these parents; None where they are to be looked at one by one."""
        placed = [*leaves, *others]
        self.rows = zipping(_keys(fields), _keys(placed), {field.key: field.parent.name for field in same})
        """Makes rows of columns."""
        self._apart = [_apart(field, place) for place, field in enumerate(placed)]
        self._others = self._apart[len(leaves) :]

    def take(self, group: "Group", run: "Run") -> list[Any]:
        """The columns of the fields, as far as they are there."""
        columns: list[Any] | None = self.leaves(group.parents)
        if columns is None:
            return [step(group, run) for step in self._apart]
        if self._others:
            columns += [step(group, run) for step in self._others]
        return columns


def _keys(fields: Sequence["PlannedField"]) -> tuple[str, ...]:
    return tuple(field.key for field in fields)


def _is_leaf(field: "PlannedField") -> bool:
    return isinstance(field.completion, Leaves)


def _together(plain: Sequence["PlannedField"], made: Sequence["PlannedField"]) -> Callable[[Values], list[Any] | None]:
    """Of leaves that are attributes, and of those that are made of attributes."""
    paths = [path for field in plain for path in field.reading.of]
    paths += dict.fromkeys(path for field in made for path in field.reading.of if path not in paths)
    checks = [field.completion.known for field in (*plain, *made) if isinstance(field.completion, Leaves)]
    makes: Any = [(field.reading.made, _choosing([*map(paths.index, field.reading.of)])) for field in made]
    getter, single, first = attrgetter(*paths), len(paths) == 1, len(plain)

    def columns(parents: Values) -> list[Any] | None:
        try:
            if type(parents) is Table:
                read = [*map(parents.columns.__getitem__, paths)]
            else:
                found = [*map(getter, parents)]  # which one that raises StopIteration ends
                read = [found] if single else [*zip(*found, strict=True)]
            if makes:
                read = [*read[:first], *[make(*choose(read)) for make, choose in makes]]
            if {*map(type, read)} <= READY and {*map(len, read)} == {len(parents)}:
                known = [check(column) for check, column in zip(checks, read, strict=True)]
                return None if None in known else known
        except Exception:
            pass
        return None

    return columns


def _choosing(places: Sequence[int]) -> Callable[[Any], Any]:
    """From all columns to those at the places."""
    return itemgetter(*places) if len(places) > 1 else itemgetter(slice(places[0], places[0] + 1))


def _apart(field: "PlannedField", place: int) -> Step:
    read, complete = field.reading.read, field.completion.complete

    def step(group: "Group", run: "Run") -> Sequence[Any] | None:
        column: Any = read(group, run)
        if type(column) not in THERE and isawaitable(column):
            run.waiting.append((group, place, field, column))
            return None
        results = complete(column, Fields(group.where, field), run)
        if type(results) in READY:
            return results  # type: ignore[return-value]
        group.open.append((place, results))
        return None

    return step
