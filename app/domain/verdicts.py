"""What became of each item of a batch, and of the batch."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from app.domain.erasures import Erasure
from app.domain.problems import Problem


class Outcome(Enum):
    CREATED = "CREATED"
    UPDATED = "UPDATED"
    UNCHANGED = "UNCHANGED"  # nothing was touched, not even updatedAt
    DELETED = "DELETED"
    REJECTED = "REJECTED"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome of the item at `index` (from 0), the id of what it became, and what was wrong or doubtful."""

    index: int
    outcome: Outcome
    id: str | None = None
    errors: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """What an operation answers: verdicts in input order, or problems with the call as a whole (then nothing was
    written). An answer that wrote nothing is not remembered for retries."""

    verdicts: tuple[Verdict, ...] = ()
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()
    erasure: Erasure | None = None

    @property
    def wrote(self) -> bool:
        written = (Outcome.CREATED, Outcome.UPDATED, Outcome.DELETED)
        return any(verdict.outcome in written for verdict in self.verdicts)

    @property
    def first(self) -> Verdict | None:
        return self.verdicts[0] if self.verdicts else None


def refused(problems: Iterable[Problem]) -> Answer:
    """The whole call is refused."""
    return Answer(problems=tuple(problems))
