"""Typed conditions and orders in general form, and the way back: where something is wrong is told as it was sent."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.domain.orders import Direction, Nulls

Shown = tuple[int, str]  # how many steps before a step of the general path are not shown, and what is shown instead


class Translated(dict[str, Any]):
    """An object in general form. `steps` tells how its keys were called; the others are called as they are."""

    def __init__(self) -> None:
        super().__init__()
        self.steps: dict[str, Shown] = {}

    def put(self, key: str, value: Any, shown: str, drop: int = 0) -> None:
        self[key] = value
        self.steps[key] = (drop, shown)


class TranslatedList(list[Any]):
    """The same for a list, by position."""

    def __init__(self, items: list[Any], steps: Mapping[str, Shown]) -> None:
        super().__init__(items)
        self.steps = steps


@dataclass(frozen=True, slots=True)
class TypedOrder:
    """One field of an order: as in general form, and how its path was sent."""

    field: str
    direction: Direction
    nulls: Nulls
    shown: str


def shown_path(path: str, sent: Any) -> str:
    """The path of a problem in general form ("where.contact_id.is.email") as it was sent ("where.contact.email")."""
    root, *steps = path.split(".")
    shown, at = [root], sent
    for step in steps:
        drop, name = getattr(at, "steps", {}).get(step, (0, step))
        if drop:
            del shown[-drop:]
        if name:
            shown.append(name)
        at = _inside(at, step)
    return ".".join(shown)


def _inside(value: Any, step: str) -> Any:
    if isinstance(value, list):
        return value[int(step)] if step.isdigit() and int(step) < len(value) else None
    return value.get(step) if isinstance(value, dict) else None
