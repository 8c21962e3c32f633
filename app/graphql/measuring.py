"""Which figures a selection of groups asks for: they are worked out together, in one statement."""

from collections.abc import Mapping
from typing import Any

from graphql import FieldNode, ValueNode, VariableNode
from graphql.utilities import value_from_ast_untyped

from app.domain.aggregate_parser import SentMeasure
from app.domain.aggregates import Function
from app.graphql.context import Info
from app.graphql.selecting import fields

_GROUPS = "groups"
_FIGURES = {function.value.lower(): function for function in Function}


def selected(info: Info) -> list[SentMeasure]:
    """The figures asked of the groups that this field gives; also those that @skip and @include may leave out."""
    raw, variables = info._raw_info, variables_of(info)
    found = dict.fromkeys(
        measure
        for node in raw.field_nodes if node.selection_set is not None
        for groups in fields(node.selection_set, raw.fragments)
        if groups.name.value == _GROUPS and groups.selection_set is not None
        for each in fields(groups.selection_set, raw.fragments) if each.name.value in _FIGURES
        for measure in [_measure(each, variables)]
    )  # fmt: skip
    return [*found]


def variables_of(info: Info) -> Mapping[str, Any]:
    """The operation's variables, read."""
    sent: Any = info._raw_info.variable_values
    found: Mapping[str, Any] = getattr(sent, "coerced", sent)  # graphql-core adds sources
    return found


def _measure(node: FieldNode, variables: Mapping[str, Any]) -> SentMeasure:
    sent = {argument.name.value: _value(argument.value, variables) for argument in node.arguments or ()}
    return SentMeasure(_FIGURES[node.name.value], sent.get("field"), bool(sent.get("distinct")))


def _value(node: ValueNode, variables: Mapping[str, Any]) -> Any:
    return variables.get(node.name.value) if isinstance(node, VariableNode) else value_from_ast_untyped(node)
