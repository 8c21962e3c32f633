"""Literals that hold variables, such as `{idContact: $id}`: worked out once, but for the variables. Source: the
specification, "Input Coercion". Whatever is unusual is left to graphql-core."""

from collections.abc import Callable, Mapping
from typing import Any

from graphql import (
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInputType,
    ListValueNode,
    ObjectValueNode,
    Undefined,
    ValueNode,
    VariableNode,
    is_input_object_type,
    is_list_type,
    is_non_null_type,
    is_required_input_field,
)
from graphql.utilities.coerce_input_value import coerce_default_value, coerce_input_literal

from app.execution.nodes import varies
from app.execution.taking import Unusual

Compose = Callable[[Mapping[str, Any]], Any]
"""From the coerced variables to the value. Raises Unusual where one is missing, or null where null may not be."""


def composing(node: ValueNode, kind: GraphQLInputType) -> Compose:
    """The function that makes the literal's value. Raises Unusual for one that graphql-core is to look at."""
    required = is_non_null_type(kind)
    inner: Any = kind.of_type if is_non_null_type(kind) else kind
    if isinstance(node, VariableNode):
        return _variable(node.name.value, required=required)
    if not varies(node):
        return _constant(node, kind)
    if isinstance(node, ListValueNode) and is_list_type(inner):
        return _list([composing(item, inner.of_type) for item in node.values])
    if isinstance(node, ObjectValueNode) and is_input_object_type(inner):
        return _object(node, inner)
    raise Unusual


def _variable(name: str, *, required: bool) -> Compose:
    def variable(variables: Mapping[str, Any]) -> Any:
        value = variables.get(name, Undefined)
        if value is Undefined or (value is None and required):
            raise Unusual
        return value

    return variable


def _constant(node: ValueNode, kind: GraphQLInputType) -> Compose:
    """Made anew for each run where a resolver could change it."""
    if coerce_input_literal(node, kind) is Undefined:
        raise Unusual
    return lambda _variables: coerce_input_literal(node, kind)


def _list(items: list[Compose]) -> Compose:
    return lambda variables: [item(variables) for item in items]


def _object(node: ObjectValueNode, kind: GraphQLInputObjectType) -> Compose:
    sent = {field.name.value: field.value for field in node.fields}
    if not sent.keys() <= kind.fields.keys() or (kind.is_one_of and len(sent) != 1):
        raise Unusual
    parts = [
        (each.out_name or name, part)
        for name, each in kind.fields.items()
        if (part := _field(sent.get(name), each)) is not None
    ]

    def made(variables: Mapping[str, Any]) -> Any:
        values = {name: part(variables) for name, part in parts}
        if kind.is_one_of and (len(values) != 1 or None in values.values()):
            raise Unusual
        return kind.out_type(values)

    return made


def _field(node: ValueNode | None, field: GraphQLInputField) -> Compose | None:
    """None for a field that is not sent and has no default."""
    if node is not None:
        return composing(node, field.type)
    if is_required_input_field(field):
        raise Unusual
    if coerce_default_value(field) is Undefined:
        return None
    return lambda _variables: coerce_default_value(field)
