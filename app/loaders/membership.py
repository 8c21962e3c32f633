"""What is asked of contacts by conditions. A question is compared by itself, not by what it says: whoever asks the same
in one operation takes the same one."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

from app.domain.conditions import Condition
from app.domain.explanations import Part

Q = TypeVar("Q")


@dataclass(frozen=True, slots=True, eq=False)
class Conditions:
    """Which of these each contact fulfils."""

    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Parts:
    """What came of each of these for each contact."""

    parts: tuple[Part, ...]


class MemberKey(NamedTuple):
    contact_id: int
    asked: Conditions


class FindingKey(NamedTuple):
    contact_id: int
    asked: Parts


class Questions:
    """The questions of one operation, by what makes them the same."""

    def __init__(self) -> None:
        self._known: dict[tuple[type, str], object] = {}

    def once(self, kind: type[Q], name: str, made: Callable[[], Q]) -> Q:
        """The question of that kind and name; made when it is asked first."""
        found = self._known.get((kind, name))
        if not isinstance(found, kind):
            found = self._known[kind, name] = made()
        return found
