"""What is done of each field in every run, worked out when it is planned: how its column is come by, how it is checked,
and the place where it is put."""

from collections.abc import Callable, Sequence
from inspect import isawaitable
from operator import attrgetter, itemgetter
from typing import TYPE_CHECKING, Any

from app.execution.columns import THERE, Attribute, Together, Values
from app.execution.leaves import Leaves
from app.tables import Table

if TYPE_CHECKING:
    from app.execution.plan import PlannedField
    from app.execution.run import Group, Run

Attributes = Sequence[Values]
"""Columns of what is read of the parents of a group, all at once."""

Step = Callable[["Group", "Run", Attributes], Sequence[Any] | None]
"""Gives a field's results, aligned with the parents; None where they are still open: to be awaited, or the next
level's."""


class Steps:
    """The fields of a selection, in the order of their columns. Those that are attributes, which come first, are only
    checked: they are read of the parents in one step, together with all that other fields are made of."""

    def __init__(self, fields: Sequence["PlannedField"]) -> None:
        plain = [field for field in fields if _is_plain(field)]
        others = [field for field in fields if not _is_plain(field)]
        self.fields = [*plain, *others]
        paths = [path for field in plain for path in field.reading.of]
        paths += dict.fromkeys(path for field in others for path in field.reading.of if path not in paths)
        self._read = _reading(paths)
        self._checks = [field.completion.known for field in plain if isinstance(field.completion, Leaves)]
        self._steps = [_step(field, place, paths) for place, field in enumerate(others, len(plain))]
        self._apart = [_apart(field, place) for place, field in enumerate(self.fields)]

    def take(self, group: "Group", run: "Run") -> list[Any]:
        """The columns of the fields, as far as they are there."""
        read = self._read(group.parents)
        if read is None:
            return [step(group, run, ()) for step in self._apart]
        columns: list[Any] = [check(column) for check, column in zip(self._checks, read, strict=False)]
        if None in columns:
            self._look_at(columns, read, group, run)
        columns += [step(group, run, read) for step in self._steps]
        return columns

    def _look_at(self, columns: Sequence[Any], read: Attributes, group: "Group", run: "Run") -> None:
        """What the checks were not sure of is completed carefully."""
        for place, column in enumerate(columns):
            if column is None:
                field = self.fields[place]
                group.open.append((place, field.completion.unsure(read[place], group.fields(field), run)))


def _is_plain(field: "PlannedField") -> bool:
    return isinstance(field.reading, Attribute) and isinstance(field.completion, Leaves)


def _reading(paths: Sequence[str]) -> Callable[[Values], Attributes | None]:
    """What reads the attributes of all parents; it gives None where one fails, or raises StopIteration, which ends a
    map: then each field is to read for itself."""
    if not paths:
        return lambda _parents: ()
    getter, single = attrgetter(*paths), len(paths) == 1

    def read(parents: Values) -> Attributes | None:
        try:
            if type(parents) is Table:
                return [*map(parents.columns.__getitem__, paths)]
            found = [*map(getter, parents)]
            if len(found) != len(parents):
                return None
            return [found] if single else [*zip(*found, strict=True)]
        except Exception:
            return None

    return read


def _step(field: "PlannedField", place: int, paths: Sequence[str]) -> Step:
    reading, complete = field.reading, _completing(field, place)
    if not reading.of:
        return _apart(field, place)
    first, *more = (paths.index(path) for path in reading.of)
    if not isinstance(reading, Together):
        return lambda group, run, read: complete(read[first], group, run)
    choose: Any = itemgetter(first, *more) if more else itemgetter(slice(first, first + 1))
    made = reading.made
    known = field.completion.known if isinstance(field.completion, Leaves) else _unknown

    def step(group: "Group", run: "Run", read: Attributes) -> Sequence[Any] | None:
        column = made(choose(read), len(group.parents), run)
        if type(column) is list and (results := known(column)) is not None:
            return list(results)  # whoever made the column may change it
        return complete(column, group, run)

    return step


def _unknown(_column: Values) -> None:
    return None


def _apart(field: "PlannedField", place: int) -> Step:
    """Of a field that reads for itself."""
    read, complete = field.reading.read, _completing(field, place)

    def step(group: "Group", run: "Run", _read: Attributes) -> Sequence[Any] | None:
        return complete(read(group, run), group, run)

    return step


def _completing(field: "PlannedField", place: int) -> Callable[[Any, "Group", "Run"], Sequence[Any] | None]:
    """How a column becomes results: at once if it is there at once, as it is now."""
    completion, at_once = field.completion, field.completion.at_once

    def complete(column: Any, group: "Group", run: "Run") -> Sequence[Any] | None:
        if type(column) not in THERE and isawaitable(column):
            run.waiting.append((group, place, field, column))
            return None
        results = at_once(column)
        if results is None:
            group.open.append((place, completion.unsure(column, group.fields(field), run)))
        return results

    return complete
