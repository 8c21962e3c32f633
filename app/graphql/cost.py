"""How deep, wide and costly a document is, found in one pass over it: each selection is looked at once, each fragment
counted once and then known, however often and deeply fragments spread each other.

**Cost** is roughly the number of rows that an operation reads, and never less than what it asks for:

- a plain attribute is a tenth of a row; an object that is read from the database is a row;
- a page is one row for itself (with `where` or `orderBy` twenty more) and, for each of `first` or `last` (20 unless
  sent) or of the `ids`, a row and what is selected in `nodes` or `edges`;
- aggregates are a hundred rows, twenty behind each parent, and a tenth for each of `first` groups (100 unless sent)
  with what is selected in them;
- another list multiplies what is selected in it by its usual length, or by the `ids` or `contacts` sent;
- a price is two rows, a `totalCount` twenty;
- a mutation is ten rows, and for each item of its input two and what is selected in `results`; one with a file a
  thousand;
- introspection is 500 rows (`__type`: 20), however deep.

Variables count with the values sent, else with their defaults; what cannot be told counts as the longest page.
`@skip` and `@include` change nothing. `app/graphql/weights.py` has the numbers.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from graphlib import TopologicalSorter
from itertools import chain
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLNamedType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    NullValueNode,
    ObjectValueNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    ValueNode,
    VariableNode,
    get_named_type,
    is_composite_type,
    value_from_ast_untyped,
)

from app.domain.limits import PAGE_SIZE
from app.graphql.weights import ATTRIBUTE, INTROSPECTION, ROW, Weight, weigh

BEYOND = 10**9  # numbers stop growing here

_UNKNOWN = object()


@dataclass(frozen=True, slots=True)
class Shape:
    """Of an operation, with its fragments spread. Introspection has no depth."""

    depth: int = 0
    aliases: int = 0
    root_fields: int = 0
    directives: int = 0


@dataclass(frozen=True, slots=True)
class _Part:
    """One selection. `parent` is the position of the one around it, always a smaller number; -1 at the top."""

    parent: int
    weight: Weight | None  # None: no field, but a fragment
    spread: str | None
    level: int
    aliases: int
    directives: int


_Place = tuple[int, GraphQLNamedType | None, bool]  # inside which part, of which type, and whether in introspection


class Plan:
    """A document, measured once; its cost is worked out for each set of variables. Raises graphlib.CycleError for
    fragments that spread themselves. May be given a document that was not validated."""

    def __init__(self, schema: GraphQLSchema, document: DocumentNode) -> None:
        definitions = document.definitions
        self.operations = [each for each in definitions if isinstance(each, OperationDefinitionNode)]
        self._schema = schema
        parts = {each.name.value: self._parts(each) for each in definitions if isinstance(each, FragmentDefinitionNode)}
        spreads = {name: {part.spread for part in inside if part.spread} for name, inside in parts.items()}
        order = TopologicalSorter(spreads).static_order()
        self._fragments = [(name, parts[name]) for name in order if name in parts]
        self._bodies = [self._parts(each) for each in self.operations]
        known: dict[str, Shape] = {}
        for name, inside in self._fragments:
            known[name] = _shape(inside, known)
        self.shapes = [_shape(body, known) for body in self._bodies]
        self.visits = sum(map(len, parts.values())) + sum(map(len, self._bodies))
        everything = chain(*parts.values(), *self._bodies)
        self._varies = any(_varies(node) for part in everything if part.weight for node in part.weight.asked)
        self._numbers = {each.name.value: n for n, each in enumerate(self.operations) if each.name}
        self._fixed: dict[int, int] = {}

    def cost(self, operation_name: str | None, variables: Mapping[str, Any]) -> int:
        """The cost of the operation of that name, or of the first, with these variables as they were sent."""
        number = self._numbers.get(operation_name or "", 0)
        if number in self._fixed:
            return self._fixed[number]
        values = _values(self.operations[number], variables)
        known: dict[str, tuple[int, int]] = {}
        for name, inside in self._fragments:
            known[name] = _weight(inside, known, values)
        cost = -(-sum(_weight(self._bodies[number], known, values)) // ROW)
        if not self._varies:
            self._fixed[number] = cost
        return cost

    def _parts(self, definition: OperationDefinitionNode | FragmentDefinitionNode) -> list[_Part]:
        parts: list[_Part] = []
        waiting: list[tuple[SelectionSetNode, _Place]] = [(definition.selection_set, self._top(definition))]
        while waiting:
            selections, place = waiting.pop()
            for node in selections.selections:
                part, inside, free = self._part(node, *place)
                if not isinstance(node, FragmentSpreadNode) and node.selection_set is not None:  # type: ignore[attr-defined]
                    waiting.append((node.selection_set, (len(parts), inside, free)))  # type: ignore[attr-defined]
                parts.append(part)
        return parts

    def _top(self, definition: OperationDefinitionNode | FragmentDefinitionNode) -> _Place:
        if isinstance(definition, OperationDefinitionNode):
            return -1, self._schema.get_root_type(definition.operation), False
        name = definition.type_condition.name.value
        return -1, self._schema.get_type(name), name.startswith("__")

    def _part(
        self, node: SelectionNode, parent: int, kind: GraphQLNamedType | None, free: bool
    ) -> tuple[_Part, GraphQLNamedType | None, bool]:
        """The selection, the type of what is selected inside it, and whether that is introspection."""
        directives = len(node.directives or ())
        if isinstance(node, FieldNode):
            weight, inside = (Weight(), None) if free else self._weight(kind, node)
            part = _Part(parent, weight, None, 0 if free else 1, int(node.alias is not None), directives)
            return part, inside, free or node.name.value in INTROSPECTION
        spread = node.name.value if isinstance(node, FragmentSpreadNode) else None
        if isinstance(node, InlineFragmentNode) and node.type_condition is not None:
            kind = self._schema.get_type(node.type_condition.name.value)
        return _Part(parent, None, spread, 0, 0, directives), kind, free

    def _weight(self, kind: GraphQLNamedType | None, node: FieldNode) -> tuple[Weight, GraphQLNamedType | None]:
        name = node.name.value
        if name.startswith("__"):
            return Weight(item=INTROSPECTION.get(name, ATTRIBUTE)), None
        field = self._schema.get_field(kind, name) if kind is not None and is_composite_type(kind) else None
        if kind is None or field is None:
            return Weight(item=ATTRIBUTE), None  # validation will refuse it
        return weigh(kind.name, node, field), get_named_type(field.type)


def _shape(parts: Sequence[_Part], known: Mapping[str, Shape]) -> Shape:
    """Children come behind their parents, so one walk from the end finds every part's children already counted."""
    depth, roots = [0] * (len(parts) + 1), [0] * (len(parts) + 1)  # the last place is that of parent -1
    aliases = directives = 0
    for place in range(len(parts) - 1, -1, -1):
        part = parts[place]
        inner = known.get(part.spread or "", _NOTHING)
        depth[part.parent] = max(depth[part.parent], part.level + max(depth[place], inner.depth))
        roots[part.parent] += 1 if part.weight is not None else roots[place] + inner.root_fields
        aliases += part.aliases + inner.aliases
        directives += part.directives + inner.directives
    return Shape(depth[-1], min(aliases, BEYOND), min(roots[-1], BEYOND), min(directives, BEYOND))


def _weight(parts: Sequence[_Part], known: Mapping[str, tuple[int, int]], values: Mapping[str, Any]) -> tuple[int, int]:
    """What the parts cost once, and for each value of the page they are in."""
    once, each = [0] * (len(parts) + 1), [0] * (len(parts) + 1)
    for place in range(len(parts) - 1, -1, -1):
        part = parts[place]
        weight = part.weight
        if weight is None:
            inner_once, inner_each = known.get(part.spread or "", (0, 0))
            once[part.parent] += once[place] + inner_once
            each[part.parent] += each[place] + inner_each
            continue
        length = _length(weight, values) if weight.asked else weight.length
        many = each[place] if weight.page else once[place]
        total = weight.own + length * (weight.item + many) + (once[place] if weight.page else 0)
        (each if weight.each else once)[part.parent] += min(total, BEYOND)
    return min(once[-1], BEYOND), min(each[-1], BEYOND)


def _length(weight: Weight, values: Mapping[str, Any]) -> int:
    asked = [count for node in weight.asked if (count := _count(node, values, weight.longest)) is not None]
    return max(asked) if asked else weight.length


def _varies(node: ValueNode) -> bool:
    """Whether what `_count` makes of an argument depends on variables."""
    values = [field.value for field in node.fields] if isinstance(node, ObjectValueNode) else [node]
    return any(isinstance(value, VariableNode) for value in values)


def _count(node: ValueNode, values: Mapping[str, Any], longest: int = PAGE_SIZE) -> int | None:
    """The length an argument asks for, at most the longest; None if it is null or absent."""
    match node:
        case VariableNode():
            return _count_of(values.get(node.name.value, _UNKNOWN), longest)
        case NullValueNode():
            return None
        case IntValueNode():
            return _bounded(int(node.value), longest) if len(node.value) < 10 else longest
        case ListValueNode():
            return _bounded(len(node.values), longest)
        case ObjectValueNode():
            lists = [field.value for field in node.fields if isinstance(field.value, ListValueNode | VariableNode)]
            return _total(_count(value, values) for value in lists)
    return 1


def _count_of(value: Any, longest: int) -> int | None:
    """The same for the value of a variable."""
    if value is None or isinstance(value, int):
        return None if value is None else _bounded(value, longest)
    if isinstance(value, list):
        return _bounded(len(value), longest)
    if isinstance(value, dict):
        return _total(_bounded(len(each)) for each in value.values() if isinstance(each, list))
    return 1 if isinstance(value, str) else longest


def _total(counts: Iterable[int | None]) -> int:
    return _bounded(max(1, sum(count or 0 for count in counts)))


def _bounded(count: int, longest: int = PAGE_SIZE) -> int:
    return max(0, min(count, longest))


def _values(operation: OperationDefinitionNode, sent: Mapping[str, Any]) -> dict[str, Any]:
    """The declared variables: as sent, else their defaults, else null."""
    declared = {each.variable.name.value: each.default_value for each in operation.variable_definitions or ()}
    return {
        name: sent[name] if name in sent else value_from_ast_untyped(default) if default is not None else None
        for name, default in declared.items()
    }


_NOTHING = Shape()
