"""How Strawberry converts values of input types to Python, written out for each type."""

from collections.abc import Callable
from dataclasses import MISSING
from typing import Any

from strawberry import UNSET
from strawberry.relay import GlobalID
from strawberry.scalars import is_scalar
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.base import (
    StrawberryList,
    StrawberryMaybe,
    StrawberryObjectDefinition,
    StrawberryOptional,
    has_object_definition,
)
from strawberry.types.enum import StrawberryEnumDefinition, has_enum_definition
from strawberry.types.lazy_type import LazyType

Conversion = Callable[[Any], Any]


class Special(Exception):
    """A type that Strawberry itself is to convert."""


def conversion(kind: Any, converter: GraphQLCoreConverter, around: tuple[Any, ...] = ()) -> Conversion | None:
    """The function from a coerced value to what resolvers are given; None where that is the value itself. Raises
    Special for types with a way of their own, and for those that contain themselves."""
    if isinstance(kind, StrawberryMaybe) or kind is GlobalID or kind in around:
        raise Special
    if isinstance(kind, StrawberryOptional):
        return conversion(kind.of_type, converter, around)
    if isinstance(kind, LazyType):
        return conversion(kind.resolve_type(), converter, around)
    if isinstance(kind, StrawberryList):
        return _listing(conversion(kind.of_type, converter, around))
    if (
        is_scalar(kind, converter.scalar_registry)
        or isinstance(kind, StrawberryEnumDefinition)
        or has_enum_definition(kind)
    ):
        return None
    if has_object_definition(kind) and kind.__strawberry_definition__.is_input:
        return _object(kind, kind.__strawberry_definition__, converter, (*around, kind))
    raise Special


def _listing(convert: Conversion | None) -> Conversion:
    def listing(values: Any) -> Any:
        if values is None or values is UNSET:
            return values
        return list(values) if convert is None else [convert(value) for value in values]

    return listing


def _object(
    made: Any, declared: StrawberryObjectDefinition, converter: GraphQLCoreConverter, around: tuple[Any, ...]
) -> Conversion:
    if declared.from_input is not None:
        raise Special
    named = converter.config.name_converter.from_field
    fields = [
        (named(each), each.python_name, conversion(each.resolve_type(type_definition=declared), converter, around))
        for each in declared.fields
    ]
    absent = {
        each.python_name: None
        for each in declared.fields
        if each.default_value is MISSING and each.default_factory is MISSING
    }

    def convert(values: Any) -> Any:
        if values is None or values is UNSET:
            return values
        arguments: dict[str, Any] = absent.copy()
        for name, python_name, inner in fields:
            if name in values:
                arguments[python_name] = values[name] if inner is None else inner(values[name])
        return made(**arguments)

    return convert
