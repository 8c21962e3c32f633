"""What a shop's own records, its contacts and products amount to, by their types: groups with keys and figures of each
field's type."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInt,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
)

from app.domain.aggregates import Function
from app.domain.definitions import Definition, Field
from app.domain.entities import Attribute, Entity, Kind
from app.execution.native import native_field
from app.graphql.typed import figures
from app.graphql.typed.copying import Copy, Fields, retyped
from app.graphql.typed.entities import Questions, type_name
from app.graphql.typed.figures import STEP
from app.graphql.typed.filters import Filters
from app.graphql.typed.group_inputs import GroupInputs, comparable, grouping, numbers
from app.graphql.typed.scalars import DATE

Options = Callable[[Definition, Field], GraphQLEnumType | None]


class AggregateFields:
    """The types of groups of one schema, and the fields that give them."""

    def __init__(self, copy: Copy, questions: Questions, filters: Filters, options: Options) -> None:
        self._copy = copy
        self._questions = questions
        self._filters = filters
        self._options = options
        self._inputs = GroupInputs(questions, filters)
        self._made: dict[str, GraphQLObjectType] = {}

    def field(self, entity: Entity, many: Callable[..., Any]) -> GraphQLField:
        """A field that gives groups of an entity's rows."""
        core = self._core("Query")["customDataAggregate"].args
        lists = {"groupBy": self._inputs.group_by(entity), "orderBy": self._inputs.order_by(entity)}
        kinds: dict[str, Any] = {name: GraphQLList(GraphQLNonNull(kind)) for name, kind in lists.items()}
        kinds |= {"where": self._questions.where(entity), "having": self._inputs.having(entity)}
        args = {
            name: GraphQLArgument(kind, out_name=_OUT.get(name, name), description=_TEXTS[name])
            for name, kind in kinds.items()
        }
        text = f"What {_rows(entity)} amount to, in groups."
        args["first"] = core["first"]
        return native_field(self._aggregates(entity), many, args=args, informed=True, description=text)

    def _aggregates(self, entity: Entity) -> GraphQLObjectType:
        name = f"{type_name(entity)}Aggregates"
        if name not in self._made:
            group = GraphQLObjectType(
                f"{type_name(entity)}Aggregate", lambda: self._group(entity),
                description="What the records of a group amount to. Nulls are not counted by `count(of:)` and change "
                "no other figure; of no values `sum`, `avg`, `min` and `max` are null.",
            )  # fmt: skip
            groups = GraphQLNonNull(GraphQLList(GraphQLNonNull(group)))
            core = self._core("Aggregates")
            fields = {each: retyped(field, groups) if each == "groups" else field for each, field in core.items()}
            rows = _rows(entity)
            self._made[name] = GraphQLObjectType(name, fields, description=f"{rows[:1].upper()}{rows[1:]} in groups.")
        return self._made[name]

    def _group(self, entity: Entity) -> Fields:
        """Of what nothing is summed up there are no sums."""
        found = {"keys": self._part(self._keys(entity), None, "The group's values of what `groupBy` names."),
                 "count": self._count(entity)}  # fmt: skip
        for function in (Function.SUM, Function.AVG) if self._inputs.sums(entity) else ():
            found[function.value.lower()] = self._part(self._numbers(entity), function, _FIGURES[function])
        for function in (Function.MIN, Function.MAX):
            found[function.value.lower()] = self._part(self._values(entity), function, _FIGURES[function])
        return found

    def _part(self, kind: GraphQLObjectType, function: Function | None, text: str) -> GraphQLField:
        return native_field(GraphQLNonNull(kind), figures.parts(function), description=text)

    def _count(self, entity: Entity) -> GraphQLField:
        args = {
            "of": GraphQLArgument(self._inputs.fields(entity), description="Only rows that have a value of this."),
            "distinct": GraphQLArgument(
                GraphQLNonNull(GraphQLBoolean), default_value=False, description="Counts equal values once."
            ),
        }
        text = "How many rows there are; with `of` only those that have a value, or how many different."
        return native_field(GraphQLNonNull(GraphQLInt), figures.count, args=args, description=text)

    def _keys(self, entity: Entity) -> GraphQLObjectType:
        unit = {"unit": GraphQLArgument(self._filters.units, description="Needed only where several were asked for.")}

        def own(each: Attribute) -> GraphQLField:
            if each.kind in (Kind.DATE, Kind.DATETIME):
                text = "The first day of the unit."
                return native_field(DATE, figures.keys(each.name, None), args=unit, description=text)
            kind, convert = self._shown(entity, each)
            return native_field(kind, figures.keys(each.name, convert))

        fields = {shown: partial(own, each) for shown, each in grouping(self._questions.attributes(entity))}
        return self._object(entity, "Keys", fields, self._keys, "What the rows of a group have in common.")

    def _numbers(self, entity: Entity) -> GraphQLObjectType:
        found = numbers(self._questions.attributes(entity))
        fields = {shown: partial(self._told, entity, each) for shown, each in found}
        text = "A figure of each field that is a number: NUMBER to the nearest double, DECIMAL exactly."
        return self._object(entity, "Numbers", fields, self._numbers, text)

    def _values(self, entity: Entity) -> GraphQLObjectType:
        found = comparable(self._questions.attributes(entity))
        fields = {shown: partial(self._told, entity, each) for shown, each in found}
        return self._object(entity, "Values", fields, self._values, "A figure of each field that is ordered.")

    def _told(self, entity: Entity, each: Attribute) -> GraphQLField:
        kind, convert = self._shown(entity, each)
        return native_field(kind, figures.told(each.name, convert), extensions={STEP: each.name})

    def _object(
        self, entity: Entity, suffix: str, own: Mapping[str, Callable[[], GraphQLField]],
        reached: Callable[[Entity], GraphQLObjectType], text: str,
    ) -> GraphQLObjectType:  # fmt: skip
        """A type with a field for each attribute, and those of what relations lead to."""
        name = f"{type_name(entity)}Aggregate{suffix}"
        if name not in self._made:

            def fields() -> Fields:
                found = {shown: make() for shown, make in own.items()}
                for (shown, key), target in self._questions.relations(entity):
                    if suffix != "Numbers" or self._inputs.sums(target):
                        found[shown] = native_field(
                            GraphQLNonNull(reached(target)), figures.along(key), extensions={STEP: key}
                        )
                return found

            self._made[name] = GraphQLObjectType(name, fields, description=text)
        return self._made[name]

    def _shown(self, entity: Entity, each: Attribute) -> tuple[Any, figures.Convert | None]:
        """The type of an attribute's values, and what makes them of those that are told."""
        if each.name == "version":
            return GraphQLInt, None
        options = None
        if each.field is not None and entity.definition is not None:
            options = self._options(entity.definition, each.field)
        if options is not None:
            return options, figures.option(options)
        return self._filters.operand(each.kind), figures.decimal if each.kind is Kind.DECIMAL else None

    def _core(self, name: str) -> Fields:
        kind = self._copy.types[name]
        assert isinstance(kind, GraphQLObjectType)
        fields: Fields = kind.fields
        return fields


def _rows(entity: Entity) -> str:
    """What is put into groups, in words."""
    if entity.definition is not None:
        return f"the records of {entity.definition.name}"
    return f"the shop's {entity.name}"


_OUT = {"groupBy": "group_by", "orderBy": "order_by"}
_TEXTS = {
    "where": "Only what fulfils a condition.",
    "groupBy": "By what rows are grouped, such as `[{tier: VALUE}, {since: MONTH}]`; without it all are one group.",
    "having": "Only groups whose figures fulfil a condition, such as `{count: {gte: 2}, sum: {points: {gt: 1000}}}`.",
    "orderBy": "By what groups are ordered, such as `[{sum: {points: DESC}}]`; then by their keys, upward, nulls last.",
}
_FIGURES = {
    Function.SUM: "The exact sums.", Function.AVG: "The averages: of DECIMAL to 30 digits after the point.",
    Function.MIN: "The smallest values; of texts the first by code point.",
    Function.MAX: "The largest values; of texts the last by code point.",
}  # fmt: skip
