"""Fields below the root of a mutation that run one after the other, as its root fields do: those of a root field that
is marked `SERIAL`. Each is run with all that is below it before the next one begins."""

from collections.abc import Callable, Iterator, Mapping
from inspect import isawaitable
from typing import Any

from graphql import (
    BooleanValueNode,
    ConstArgumentNode,
    DirectiveNode,
    DocumentNode,
    ExecutionResult,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    NameNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    get_named_type,
)
from graphql.execution.values import VariableValues, get_variable_values

from app.execution.collecting import collect

SERIAL = "serial"  # in a field's extensions

Execute = Callable[..., Any]


def merged(data: dict[str, Any], row: Mapping[str, Any]) -> dict[str, Any]:
    """The data with a part of it that ran later; a serial field's parts are joined."""
    for key, value in row.items():
        known = data.get(key)
        data[key] = {**known, **value} if isinstance(known, dict) and isinstance(value, dict) else value
    return data


def in_turn(execute: Execute) -> Execute:
    """graphql-core's function, which runs such fields side by side, made to run them in turn."""

    def run(schema: GraphQLSchema, document: DocumentNode, **asked: Any) -> Any:
        parts = [*_parts(schema, document, asked.get("operation_name"), asked.get("variable_values") or {})]
        return execute(schema, document, **asked) if len(parts) < 2 else _one_by_one(execute, schema, parts, asked)

    return run


async def _one_by_one(
    execute: Execute, schema: GraphQLSchema, parts: list[DocumentNode], asked: dict[str, Any]
) -> ExecutionResult:
    data: dict[str, Any] = {}
    errors: list[GraphQLError] = []
    for part in parts:
        result = execute(schema, part, **asked)
        if isawaitable(result):
            result = await result
        errors += result.errors or []
        if result.data is None:
            return ExecutionResult(None, errors)
        merged(data, result.data)
    return ExecutionResult(data, errors or None)


def _parts(
    schema: GraphQLSchema, document: DocumentNode, name: str | None, variables: Mapping[str, Any]
) -> Iterator[DocumentNode]:
    """Documents of one field each, if the operation is a mutation with serial fields."""
    operations = [each for each in document.definitions if isinstance(each, OperationDefinitionNode)]
    chosen = [each for each in operations if name is None or (each.name is not None and each.name.value == name)]
    root = schema.mutation_type
    if len(chosen) != 1 or chosen[0].operation is not OperationType.MUTATION or root is None:
        return
    values = get_variable_values(schema, chosen[0].variable_definitions or (), dict(variables))
    if isinstance(values, list) or not any(SERIAL in field.extensions for field in root.fields.values()):
        return
    fragments = {each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)}
    whole = chosen[0].selection_set
    for nodes in _alone(schema, fragments, values, root, [whole]):
        operation = OperationDefinitionNode(
            operation=OperationType.MUTATION, name=chosen[0].name, directives=chosen[0].directives,
            variable_definitions=chosen[0].variable_definitions,
            selection_set=SelectionSetNode(selections=(*nodes, _skipped(whole))),
        )  # fmt: skip
        yield DocumentNode(definitions=(operation, *fragments.values()))


def _alone(
    schema: GraphQLSchema,
    fragments: Mapping[str, FragmentDefinitionNode],
    variables: VariableValues,
    kind: GraphQLObjectType,
    selected: list[SelectionSetNode],
) -> Iterator[list[FieldNode]]:
    """The nodes of each field; of a serial one those of each field inside, around which it stands."""
    for nodes in collect(schema, fragments, variables, kind, selected).values():
        field = kind.fields.get(nodes[0].name.value)
        inner = get_named_type(field.type) if field is not None and SERIAL in field.extensions else None
        inside = [node.selection_set for node in nodes if node.selection_set is not None]
        if not isinstance(inner, GraphQLObjectType):
            yield nodes
            continue
        parts = [*collect(schema, fragments, variables, inner, inside).values()]
        for part in parts:
            yield [_around(nodes[0], part)]
        if not parts:
            yield nodes


def _skipped(selections: SelectionSetNode) -> InlineFragmentNode:
    """The whole operation, for resolvers that look what else is in it."""
    true = ConstArgumentNode(name=NameNode(value="if"), value=BooleanValueNode(value=True))
    skip = DirectiveNode(name=NameNode(value="skip"), arguments=(true,))
    return InlineFragmentNode(directives=(skip,), selection_set=selections)


def _around(node: FieldNode, inside: list[FieldNode]) -> FieldNode:
    return FieldNode(
        name=node.name, alias=node.alias, arguments=node.arguments, loc=node.loc,
        selection_set=SelectionSetNode(selections=tuple(inside)),
    )  # fmt: skip
