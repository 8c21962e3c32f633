"""How values of input types are taken. Written out for each type, this takes a fraction of the time of asking anew what
the type is for every value. Source: the specification, "Input Coercion" of each kind of type."""

from collections.abc import Callable
from typing import Any

from graphql import (
    GraphQLBoolean,
    GraphQLID,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLString,
    Undefined,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    is_required_input_field,
)
from graphql.utilities.coerce_input_value import coerce_default_value

Taking = Callable[[Any], Any]
_MOST_TYPES = 20  # in one another: what nests deeper, graphql-core bounds
_EXACTLY: dict[Any, type] = {GraphQLString: str, GraphQLID: str, GraphQLBoolean: bool}


class Unusual(Exception):
    """Something that graphql-core is to look at: it may be a mistake."""


def taking(kind: GraphQLInputType, around: tuple[GraphQLInputType, ...] = ()) -> Taking:
    """The function from a value to what graphql-core makes of it. It raises an exception for what is unusual. Raises
    Unusual for types that contain themselves."""
    required = is_non_null_type(kind)
    inner: Any = kind.of_type if is_non_null_type(kind) else kind
    if is_leaf_type(inner):
        return _leaf(inner, nullable=not required)
    if inner in around or len(around) > _MOST_TYPES:
        raise Unusual
    around = (*around, inner)
    take = _listing(taking(inner.of_type, around)) if is_list_type(inner) else _object(inner, around)
    return take if required else lambda value: None if value is None else take(value)


def _leaf(kind: Any, *, nullable: bool) -> Taking:
    exactly, coerce = _EXACTLY.get(kind), kind.coerce_input_value

    def leaf(value: Any) -> Any:
        if type(value) is exactly or (value is None and nullable):
            return value
        coerced = Undefined if value is None or value is Undefined else coerce(value)
        if coerced is Undefined:
            raise Unusual
        return coerced

    return leaf


def _listing(take: Taking) -> Taking:
    def listing(values: Any) -> list[Any]:
        if type(values) is not list:
            raise Unusual
        return [take(value) for value in values]

    return listing


def _object(kind: GraphQLInputObjectType, around: tuple[GraphQLInputType, ...]) -> Taking:
    fields = [(name, each.out_name or name, taking(each.type, around)) for name, each in kind.fields.items()]
    defaults = {name: coerce_default_value(each) for name, each in kind.fields.items()}
    required = {name for name, each in kind.fields.items() if is_required_input_field(each)}
    names = kind.fields.keys()

    def made(values: Any) -> Any:
        if type(values) is not dict or not required <= values.keys() <= names:
            raise Unusual
        taken = {}
        for name, out_name, take in fields:
            if name in values:
                taken[out_name] = take(values[name])
            elif defaults[name] is not Undefined:
                taken[out_name] = defaults[name]
        if kind.is_one_of and (len(values) != 1 or len(taken) != 1 or None in taken.values()):
            raise Unusual
        return kind.out_type(taken)

    return made
