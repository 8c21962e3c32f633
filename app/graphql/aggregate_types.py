"""Aggregates as they are asked for and shown: groups of rows, and the figures of each."""

from collections.abc import Sequence
from enum import Enum
from typing import Annotated, Any, NamedTuple

import strawberry

from app.domain import limits
from app.domain.aggregate_parser import SentKey, SentMeasure
from app.domain.aggregates import Function, Unit
from app.domain.problems import Problem
from app.execution import Column, attribute, batched
from app.graphql.errors import Refusal
from app.graphql.list_arguments import Direction, Nulls
from app.graphql.scalars import JSON
from app.store.aggregates import Group

strawberry.enum(
    Unit,
    name="CalendarUnit",
    description="A whole unit of the calendar in the shop's time zone; weeks begin on Monday.",
)

_PATH = 'As the data name it; along relations to one, joined by points: `"points"`, `"contact_id.lang"`.'
_FIELD = Annotated[str, strawberry.argument(description=_PATH)]


@strawberry.input(description="What rows of a group have in common: a field's value, or the calendar unit it is in.")
class GroupBy:
    field: str = strawberry.field(description=_PATH)
    unit: Unit | None = strawberry.field(
        default=None,
        description="For DATE, DATETIME, `created_at`, `updated_at`. The key is the unit's first day.",
    )


@strawberry.enum(description="What groups are ordered by: one of their keys, or a figure.")
class GroupFigure(Enum):
    KEY = "KEY"
    COUNT = "COUNT"
    SUM = "SUM"
    AVG = "AVG"
    MIN = "MIN"
    MAX = "MAX"


@strawberry.input(description="Something to order groups by: a key, or a figure, whether it is selected or not.")
class GroupOrder:
    by: GroupFigure = GroupFigure.KEY
    field: str | None = strawberry.field(
        default=None, description="The field of the key or figure; COUNT goes without it, too."
    )
    direction: Direction = Direction.ASC
    nulls: Nulls = Nulls.LAST


GroupsBy = Annotated[
    list[GroupBy] | None,
    strawberry.argument(
        description=f"By what rows are grouped, at most {limits.GROUP_FIELDS} fields, such as "
        '`[{field: "tier"}, {field: "since", unit: MONTH}]`. Without it all rows are one group, even if there are none.'
    ),
]
GroupOrders = Annotated[
    list[GroupOrder] | None,
    strawberry.argument(
        description=f"By what groups are ordered, at most {limits.ORDER_FIELDS}, such as "
        '`[{by: SUM, field: "points", direction: DESC}]`; then by their keys, upward, nulls last.'
    ),
]
Having = Annotated[
    JSON | None,
    strawberry.argument(
        description="Only groups whose figures fulfil a condition, such as "
        "`{count: {gte: 2}, sum: {points: {gt: 1000}}}`: count (also `of` a field, `distinct`), sum, avg, min and max "
        f"with the operators of `where`, joined by and, or, not; at most {limits.HAVING_NODES} of them."
    ),
]
FirstGroups = Annotated[
    int | None,
    strawberry.argument(
        description=f"How many groups, {limits.DEFAULT_GROUPS} unless sent, at most {limits.GROUPS:,}."
    ),
]


class ShownGroup(NamedTuple):
    """What resolvers of a group are given. `keys` and `places` are those of all groups of the question."""

    group: Group
    keys: Sequence[SentKey]
    places: dict[SentMeasure, int | Problem]


Groups = Sequence[ShownGroup]


@strawberry.type(
    description="What the rows of a group amount to. Nulls are not counted by `count(field:)` and change no other "
    "figure; of no values `sum`, `avg`, `min` and `max` are null. NUMBER is told as a number, DECIMAL as an exact text "
    "in its shortest form, DATE and DATETIME as in the data."
)
class Aggregate:
    keys: list[JSON | None] = attribute("group.keys", description="The group's values, in the order of `groupBy`.")

    @batched(description="One of them by its field, and by its unit where a field is grouped by several.")
    @staticmethod
    def key(parents: Groups, field: _FIELD, unit: Unit | None = None) -> Column[JSON | None]:
        place = key_place(parents[0].keys, field, unit)
        return [parent.group.keys[place] for parent in parents]

    @batched(description="How many rows there are; with `field` only those that have a value, or how many different.")
    @staticmethod
    def count(
        parents: Groups,
        field: Annotated[str | None, strawberry.argument(description=_PATH)] = None,
        distinct: Annotated[bool, strawberry.argument(description="Counts equal values once.")] = False,
    ) -> Column[int]:
        return figures(parents, SentMeasure(Function.COUNT, field, distinct))

    @batched(description="The exact sum of a NUMBER (rounded once, to the nearest double) or DECIMAL field.")
    @staticmethod
    def sum(parents: Groups, field: _FIELD) -> Column[JSON | None]:
        return figures(parents, SentMeasure(Function.SUM, field))

    @batched(description="The average of a NUMBER (nearest double) or DECIMAL field (to 30 digits after the point).")
    @staticmethod
    def avg(parents: Groups, field: _FIELD) -> Column[JSON | None]:
        return figures(parents, SentMeasure(Function.AVG, field))

    @batched(description="The smallest value; of texts the first by code point.")
    @staticmethod
    def min(parents: Groups, field: _FIELD) -> Column[JSON | None]:
        return figures(parents, SentMeasure(Function.MIN, field))

    @batched(description="The largest value; of texts the last by code point.")
    @staticmethod
    def max(parents: Groups, field: _FIELD) -> Column[JSON | None]:
        return figures(parents, SentMeasure(Function.MAX, field))


@strawberry.type(description="Rows in groups.")
class Aggregates:
    groups: list[Aggregate]
    has_more: bool = strawberry.field(description="Whether there are more groups than were asked for.")


def figures(groups: Groups, measure: SentMeasure) -> Column[Any]:
    """One figure of each group."""
    place = groups[0].places[measure]
    if isinstance(place, Problem):
        return [_refusal(place, measure)] * len(groups)
    values = [parent.group.values[place] for parent in groups]
    return [_refusal(value, measure) if isinstance(value, Problem) else value for value in values]


def _refusal(problem: Problem, measure: SentMeasure) -> Refusal:
    return Refusal(problem.code.value, f"{measure.function.value.lower()}: {problem.message}")


def key_place(keys: Sequence[SentKey], field: str, unit: Unit | None) -> int:
    """Which of the keys is meant. Raises Refusal for what is none."""
    for place, key in enumerate(keys):
        if key.path == field and unit in (None, key.unit):
            return place
    possible = ", ".join(_named(repr(key.path), key.unit) for key in keys) or "nothing"
    meant = _named(repr(field[:50]), unit)
    raise Refusal("UNKNOWN_FIELD", f"{meant} is no key of these groups: they are grouped by {possible}.")


def _named(key: str, unit: Unit | None) -> str:
    return key if unit is None else f"{key} by {unit.value}"
