"""Scalars of typed fields: values are shown as they are stored, and taken as they were sent."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from graphql import (
    FloatValueNode,
    GraphQLError,
    GraphQLNamedType,
    GraphQLScalarType,
    IntValueNode,
    StringValueNode,
    ValueNode,
)

from app.execution import as_it_is, by_column


def _number(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise GraphQLError("Float takes a number, without quotes.")
    return value


def _number_literal(node: ValueNode) -> Any:
    if isinstance(node, IntValueNode) and len(node.value) < 400:
        return int(node.value)
    if isinstance(node, IntValueNode | FloatValueNode):
        try:
            return Decimal(node.value)
        except InvalidOperation:
            pass
    raise GraphQLError("Float takes a number, without quotes.", node)


class _Float(GraphQLScalarType):
    """The built-in one would round what it reads, and knows no exact numbers."""

    reserved_types: Mapping[str, GraphQLNamedType] = {}  # as it is declared there


FLOAT = _Float(
    "Float",
    description="A double. A number that a double would change is refused, not rounded.",
    coerce_output_value=as_it_is,
    coerce_input_value=_number,
    coerce_input_literal=_number_literal,
)


def _text(name: str, example: str) -> dict[str, Any]:
    """How a scalar that travels as a text is taken. What is in it, whoever stores or compares it looks at."""

    def taken(value: Any) -> str:
        if not isinstance(value, str):
            raise GraphQLError(f'{name} takes a text such as "{example}".')
        return value

    def literal(node: ValueNode) -> str:
        if not isinstance(node, StringValueNode):
            raise GraphQLError(f'{name} takes a text such as "{example}".', node)
        return node.value

    return {"coerce_input_value": taken, "coerce_input_literal": literal}


DATE = GraphQLScalarType(
    "Date",
    description='A calendar day of the shop: `"2026-01-31"`.',
    coerce_output_value=as_it_is,
    **_text("Date", "2026-01-31"),
)


def _moment(value: Any) -> str:
    return value if isinstance(value, str) else datetime.isoformat(value)


def _moments(values: Sequence[Any]) -> list[str]:
    return [*map(_moment, values)]


def date_time(core: GraphQLScalarType) -> GraphQLScalarType:
    """The core's DateTime, which also shows times that are texts already, and takes them as texts."""
    return GraphQLScalarType(
        core.name,
        description=core.description,
        specified_by_url=core.specified_by_url,
        extensions=core.extensions,
        coerce_output_value=by_column(_moment, _moments),
        **_text("DateTime", "2026-01-31T10:00:00Z"),
    )
