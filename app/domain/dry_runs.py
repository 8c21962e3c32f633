"""Dry runs: what a write would do, found out by doing it and undoing it.

Prices are compared for pairs of contact and product that the write can reach, up to a bound: beyond it the count is a
lower bound.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Generic, NamedTuple, TypeVar

from app.domain.changes import Change
from app.domain.limits import DRY_RUN_SHOWN
from app.domain.triggers import Trigger
from app.domain.verdicts import Answer

T = TypeVar("T")


class Firing(NamedTuple):
    """A change that would fire a trigger, and the position of the item that makes it. A record that would be created
    has no id yet."""

    trigger: Trigger
    change: Change
    item: int


class PriceChange(NamedTuple):
    """What a contact pays for a product, before and after."""

    contact_id: int
    product_id: str
    before: Decimal
    after: Decimal


@dataclass(frozen=True, slots=True)
class Found(Generic[T]):
    """How many there are, whether all were counted, and the first of them."""

    count: int = 0
    is_exact: bool = True
    first: Sequence[T] = ()


@dataclass(frozen=True, slots=True)
class DryRun:
    """The answer that the write would give, and what would follow from it; None where it was not asked for."""

    answer: Answer
    firings: Found[Firing] | None = None
    prices: Found[PriceChange] | None = None


def found(every: Sequence[T], *, is_exact: bool = True) -> Found[T]:
    return Found(len(every), is_exact, every[:DRY_RUN_SHOWN])
