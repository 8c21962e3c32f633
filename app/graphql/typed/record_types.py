"""A definition's records as a type: its fields, where they lead, and the pages it comes in."""

from collections.abc import Callable, Sequence
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLID,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
)

from app.domain import naming
from app.domain.definitions import Definition, Field, FieldType, Target
from app.domain.entities import of_definition
from app.domain.reverse_names import Reverse
from app.execution.native import native_field
from app.graphql.following import FOLLOWS
from app.graphql.typed import reading
from app.graphql.typed.aggregate_fields import AggregateFields
from app.graphql.typed.copying import Copy, retyped
from app.graphql.typed.entities import Questions, description
from app.graphql.typed.filters import Filters
from app.graphql.typed.scalars import FLOAT
from app.graphql.typed.values import DATA, ids, values

_OWN = ("id", "idRecord", "version")  # of the general type, before the declared fields
_TIMES = ("createdAt", "updatedAt")  # and behind them
Fields = dict[str, GraphQLField]


class Records:
    """The types of all definitions of one schema."""

    def __init__(
        self,
        copy: Copy,
        questions: Questions,
        filters: Filters,
        options: Callable[[Definition, Field], GraphQLEnumType | None],
        aggregates: AggregateFields | None,
    ) -> None:
        self._copy = copy
        self._questions = questions
        self._filters = filters
        self._options = options
        self._aggregates = aggregates  # contacts may not aggregate, nor choose, nor go back
        self._types: dict[str, GraphQLObjectType] = {}
        self._connections: dict[str, GraphQLObjectType] = {}
        self._place: list[GraphQLObjectType] = []

    def type(self, definition: Definition) -> GraphQLObjectType:
        """The type of a definition's records."""
        name = naming.type_name(definition.key)
        if name not in self._types:
            self._types[name] = GraphQLObjectType(
                name,
                lambda: self._fields(definition),
                description=definition.description or f"A record of {definition.name}.",
                extensions={FOLLOWS: _follows(definition)},
            )
        return self._types[name]

    def connection(self, definition: Definition) -> GraphQLObjectType:
        """A page of them, as the core's pages are."""
        name = naming.type_name(definition.key)
        if name not in self._connections:
            record = self.type(definition)
            edge = GraphQLObjectType(
                f"{name}Edge", lambda: self._around("CustomDataRecordEdge", "node", GraphQLNonNull(record)),
                description="A record with its cursor.",
            )  # fmt: skip
            listed = {"nodes": _list_of(record), "edges": _list_of(edge)}
            self._connections[name] = GraphQLObjectType(
                f"{name}Connection",
                lambda: self._pages(listed),
                description=f"A page of the records of {definition.name}.",
                extensions={FOLLOWS: _follows(definition)},
            )
        return self._connections[name]

    def value_type(self, definition: Definition, field: Field) -> GraphQLOutputType:
        """The type of a declared field that is no relation."""
        if field.type is FieldType.GEOLOCATION:
            return self._geolocation()
        inner = self._options(definition, field) or self._filters.value(field)
        kind: GraphQLOutputType = GraphQLList(GraphQLNonNull(inner)) if field.type is FieldType.LIST else inner
        return kind

    def _around(self, core: str, field: str, kind: GraphQLOutputType) -> Fields:
        fields = self._core(core)
        return {name: retyped(each, kind) if name == field else each for name, each in fields.items()}

    def _pages(self, listed: dict[str, GraphQLOutputType]) -> Fields:
        fields = self._core("CustomDataRecordConnection")
        return {name: retyped(each, listed.get(name, each.type)) for name, each in fields.items()}

    def _core(self, name: str) -> Fields:
        kind = self._copy.types[name]
        assert isinstance(kind, GraphQLObjectType)
        fields: Fields = kind.fields
        return fields

    def _fields(self, definition: Definition) -> Fields:
        core = self._core("CustomDataRecord")
        fields = {name: core[name] for name in _OWN}
        fields |= self.declared(definition)
        if self._aggregates is not None:
            fields |= self._reverse(definition, fields)
        if definition.relations_to(Target.CONTACTS) and definition.relations_to(Target.PRODUCTS):
            fields["pricing"] = core["pricing"]
        return fields | {name: core[name] for name in _TIMES}

    def declared(self, definition: Definition) -> Fields:
        """The definition's own fields."""
        found: Fields = {}
        for field in definition.fields:
            found |= self._declared(definition, field)
        return found

    def _declared(self, definition: Definition, field: Field) -> Fields:
        """A field; a relation is two: the raw id, and what it points to, if that is shown."""
        name, text = naming.field_name(field.name), description(field)
        relationship = definition.relationship.get(field.name)
        if relationship is None:
            options = frozenset(field.options) if self._options(definition, field) is not None else frozenset[Any]()
            kind = self.value_type(definition, field)
            return {name: native_field(kind, values(field, options), of=DATA, description=text)}
        gone = "The raw id, also of what is gone."
        found = {name: native_field(GraphQLID, ids(field), of=DATA, description=text or gone)}
        target = self._questions.target(relationship.target, relationship.definition_id)
        if target is not None:
            kind = (
                self._copy.types[_SYSTEM[target.target]]
                if target.definition is None
                else self.type(  # type: ignore[assignment]
                    target.definition
                )
            )
            found[naming.object_name(field.name)] = native_field(
                kind, reading.target(field.name), informed=True,
                description=f"What {name} points to; null when it is empty or its target is gone.",
            )  # fmt: skip
        return found

    def _reverse(self, definition: Definition, taken: Fields) -> Fields:
        """The ways back to a record. A declared field goes before a way of its name, which was refused since."""
        ways = self._questions.ways(of_definition(definition))
        found = self.behind(ways, reading.of_records)
        return {name: field for name, field in found.items() if name not in taken and name not in ("pricing", *_TIMES)}

    def behind(self, ways: Sequence[Reverse], of: reading.Parents) -> Fields:
        """The fields that lead back to records, and tell what they amount to."""
        found = {way.name: self.page(way.definition, reading.behind(way, of)) for way in ways}
        if self._aggregates is not None:
            for way in ways:
                groups = self._aggregates.field(of_definition(way.definition), reading.groups_of(way, of))
                found.setdefault(naming.aggregate_name(way.name), groups)
        return found

    def page(self, definition: Definition, many: Callable[..., Any]) -> GraphQLField:
        """A field that gives pages of a definition's records."""
        arguments = {name: self._query.args[name] for name in ("first", "after", "last", "before")}
        arguments |= self._chosen(definition)
        text = definition.description or f"The records of {definition.name}."
        kind = self.connection(definition)
        return native_field(kind, many, args=arguments, informed=True, description=text)

    def _chosen(self, definition: Definition) -> dict[str, GraphQLArgument]:
        """The arguments that choose and order; contacts have none."""
        if self._aggregates is None:
            return {}
        entity = of_definition(definition)
        order = GraphQLList(GraphQLNonNull(self._questions.order(entity)))
        return {
            "where": GraphQLArgument(self._questions.where(entity), description="Only what fulfils a condition."),
            "orderBy": GraphQLArgument(
                order, out_name="order_by", description="By what the list is ordered, else by ids."
            ),
        }

    @property
    def _query(self) -> GraphQLField:
        return self._core("Query")["customDataRecords"]

    def _geolocation(self) -> GraphQLObjectType:
        if not self._place:
            axes = {
                axis: native_field(GraphQLNonNull(FLOAT), _axis(axis), description="In degrees.")
                for axis in ("lat", "lng")
            }
            self._place.append(GraphQLObjectType("Geolocation", axes, description="A place on the globe."))
        return self._place[0]


_SYSTEM = {Target.CONTACTS: "Contact", Target.PRODUCTS: "Product"}


def _axis(name: str) -> Callable[..., Any]:
    return lambda places: [place[name] for place in places]


def _list_of(kind: GraphQLObjectType) -> GraphQLOutputType:
    return GraphQLNonNull(GraphQLList(GraphQLNonNull(kind)))


def _follows(definition: Definition) -> dict[str, str]:
    return {naming.object_name(each.field): each.field for each in definition.relationships}
