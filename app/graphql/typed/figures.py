"""Figures and keys of groups by their types: which are asked for, and how they are told."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from graphql import (
    EnumValueNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLEnumType,
    GraphQLObjectType,
    ValueNode,
    VariableNode,
    get_named_type,
    value_from_ast_untyped,
)

from app.domain.aggregate_parser import SentMeasure
from app.domain.aggregates import Function, Unit
from app.execution import Column
from app.graphql.aggregate_types import ShownGroup, figures, key_place
from app.graphql.context import Info
from app.graphql.measuring import variables_of
from app.graphql.selecting import fields
from app.graphql.typed.values import schema_changed

STEP = "step"  # where a field's extensions keep the name of the attribute or relation that it shows
_FIGURES = {function.value.lower(): function for function in Function}

Convert = Callable[[Any], Any]
Fragments = dict[str, FragmentDefinitionNode]


class Part(NamedTuple):
    """What resolvers of figures are given: a group, which figure of it (None: its keys), and the relations on the way,
    each with a point behind it."""

    group: ShownGroup
    function: Function | None
    way: str = ""


def parts(function: Function | None) -> Callable[..., list[Part]]:
    """A field of groups that shows one figure of several attributes."""
    return lambda groups: [Part(group, function) for group in groups]


def along(relation: str) -> Callable[..., list[Part]]:
    """A field that leads along a relation."""
    return lambda found: [part._replace(way=f"{part.way}{relation}.") for part in found]


def keys(name: str, convert: Convert | None) -> Callable[..., Column[Any]]:
    """What the rows of each group have in common; it is an error where they were not grouped by it."""

    def resolve(found: Sequence[Part], unit: Unit | None = None) -> Column[Any]:
        place = key_place(found[0].group.keys, f"{found[0].way}{name}", unit)
        return _converted([part.group.group.keys[place] for part in found], convert)

    return resolve


def told(name: str, convert: Convert | None) -> Callable[..., Column[Any]]:
    """A figure of an attribute."""

    def resolve(found: Sequence[Part]) -> Column[Any]:
        first = found[0]
        assert first.function is not None
        measure = SentMeasure(first.function, f"{first.way}{name}")
        return _converted(figures([part.group for part in found], measure), convert)

    return resolve


def count(groups: Sequence[ShownGroup], of: str | None = None, distinct: bool = False) -> Column[int]:
    """How many rows there are, or values."""
    return figures(groups, SentMeasure(Function.COUNT, of, distinct))


def decimal(value: Any) -> Any:
    return Decimal(value)


def option(options: GraphQLEnumType) -> Convert:
    """One of the options that the schema knows."""
    return lambda value: value if value in options.values else schema_changed()


def _converted(values: Sequence[Any], convert: Convert | None) -> Column[Any]:
    if convert is None:
        return [*values]
    return [value if value is None or isinstance(value, Exception) else convert(value) for value in values]


def selected(info: Info) -> list[SentMeasure]:
    """The figures asked of the groups that this field gives; also those that @skip and @include may leave out."""
    raw = info._raw_info
    found = dict.fromkeys(
        measure
        for node in raw.field_nodes if node.selection_set is not None
        for groups in fields(node.selection_set, raw.fragments)
        if groups.name.value == "groups" and groups.selection_set is not None
        for each in fields(groups.selection_set, raw.fragments) if each.name.value in _FIGURES
        for measure in _measures(_group(raw.return_type), each, raw.fragments, variables_of(info))
    )  # fmt: skip
    return [*found]


def _group(aggregates: Any) -> GraphQLObjectType:
    kind = get_named_type(get_named_type(aggregates).fields["groups"].type)
    assert isinstance(kind, GraphQLObjectType)
    return kind


def _measures(
    group: GraphQLObjectType, node: FieldNode, fragments: Fragments, variables: Mapping[str, Any]
) -> Iterator[SentMeasure]:
    function, field = _FIGURES[node.name.value], group.fields[node.name.value]
    if function is Function.COUNT:
        sent = {each.name.value: each.value for each in node.arguments or ()}
        of = get_named_type(field.args["of"].type)
        distinct = _value(of, sent["distinct"], variables) if "distinct" in sent else False
        yield SentMeasure(function, _value(of, sent["of"], variables) if "of" in sent else None, bool(distinct))
        return
    for path in _paths(get_named_type(field.type), node, fragments):
        yield SentMeasure(function, path)


def _paths(kind: Any, node: FieldNode, fragments: Fragments) -> Iterator[str]:
    for each in fields(node.selection_set, fragments) if node.selection_set is not None else ():
        field = kind.fields.get(each.name.value)
        if field is None:  # __typename
            continue
        step = field.extensions[STEP]
        if each.selection_set is None:
            yield step
        for path in _paths(get_named_type(field.type), each, fragments):
            yield f"{step}.{path}"


def _value(of: Any, node: ValueNode, variables: Mapping[str, Any]) -> Any:
    if isinstance(node, VariableNode):
        return variables.get(node.name.value)
    return of.values[node.value].value if isinstance(node, EnumValueNode) else value_from_ast_untyped(node)
