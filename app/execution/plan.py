"""What is to be run, worked out once for each document: fields by type, how each gets its column and is completed."""

from collections.abc import Iterator, Mapping
from copy import copy
from typing import Any

import strawberry
from graphql import (
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLField,
    GraphQLObjectType,
    NamedTypeNode,
    Node,
    NonNullTypeNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    get_named_type,
)
from graphql.execution.values import VariableValues
from graphql.pyutils import Path

from app.execution.collecting import collect, switches
from app.execution.columns import Reading, reading
from app.execution.completing import completion
from app.execution.completion import Completion
from app.execution.given import Given
from app.execution.nodes import all_nodes
from app.execution.serial import SERIAL
from app.execution.steps import Steps
from app.execution.variables import Variables

_INTROSPECTION = {"__schema", "__type"}
_INCREMENTAL = {"defer", "stream"}
_NO_PROPAGATION = "experimental_disableErrorPropagation"
_VARIANTS = 64  # of one operation, by what is skipped in it
_FIELDS = 20_000  # planned in all of them; a planned field takes about 1.5 kB


class Operation:
    """One operation of a document. What is skipped or included may differ between runs: there is a variant of the
    plan for each. `size` is the number of fields planned so far: places are planned when they are first reached, and a
    short text that spreads fragments in fragments has many."""

    def __init__(
        self,
        schema: strawberry.Schema,
        definition: OperationDefinitionNode,
        fragments: Mapping[str, FragmentDefinitionNode],
        deciding: set[str],
    ) -> None:
        self.schema = schema
        self.graphql = schema._schema
        self.definition = definition
        self.fragments = dict(fragments)
        self.size = 0
        self._deciding = sorted(deciding & _booleans(definition))
        self.variables = Variables(self.graphql, definition.variable_definitions or ())
        self._variants: dict[tuple[Any, ...], Selection] = {}

    @property
    def serial(self) -> bool:
        """Whether the root fields run one after the other."""
        return self.definition.operation is OperationType.MUTATION

    def root(self, variables: VariableValues) -> "Selection":
        """The root fields. Raises GraphQLError for a condition that is null."""
        variant = tuple(variables.coerced.get(name) for name in self._deciding)
        known = self._variants.get(variant)
        if known is None:
            kind = self.graphql.get_root_type(self.definition.operation)
            assert kind is not None
            if len(self._variants) >= _VARIANTS or self.size > _FIELDS:
                self._variants.clear()
                self.size = 0
            known = Selection(self, kind, [self.definition.selection_set], variables, None)
            self._variants[variant] = known
        return known


class Selection:
    """The fields of one type of object at one place of the document."""

    def __init__(
        self,
        plan: Operation,
        kind: GraphQLObjectType,
        selected: list[SelectionSetNode],
        variables: VariableValues,
        path: Path | None,
    ) -> None:
        self.kind = kind
        collected = collect(plan.graphql, plan.fragments, variables, kind, selected)
        self.fields = [
            PlannedField(plan, kind, definition, key, nodes, path)
            for key, nodes in collected.items()
            if (definition := plan.graphql.get_field(kind, nodes[0].name.value)) is not None
        ]
        self.steps = Steps(self.fields)
        plan.size += len(self.fields)

    def alone(self, variables: VariableValues) -> Iterator["Selection"]:
        """Each field by itself; those inside a serial one by themselves, too."""
        for field in self.fields:
            parts = [*field.parts(variables)] if SERIAL in field.definition.extensions else []
            for part in parts or [field]:
                yield self._of(part)

    def _of(self, field: "PlannedField") -> "Selection":
        single: Selection = object.__new__(Selection)
        single.kind, single.fields = self.kind, [field]
        single.steps = Steps(single.fields)
        return single


class PlannedField:
    """One field of a selection: `read` gives its column for many parents, `completion` makes results of the values."""

    def __init__(
        self,
        plan: Operation,
        parent: GraphQLObjectType,
        definition: GraphQLField,
        key: str,
        nodes: list[FieldNode],
        path: Path | None,
    ) -> None:
        self.plan = plan
        self.parent = parent
        self.definition = definition
        self.name = nodes[0].name.value
        self.key = key
        self.nodes = nodes
        self.path = Path(path, key, parent.name)  # without positions in lists
        self.told = (self.name, nodes, definition.type, parent)  # to resolvers
        self._selections: dict[GraphQLObjectType, Selection] = {}
        self.given = Given(definition, nodes[0])
        self.reading: Reading = reading(self)
        self.completion: Completion = completion(definition.type, self)

    def __str__(self) -> str:
        return f"{self.parent.name}.{self.name}"

    def selection(self, kind: GraphQLObjectType, variables: VariableValues) -> Selection:
        """What is asked of the objects of that type. Raises GraphQLError for a condition that is null."""
        known = self._selections.get(kind)
        if known is None:
            selected = [node.selection_set for node in self.nodes if node.selection_set is not None]
            known = self._selections[kind] = Selection(self.plan, kind, selected, variables, self.path)
        return known

    def parts(self, variables: VariableValues) -> Iterator["PlannedField"]:
        """This field with each field of its selection alone."""
        kind = get_named_type(self.definition.type)
        assert isinstance(kind, GraphQLObjectType)
        for alone in self.selection(kind, variables).alone(variables):
            part = copy(self)
            part._selections = {kind: alone}
            part.completion = completion(self.definition.type, part)
            yield part

    def arguments(self, variables: VariableValues) -> dict[str, Any]:
        """By their GraphQL names. Raises GraphQLError for a value that does not fit."""
        return self.given.values(variables)


def plan(schema: strawberry.Schema, document: DocumentNode, operation_name: str | None) -> Operation | None:
    """The operation of that name, or the only one; None where graphql-core is to run it: introspection, subscriptions,
    incremental delivery, errors that do not propagate, fragments with variables, and documents without it."""
    chosen: OperationDefinitionNode | None = None
    fragments = {}
    for definition in document.definitions:
        if isinstance(definition, FragmentDefinitionNode):
            fragments[definition.name.value] = definition
        elif isinstance(definition, OperationDefinitionNode) and operation_name in (None, _name(definition)):
            if chosen is not None:
                return None
            chosen = definition
    if chosen is None or chosen.operation is OperationType.SUBSCRIPTION:
        return None
    nodes = list(all_nodes(document))
    if any(_beyond(node) for node in nodes):
        return None
    deciding = switches(node for node in nodes if isinstance(node, DirectiveNode))
    return Operation(schema, chosen, fragments, deciding)


def _booleans(definition: OperationDefinitionNode) -> set[str]:
    """The variables of the operation that can decide what is skipped. Another operation of the document may use one of
    the same name, and another type, for something else."""
    found = set()
    for each in definition.variable_definitions or ():
        kind = each.type.type if isinstance(each.type, NonNullTypeNode) else each.type
        if isinstance(kind, NamedTypeNode) and kind.name.value == "Boolean":
            found.add(each.variable.name.value)
    return found


def _name(definition: OperationDefinitionNode) -> str | None:
    return definition.name.value if definition.name else None


def _beyond(node: Node) -> bool:
    if isinstance(node, FieldNode):
        return node.name.value in _INTROSPECTION
    if isinstance(node, DirectiveNode):
        return node.name.value in _INCREMENTAL or node.name.value == _NO_PROPAGATION
    return isinstance(node, FragmentDefinitionNode) and bool(node.variable_definitions)
