"""Which relations a selection of records follows. What they lead to is read with the records, in one statement."""

from collections.abc import Iterator, Mapping
from weakref import finalize

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLObjectType,
    SelectionSetNode,
    StringValueNode,
    get_named_type,
)

from app.graphql.context import Info

FOLLOWS = "follows"  # where a typed record's extensions, and its page's, keep the relation behind each field

_AROUND = ("nodes", "edges", "node")  # fields of a connection around its records
_Found = tuple[str, ...]
_Typed = Mapping[str, str]
_known: dict[int, _Found] = {}  # by the node's identity


def followed(info: Info) -> _Found:
    """The relation fields asked of the records that this field gives, by their names: those that are surely asked, by
    literal names. Others are read when they are reached."""
    raw = info._raw_info
    if len(raw.field_nodes) == 1 and (known := _known.get(id(raw.field_nodes[0]))) is not None:
        return known
    kind = get_named_type(raw.return_type)
    typed = kind.extensions.get(FOLLOWS, {}) if isinstance(kind, GraphQLObjectType) else {}
    if len(raw.field_nodes) > 1:
        return tuple(dict.fromkeys(name for node in raw.field_nodes for name in _of(node, raw.fragments, typed)))
    return _of(raw.field_nodes[0], raw.fragments, typed)


def _of(node: FieldNode, fragments: dict[str, FragmentDefinitionNode], typed: _Typed) -> _Found:
    """Found once for as long as the document lives."""
    known = _known.get(id(node))
    if known is None:
        selected = node.selection_set
        known = tuple(dict.fromkeys(_named(selected, fragments, typed))) if selected is not None else ()
        _known[id(node)] = known
        finalize(node, _known.pop, id(node))
    return known


def _named(selected: SelectionSetNode, fragments: dict[str, FragmentDefinitionNode], typed: _Typed) -> Iterator[str]:
    """Each fragment is opened once, however often it is spread."""
    waiting, opened = [selected], set[str]()
    while waiting:
        for node in waiting.pop().selections:
            if node.directives:
                continue
            if isinstance(node, FieldNode):
                if node.name.value == "relation":
                    yield from _literal(node)
                elif node.name.value in typed:
                    yield typed[node.name.value]
                elif node.name.value in _AROUND and node.selection_set is not None:
                    waiting.append(node.selection_set)
            elif not isinstance(node, FragmentSpreadNode):
                waiting.append(node.selection_set)  # type: ignore[attr-defined]  # an inline fragment
            elif node.name.value not in opened:
                opened.add(node.name.value)
                waiting.append(fragments[node.name.value].selection_set)


def _literal(node: FieldNode) -> Iterator[str]:
    for argument in node.arguments or ():
        if argument.name.value == "field" and isinstance(argument.value, StringValueNode):
            yield argument.value.value
