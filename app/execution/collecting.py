"""The fields of a selection set, as one type of object sees it. Source: the specification, "Field Collection"."""

from collections.abc import Iterable, Mapping

from graphql import (
    DirectiveNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLIncludeDirective,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLSkipDirective,
    InlineFragmentNode,
    SelectionNode,
    SelectionSetNode,
    VariableNode,
    get_argument_values,
    is_abstract_type,
)
from graphql.execution.values import VariableValues

Fragments = Mapping[str, FragmentDefinitionNode]
_SWITCHES = {each.name: each for each in (GraphQLSkipDirective, GraphQLIncludeDirective)}


def collect(
    schema: GraphQLSchema,
    fragments: Fragments,
    variables: VariableValues,
    kind: GraphQLObjectType,
    selected: Iterable[SelectionSetNode],
) -> dict[str, list[FieldNode]]:
    """The field nodes by response key, in the order of the response. Each fragment counts once. Raises GraphQLError
    for a condition that is null."""
    found: dict[str, list[FieldNode]] = {}
    spread: set[str] = set()

    def visit(selections: SelectionSetNode) -> None:
        for node in selections.selections:
            if not _included(node, variables):
                continue
            if isinstance(node, FieldNode):
                found.setdefault(node.alias.value if node.alias else node.name.value, []).append(node)
            elif isinstance(node, InlineFragmentNode):
                if node.type_condition is None or _applies(schema, node.type_condition.name.value, kind):
                    visit(node.selection_set)
            elif isinstance(node, FragmentSpreadNode) and node.name.value not in spread:
                fragment = fragments.get(node.name.value)
                if fragment is not None and _applies(schema, fragment.type_condition.name.value, kind):
                    spread.add(node.name.value)
                    visit(fragment.selection_set)

    for each in selected:
        visit(each)
    return found


def switches(nodes: Iterable[DirectiveNode]) -> set[str]:
    """The variables that decide what is skipped or included."""
    values = (argument.value for node in nodes if node.name.value in _SWITCHES for argument in node.arguments or ())
    return {value.name.value for value in values if isinstance(value, VariableNode)}


def _included(node: SelectionNode, variables: VariableValues) -> bool:
    if not node.directives:
        return True
    told = {each.name.value: each for each in reversed(node.directives) if each.name.value in _SWITCHES}
    for name, directive in _SWITCHES.items():  # to skip goes before to include
        if name in told and get_argument_values(directive, told[name], variables)["if"] is (name == "skip"):
            return False
    return True


def _applies(schema: GraphQLSchema, name: str, kind: GraphQLObjectType) -> bool:
    condition = schema.get_type(name)
    return condition is kind or (is_abstract_type(condition) and schema.is_sub_type(condition, kind))
