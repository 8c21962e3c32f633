"""Aggregates: what the rows that fulfil a condition amount to, as a tree. The parser makes it, the store compiles it.

Rows are put into groups by their values, null being one of them; DATE and DATETIME also by the calendar unit they fall
in, in the shop's time zone, weeks from Monday. Without keys there is one group, even of no rows. Nulls are not counted
by a count of values and change no sum, average, minimum or maximum; of no values these four are null.

Sums and averages are exact: those of DECIMAL as decimals, those of NUMBER as if its values were added as the decimals
they were sent as, and rounded once, to the nearest double.
"""

from dataclasses import dataclass
from enum import Enum

from app.domain.conditions import TRUE, Condition
from app.domain.entities import Attribute, Entity, Kind
from app.domain.orders import Hop


class Function(Enum):
    COUNT = "COUNT"
    SUM = "SUM"
    AVG = "AVG"
    MIN = "MIN"
    MAX = "MAX"


class Unit(Enum):
    """A part of the calendar; a group is named by its first day."""

    DAY = "DAY"
    WEEK = "WEEK"
    MONTH = "MONTH"
    QUARTER = "QUARTER"
    YEAR = "YEAR"


@dataclass(frozen=True, slots=True)
class Reached:
    """An attribute of the rows, or of what their relations lead to; null where a relation leads nowhere."""

    hops: tuple[Hop, ...]
    attribute: Attribute

    @property
    def kind(self) -> Kind:
        return self.attribute.kind


@dataclass(frozen=True, slots=True)
class GroupKey:
    """What rows of a group have in common. `unit` goes with DATE and DATETIME."""

    of: Reached
    unit: Unit | None = None


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure of a group. A COUNT of nothing is that of the rows; `distinct` goes with a COUNT of values."""

    function: Function
    of: Reached | None = None
    distinct: bool = False


@dataclass(frozen=True, slots=True)
class Rank:
    """One thing that groups are ordered by."""

    by: GroupKey | Measure
    descending: bool = False
    nulls_first: bool = False


@dataclass(frozen=True, slots=True)
class Aggregation:
    """What is asked of the rows of an entity. Groups come as `ranks` say, then by their keys, nulls last; only those
    whose figures fulfil `having` (`app/domain/having.py`). `zone` is the name of the shop's time zone."""

    entity: Entity
    condition: Condition
    keys: tuple[GroupKey, ...]
    measures: tuple[Measure, ...]
    ranks: tuple[Rank, ...]
    zone: str
    having: Condition = TRUE
