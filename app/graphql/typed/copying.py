"""A schema's types made anew, so that fields can be added to them without touching the schema they come from."""

from collections.abc import Callable, Mapping
from typing import Any, cast

from graphql import (
    GraphQLArgument,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    get_named_type,
    is_introspection_type,
)

Fields = dict[str, GraphQLField]
Change = Callable[[Fields], Fields]


class Copy:
    """The types of a schema. Scalars, enums and inputs are the same; `instead` stands for types of their names;
    `changes` are made to the fields of object types, by name, when they are first looked at."""

    def __init__(
        self, schema: GraphQLSchema, instead: Mapping[str, GraphQLNamedType], changes: Mapping[str, Change]
    ) -> None:
        self._changes = changes
        self._instead = instead
        self._schema = schema
        self.types: dict[str, GraphQLNamedType] = {}
        for name, kind in schema.type_map.items():
            if not is_introspection_type(kind):
                self.types[name] = instead.get(name) or self._copied(kind)

    def schema(self, more: list[GraphQLNamedType]) -> GraphQLSchema:
        """The schema of the copies, and of more types that refer to them. It is valid by its names; the tests look at
        all that may be defined."""
        old, types = self._schema, self.types
        roots = (old.query_type, old.mutation_type, old.subscription_type)
        query, mutation, subscription = (
            None if root is None else cast(GraphQLObjectType, types[root.name]) for root in roots
        )
        kinds = [*types.values(), *more]
        return GraphQLSchema(
            query, mutation, subscription, kinds, old.directives, extensions=dict(old.extensions), assume_valid=True
        )

    def type(self, kind: Any) -> Any:
        """The copy of a type, also inside lists and non-nulls."""
        if isinstance(kind, GraphQLNonNull):
            return GraphQLNonNull(self.type(kind.of_type))
        if isinstance(kind, GraphQLList):
            return GraphQLList(self.type(kind.of_type))
        return self.types.get(kind.name, kind)

    def _copied(self, kind: GraphQLNamedType) -> GraphQLNamedType:
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
            told: dict[str, Any] = {
                **kind.to_kwargs(),
                "fields": lambda: self._fields(kind),
                "interfaces": lambda: [self.types[each.name] for each in kind.interfaces],
            }
            return type(kind)(**told)
        if isinstance(kind, GraphQLUnionType):
            parts: dict[str, Any] = {
                **kind.to_kwargs(),
                "types": lambda: [self.types[each.name] for each in kind.types],
            }
            return GraphQLUnionType(**parts)
        return kind

    def _fields(self, kind: GraphQLObjectType | GraphQLInterfaceType) -> Fields:
        fields = {name: retyped(each, self.type(each.type), self._args(each)) for name, each in kind.fields.items()}
        change = self._changes.get(kind.name)
        return fields if change is None else change(fields)

    def _args(self, field: GraphQLField) -> dict[str, Any]:
        """The types of those arguments for whose types others stand."""
        found = {name: each.type for name, each in field.args.items()}
        return {name: self.type(kind) for name, kind in found.items() if get_named_type(kind).name in self._instead}


def retyped(field: GraphQLField, kind: Any, args: Mapping[str, Any] | None = None) -> GraphQLField:
    """The field with another type, and other types of these arguments."""
    told = field.to_kwargs()
    changed = {name: GraphQLArgument(**{**field.args[name].to_kwargs(), "type_": type_})
               for name, type_ in (args or {}).items()}  # fmt: skip
    return GraphQLField(**{**told, "type_": kind, "args": {**(told["args"] or {}), **changed}})
