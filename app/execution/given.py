"""The arguments of a field by their GraphQL names, as graphql-core makes them. Source: the specification, "Coercing
Field Arguments"."""

from collections.abc import Mapping
from enum import Enum
from typing import Any, NamedTuple

from graphql import (
    FieldNode,
    GraphQLArgument,
    GraphQLField,
    Undefined,
    VariableNode,
    get_argument_values,
    is_non_null_type,
    is_required_argument,
)
from graphql.execution.values import VariableValues

from app.execution.composing import Compose, composing
from app.execution.nodes import varies
from app.execution.taking import Unusual

_ATOMS = (str, int, float, bool, type(None), Enum)


def unchangeable(arguments: Mapping[str, Any]) -> bool:
    """Whether a resolver can change nothing in them, so that others may be given the same."""
    return all(isinstance(value, _ATOMS) for value in arguments.values())


class _Placed(NamedTuple):
    """An argument that is a variable as a whole."""

    variable: str
    out_name: str
    needed: bool  # the argument has no default, and is not null
    nullable: bool


class Given:
    """The arguments given to a field: what is literal is worked out once, and only variables are put in, run by run."""

    def __init__(self, definition: GraphQLField, node: FieldNode) -> None:
        self._definition = definition
        self._node = node
        sent = {each.name.value: each for each in node.arguments or ()}
        placed = {name for name, each in sent.items() if isinstance(each.value, VariableNode)}
        within = {name for name, each in sent.items() if name not in placed and varies(each)}
        self.constant = not placed and not within  # whether they are the same in every run
        self.placed = [
            _placed(argument, name, sent[name].value) for name, argument in definition.args.items() if name in placed
        ]
        self.same = _same(definition, node, placed | within)  # None where it is to be worked out in each run
        self.composed: list[tuple[str, Compose]] = []
        try:
            self.composed = [
                (argument.out_name or name, composing(sent[name].value, argument.type))
                for name, argument in definition.args.items()
                if name in within
            ]
        except Unusual:
            self.same = None

    def values(self, variables: VariableValues) -> dict[str, Any]:
        """Raises GraphQLError for a value that does not fit."""
        if self.same is None:
            return get_argument_values(self._definition, self._node, variables)
        if self.constant:
            return self.same
        values = self.same.copy()
        for variable, out_name, needed, nullable in self.placed:
            value = variables.coerced.get(variable, Undefined)
            if value is not Undefined and (nullable or value is not None):
                values[out_name] = value
            elif needed or value is None:
                return get_argument_values(self._definition, self._node, variables)
        try:
            for out_name, compose in self.composed:
                values[out_name] = compose(variables.coerced)
        except Exception:  # graphql-core says what is wrong, if anything is
            return get_argument_values(self._definition, self._node, variables)
        return values


def _placed(argument: GraphQLArgument, name: str, node: Any) -> _Placed:
    needed, nullable = is_required_argument(argument), not is_non_null_type(argument.type)
    return _Placed(node.name.value, argument.out_name or name, needed, nullable)


def _same(definition: GraphQLField, node: FieldNode, placed: set[str]) -> dict[str, Any] | None:
    """The other arguments, and the defaults of those placed; None where they are wrong, or could be changed."""
    if not definition.args:
        return {}
    rest = {
        name: each for name, each in definition.args.items() if name not in placed or not is_required_argument(each)
    }
    others = tuple(each for each in node.arguments or () if each.name.value not in placed)
    literal = FieldNode(name=node.name, arguments=others)
    try:
        values = get_argument_values(GraphQLField(definition.type, args=rest), literal)
    except Exception:
        return None
    return values if unchangeable(values) else None
