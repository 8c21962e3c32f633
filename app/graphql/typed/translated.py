"""Typed conditions and orders in general form, and the way back: where something is wrong is told as it was sent."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from app.domain.aggregates import Unit
from app.domain.orders import Direction, Nulls
from app.domain.problems import Problem
from app.graphql.aggregate_types import GroupFigure

Shown = tuple[int, str]  # how many steps before a step of the general path are not shown, and what is shown instead


class Translated(dict[str, Any]):
    """An object in general form. `steps` tells how its keys were called; the others are called as they are."""

    def __init__(self, items: Iterable[tuple[str, Any]] = ()) -> None:
        super().__init__(items)
        self.steps: dict[str, Shown] = {}

    def put(self, key: str, value: Any, shown: str, drop: int = 0) -> None:
        self[key] = value
        self.steps[key] = (drop, shown)


class TranslatedList(list[Any]):
    """The same for a list, by position."""

    def __init__(self, items: Iterable[Any], steps: Mapping[str, Shown] | None = None) -> None:
        super().__init__(items)
        self.steps = steps or {}


@dataclass(frozen=True, slots=True)
class TypedOrder:
    """One field of an order: as in general form, and how its path was sent."""

    field: str
    direction: Direction
    nulls: Nulls
    shown: str


@dataclass(frozen=True, slots=True)
class TypedKey:
    """What rows of a group have in common, as in general form."""

    field: str
    unit: Unit | None


@dataclass(frozen=True, slots=True)
class TypedGroupOrder:
    """What groups are ordered by, as in general form."""

    by: GroupFigure
    field: str | None
    direction: Direction
    nulls: Nulls


class OnDefinition(NamedTuple):
    """A condition on the records of a definition, by its key; `name` is what it was called."""

    definition: str
    condition: Any
    name: str


def shown_path(path: str, sent: Any) -> str:
    """The path of a problem in general form ("where.contact_id.is.email") as it was sent ("where.contact.email")."""
    root, *steps = path.split(".")
    shown, at = [root], sent
    while steps:
        step = _step(at, steps)
        del steps[: step.count(".") + 1]
        drop, name = getattr(at, "steps", {}).get(step, (0, step))
        if drop:
            del shown[-drop:]
        if name:
            shown.append(name)
        at = _inside(at, step)
    return ".".join(shown)


def as_sent(problems: tuple[Problem, ...], root: str, sent: Any, name: str) -> tuple[Problem, ...]:
    """The problems of a condition in general form, whose paths begin with `root`, as it was sent by types under that
    name; as they are where it was not."""
    if sent is None:
        return problems

    def path(told: str | None) -> str | None:
        within = told is not None and told.partition(".")[0] == root
        return f"{name}{shown_path(told, sent).removeprefix(root)}" if told is not None and within else told

    return tuple(replace(each, path=path(each.path)) for each in problems)


def _step(value: Any, steps: list[str]) -> str:
    """The next key. Some lead along relations and have points inside."""
    joined = (".".join(steps[:length]) for length in range(len(steps), 1, -1))
    return next((key for key in joined if isinstance(value, dict) and key in value), steps[0])


def _inside(value: Any, step: str) -> Any:
    if isinstance(value, list):
        return value[int(step)] if step.isdigit() and int(step) < len(value) else None
    return value.get(step) if isinstance(value, dict) else None
