"""How groups are made, ordered and chosen, as input types: each takes what a client writes into the general form."""

from collections.abc import Iterator
from functools import partial
from typing import Any

from graphql import (
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLEnumValue,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLInt,
    GraphQLList,
    GraphQLNonNull,
)

from app.domain import naming
from app.domain.aggregate_parser import COMPARED, SUMMED
from app.domain.aggregates import Unit
from app.domain.entities import Attribute, Entity, Kind
from app.domain.limits import ORDER_HOPS
from app.domain.orders import UNORDERED
from app.graphql.aggregate_types import GroupFigure
from app.graphql.possible import listing
from app.graphql.typed.entities import Attributes, Questions, type_name
from app.graphql.typed.filters import Filters
from app.graphql.typed.one_of import one_of
from app.graphql.typed.orders import SORT_ORDER
from app.graphql.typed.translated import Translated, TypedGroupOrder, TypedKey, TypedOrder

GROUP_VALUE = listing(
    GraphQLEnumType("GroupValue", {"VALUE": GraphQLEnumValue("VALUE", "Rows of one value are one group.")})
)

_IN_TIME = (Kind.DATE, Kind.DATETIME)
_WHOLE = ("eq", "ne", "lt", "lte", "gt", "gte")


def numbers(found: Attributes) -> Attributes:
    """What can be summed up."""
    return [(shown, each) for shown, each in found if each.kind in SUMMED]


def comparable(found: Attributes) -> Attributes:
    """What has a smallest and a largest."""
    return [(shown, each) for shown, each in found if each.kind not in COMPARED]


def grouping(found: Attributes) -> Attributes:
    """What rows are grouped by."""
    return [(shown, each) for shown, each in found if each.kind not in UNORDERED]


class GroupInputs:
    """The inputs of one schema, each made when it is first asked for."""

    def __init__(self, questions: Questions, filters: Filters) -> None:
        self._questions = questions
        self._filters = filters
        self._made: dict[str, GraphQLInputObjectType] = {}
        self._enums: dict[str, GraphQLEnumType] = {}

    def group_by(self, entity: Entity) -> GraphQLInputObjectType:
        """`{tier: VALUE}`, `{since: MONTH}`, `{contact: {lang: VALUE}}`."""
        name = f"{type_name(entity)}GroupBy"
        if name not in self._made:
            own = dict(grouping(self._questions.attributes(entity)))
            ways = {shown: (key, target) for (shown, key), target in self._questions.relations(entity)}

            def fields() -> dict[str, GraphQLInputField]:
                found = {shown: GraphQLInputField(self._unit(each)) for shown, each in own.items()}
                return found | {shown: GraphQLInputField(self.group_by(target)) for shown, (_, target) in ways.items()}

            steps = {
                **{shown: each.name for shown, each in own.items()},
                **{way: key for way, (key, _) in ways.items()},
            }
            text = "What rows of a group have in common: a value, or the calendar unit in which it lies."
            self._made[name] = one_of(name, fields, text, partial(_key, steps))
        return self._made[name]

    def order_by(self, entity: Entity) -> GraphQLInputObjectType:
        """`{key: {tier: ASC}}`, `{count: DESC}`, `{sum: {points: DESC}}`."""
        name = f"{type_name(entity)}AggregateOrderBy"
        if name not in self._made:
            order = self._questions.order(entity)
            kinds = {each.name.lower(): SORT_ORDER if each is GroupFigure.COUNT else order for each in GroupFigure}
            fields = {word: GraphQLInputField(kind) for word, kind in kinds.items()}
            text = "Something to order groups by: one of their keys, or a figure, whether it is selected or not."
            self._made[name] = one_of(name, fields, text, _order)
        return self._made[name]

    def having(self, entity: Entity) -> GraphQLInputObjectType:
        """`{count: {gte: 2}, sum: {points: {gt: 1000}}}`."""
        name = f"{type_name(entity)}Having"
        if name not in self._made:

            def fields() -> dict[str, GraphQLInputField]:
                several = GraphQLList(GraphQLNonNull(self._made[name]))
                found: dict[str, GraphQLInputType] = {"and": several, "or": several, "not": self._made[name]}
                found["count"] = self._count(entity)
                if self.sums(entity):
                    found |= dict.fromkeys(("sum", "avg"), self._figures(entity, summed=True))
                found |= dict.fromkeys(("min", "max"), self._figures(entity, summed=False))
                return {word: GraphQLInputField(kind) for word, kind in found.items()}

            text = "A condition on groups, by their figures: all that is named must hold."
            self._made[name] = GraphQLInputObjectType(name, fields, text)
        return self._made[name]

    def fields(self, entity: Entity) -> GraphQLEnumType:
        """The names of what can be counted."""
        name = f"{type_name(entity)}AggregateField"
        if name not in self._enums:
            named = {
                shown: each.name for shown, each in self._questions.attributes(entity) if naming.is_enum_name(shown)
            }
            kind = GraphQLEnumType(name, named, description="A field whose values are counted.")
            self._enums[name] = listing(kind)
        return self._enums[name]

    def sums(self, entity: Entity, hops: int = ORDER_HOPS) -> bool:
        """Whether there is anything to sum up, also along relations."""
        if numbers(self._questions.attributes(entity)):
            return True
        return hops > 0 and any(self.sums(target, hops - 1) for _, target in self._questions.relations(entity))

    def _unit(self, attribute: Attribute) -> GraphQLEnumType:
        return self._filters.units if attribute.kind in _IN_TIME else GROUP_VALUE

    def _count(self, entity: Entity) -> GraphQLInputObjectType:
        several = GraphQLList(GraphQLNonNull(GraphQLInt))
        kinds: dict[str, GraphQLInputType] = {
            "of": self.fields(entity), "distinct": GraphQLBoolean, **dict.fromkeys(_WHOLE, GraphQLInt),
            **dict.fromkeys(("in", "notIn", "between", "notBetween"), several),
        }  # fmt: skip
        fields = {word: GraphQLInputField(kind, description=_COUNTS.get(word)) for word, kind in kinds.items()}
        return GraphQLInputObjectType(f"{type_name(entity)}HavingCount", fields, "How many rows there are, or values.")

    def _figures(self, entity: Entity, *, summed: bool) -> GraphQLInputObjectType:
        name = f"{type_name(entity)}Having{'Numbers' if summed else 'Values'}"
        if name not in self._made:
            found = self._questions.attributes(entity)
            own = dict(numbers(found) if summed else comparable(found))
            ways = dict(self._ways(entity, summed=summed))

            def fields() -> dict[str, GraphQLInputField]:
                found = {shown: GraphQLInputField(self._filters.of(each)) for shown, each in own.items()}
                return found | {
                    shown: GraphQLInputField(self._figures(target, summed=summed))
                    for shown, (_, target) in ways.items()
                }

            steps = {shown: key for shown, (key, _) in ways.items()}
            names = {shown: each.name for shown, each in own.items()}
            text = "Conditions on figures of fields: all of them must hold."
            self._made[name] = GraphQLInputObjectType(name, fields, text, partial(_paths, names, steps))
        return self._made[name]

    def _ways(self, entity: Entity, *, summed: bool) -> Iterator[tuple[str, tuple[str, Entity]]]:
        for (shown, key), target in self._questions.relations(entity):
            if not summed or self.sums(target):
                yield shown, (key, target)


_COUNTS = {"of": "Of this field only rows that have a value; of all rows, if left out.",
           "distinct": "Counts equal values once."}  # fmt: skip


def _key(steps: dict[str, str], sent: dict[str, Any]) -> TypedKey:
    [(name, value)] = sent.items()
    if isinstance(value, TypedKey):
        return TypedKey(f"{steps[name]}.{value.field}", value.unit)
    return TypedKey(steps[name], value if isinstance(value, Unit) else None)


def _order(sent: dict[str, Any]) -> TypedGroupOrder:
    [(word, value)] = sent.items()
    if isinstance(value, TypedOrder):
        return TypedGroupOrder(GroupFigure[word.upper()], value.field, value.direction, value.nulls)
    return TypedGroupOrder(GroupFigure[word.upper()], None, *value)


def _paths(names: dict[str, str], ways: dict[str, str], sent: dict[str, Any]) -> Translated:
    """Fields along relations become paths with points."""
    found = Translated()
    for shown, value in sent.items():
        if shown in ways and isinstance(value, Translated):
            for path, asked in value.items():
                found.put(f"{ways[shown]}.{path}", asked, f"{shown}.{value.steps[path][1]}")
        else:
            found.put(names.get(shown, ways.get(shown, shown)), value, shown)
    return found
