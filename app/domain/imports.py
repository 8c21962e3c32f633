"""Imports: files of rows on their way into a shop, and how far each has come."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from hashlib import sha256
from typing import Any, NamedTuple

from app.domain.problems import Problem
from app.domain.verdicts import Outcome


class Kind(Enum):
    """What the rows of a file are."""

    RECORDS = "records"
    CUSTOMERS = "customers"
    PRODUCTS = "products"


class Mark(NamedTuple):
    """How far a file has been read. `digest` is the SHA-256 of everything before."""

    offset: int = 0  # bytes
    line: int = 0  # lines
    digest: bytes = sha256().digest()


class Sent(NamedTuple):
    """One row as the API would be sent it, and where it stands. With a problem it could not be read at all. `raw` is
    what it was read from: the cells, or the line."""

    line: int  # from 1
    value: Any
    raw: Any
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class Tally:
    """How many rows came out how."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0

    def plus(self, outcomes: list[Outcome]) -> "Tally":
        return Tally(
            self.created + outcomes.count(Outcome.CREATED), self.updated + outcomes.count(Outcome.UPDATED),
            self.unchanged + outcomes.count(Outcome.UNCHANGED), self.rejected + outcomes.count(Outcome.REJECTED),
        )  # fmt: skip

    @property
    def rows(self) -> int:
        return self.created + self.updated + self.unchanged + self.rejected

    def since(self, before: "Tally") -> Counter[str]:
        """What became of the rows that came after."""
        outcomes = {
            Outcome.CREATED: self.created - before.created, Outcome.UPDATED: self.updated - before.updated,
            Outcome.UNCHANGED: self.unchanged - before.unchanged, Outcome.REJECTED: self.rejected - before.rejected,
        }  # fmt: skip
        return +Counter({outcome.value: number for outcome, number in outcomes.items()})


@dataclass(frozen=True, slots=True)
class Import:
    """An import as it was last committed; one that is not kept has the id 0."""

    id: int
    mark: Mark
    tally: Tally = Tally()
    reject_bytes: int = 0  # of the file of rejects
    started_at: datetime | None = None
    finished_at: datetime | None = None
    beginning: bytes | None = None  # SHA-256 of what its file begins with
