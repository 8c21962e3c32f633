"""The variables of an operation, coerced as graphql-core does it. Source: the specification, "Coercing Variables".

What is the same in every run is worked out once. Mistakes, and whatever else is unusual, are left to graphql-core.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from graphql import (
    GraphQLError,
    GraphQLSchema,
    Undefined,
    VariableDefinitionNode,
    get_variable_values,
    is_non_null_type,
)
from graphql.execution.get_variable_signature import GraphQLVariableSignature, get_variable_signature
from graphql.execution.values import VariableValues, VariableValueSource
from graphql.utilities.coerce_input_value import coerce_default_value

from app.execution.given import unchangeable
from app.execution.taking import Taking, Unusual, taking

_MOST_MISTAKES = 50  # told of variables that do not fit


class _Variable(NamedTuple):
    signature: GraphQLVariableSignature
    absent: VariableValueSource  # where none is sent
    default: Any  # Undefined: none
    take: Taking


class Variables:
    """The variables that an operation declares."""

    def __init__(self, schema: GraphQLSchema, declared: Sequence[VariableDefinitionNode]) -> None:
        self._schema = schema
        self._declared = declared
        try:
            self._usual: list[_Variable] | None = [_variable(schema, node) for node in declared]
        except Exception:
            self._usual = None

    def values(self, sent: Mapping[str, Any]) -> VariableValues | list[GraphQLError]:
        """The values, or what is wrong with those that were sent."""
        if self._usual is not None:
            try:
                return _taken(self._usual, sent)
            except Exception:
                pass  # graphql-core says what is wrong, if anything is
        return get_variable_values(self._schema, self._declared, dict(sent), max_errors=_MOST_MISTAKES)


def _variable(schema: GraphQLSchema, node: VariableDefinitionNode) -> _Variable:
    """Raises Unusual for one that graphql-core is to look at in every run."""
    signature = get_variable_signature(schema, node)
    if isinstance(signature, GraphQLError):
        raise Unusual
    default = coerce_default_value(signature) if node.default_value else Undefined
    if default is not Undefined and not unchangeable({"": default}):
        raise Unusual
    return _Variable(signature, VariableValueSource(signature), default, taking(signature.type))


def _taken(usual: Sequence[_Variable], sent: Mapping[str, Any]) -> VariableValues:
    sources: dict[str, VariableValueSource] = {}
    coerced: dict[str, Any] = {}
    for signature, absent, default, take in usual:
        name = signature.name
        value = sent.get(name, Undefined)
        if value is not Undefined:
            sources[name] = VariableValueSource(signature, value)
            coerced[name] = take(value)
            continue
        sources[name] = absent
        if default is not Undefined:
            coerced[name] = default
        elif is_non_null_type(signature.type):
            raise Unusual
    return VariableValues(sources, coerced)
