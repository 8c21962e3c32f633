"""Exact scalars. Numbers keep every digit on their way in, whether they come in variables or inside the document."""

import re
from decimal import Decimal, InvalidOperation
from typing import Any, NewType

import strawberry
from graphql import GraphQLError, ValueNode
from graphql.language import (
    BooleanValueNode,
    EnumValueNode,
    FloatValueNode,
    IntValueNode,
    ListValueNode,
    NullValueNode,
    ObjectValueNode,
    StringValueNode,
    VariableNode,
)

from app.bulk.streams import Stream
from app.domain.prices import money, moneys
from app.execution import as_it_is, by_column

JSON = NewType("JSON", object)
Upload = NewType("Upload", Stream)

_MAX_DIGITS = 60
_AMOUNT = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,6})?")


def _amount(value: Any) -> Decimal:
    """Reads an amount: a text or a number, finite, of at most 60 digits, without losing any."""
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        raise GraphQLError('Decimal takes a number or a text such as "64.00".')
    if isinstance(value, int) and value.bit_length() > 200:
        raise GraphQLError(f"Decimal takes at most {_MAX_DIGITS} digits.")
    if not _AMOUNT.fullmatch(str(value)):
        raise GraphQLError('Decimal takes a number or a text such as "64.00".')
    amount = Decimal(str(value))
    if amount.adjusted() > 29 or amount.as_tuple().exponent < -30:  # type: ignore[operator]
        raise GraphQLError("Decimal takes a number of at most 30 digits before and 30 after the point.")
    return amount


def _amount_literal(node: ValueNode, _variables: dict[str, Any] | None = None) -> Decimal:
    if isinstance(node, StringValueNode | IntValueNode | FloatValueNode):
        return _amount(node.value)
    raise GraphQLError('Decimal takes a number or a text such as "64.00".', node)


def json_literal(node: ValueNode, variables: dict[str, Any] | None = None) -> Any:
    """A JSON value written inside the document, read as exactly as one in variables."""
    match node:
        case IntValueNode():
            return int(node.value) if len(node.value) < 4000 else Decimal(node.value)
        case FloatValueNode():
            return _fraction(node)
        case StringValueNode() | BooleanValueNode():
            return node.value
        case EnumValueNode():
            raise GraphQLError(f"Write {node.value} as a text, in quotes.", node)
        case NullValueNode():
            return None
        case ListValueNode():
            return [json_literal(value, variables) for value in node.values]
        case ObjectValueNode():
            return _object_literal(node, variables)
        case VariableNode():
            return (variables or {}).get(node.name.value)
    raise GraphQLError("This is not a JSON value.", node)


def _fraction(node: FloatValueNode) -> Decimal:
    try:
        return Decimal(node.value)
    except InvalidOperation:
        raise GraphQLError("The exponent of this number is beyond reason.", node) from None


def _object_literal(node: ObjectValueNode, variables: dict[str, Any] | None) -> dict[str, Any]:
    names = [field.name.value for field in node.fields]
    if len(set(names)) < len(names):
        raise GraphQLError("An object names each key once.", node)
    return {field.name.value: json_literal(field.value, variables) for field in node.fields}


def _identity(value: Any) -> Any:
    return value


_NO_FILE = (
    "Upload takes a file. Send the request as multipart/form-data: the parts operations, map and the file, by the "
    "GraphQL multipart request specification."
)


def _upload(value: Any) -> Stream:
    if not isinstance(value, Stream):
        raise GraphQLError(_NO_FILE)
    return value


def _upload_literal(node: ValueNode, _variables: dict[str, Any] | None = None) -> Stream:
    raise GraphQLError(_NO_FILE, node)


def _never(_value: Any) -> Any:
    raise GraphQLError("Upload is not given back.")


SCALARS: dict[Any, Any] = {
    Decimal: strawberry.scalar(
        name="Decimal",
        description=(
            'An exact amount. Travels as a text with at least two decimals (`"64.00"`); '
            "accepts a text or a number and keeps every digit."
        ),
        serialize=by_column(money, moneys),
        parse_value=_amount,
        parse_literal=_amount_literal,
    ),
    JSON: strawberry.scalar(
        name="JSON",
        description="Any JSON value. Numbers are read exactly; inside the document, write texts in double quotes.",
        serialize=as_it_is,
        parse_value=_identity,
        parse_literal=json_literal,
    ),
    Upload: strawberry.scalar(
        name="Upload",
        description="A file, sent beside the operation by the GraphQL multipart request specification: "
        "https://github.com/jaydenseric/graphql-multipart-request-spec.",
        specified_by_url="https://github.com/jaydenseric/graphql-multipart-request-spec",
        serialize=_never,
        parse_value=_upload,
        parse_literal=_upload_literal,
    ),
}
