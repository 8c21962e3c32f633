"""What a selection asks for, seen before it is run."""

from collections.abc import Iterator

from graphql import FieldNode, FragmentDefinitionNode, FragmentSpreadNode, SelectionSetNode

from app.graphql.context import Info

_NO_ROWS = ("totalCount", "__typename")


def fields(selected: SelectionSetNode, fragments: dict[str, FragmentDefinitionNode]) -> Iterator[FieldNode]:
    """The fields of a selection, also those that @skip and @include may leave out. Each fragment is opened once,
    however often it is spread."""
    waiting, opened = [selected], set[str]()
    while waiting:
        for node in waiting.pop().selections:
            if isinstance(node, FieldNode):
                yield node
            elif not isinstance(node, FragmentSpreadNode):
                waiting.append(node.selection_set)  # type: ignore[attr-defined]  # an inline fragment
            elif node.name.value not in opened:
                opened.add(node.name.value)
                waiting.append(fragments[node.name.value].selection_set)


def asks_for_rows(info: Info) -> bool:
    """Whether a connection is asked for more than its count."""
    raw = info._raw_info
    return any(
        field.name.value not in _NO_ROWS
        for node in raw.field_nodes
        if node.selection_set is not None
        for field in fields(node.selection_set, raw.fragments)
    )


def asked_alone(info: Info) -> bool:
    """Whether this is the operation's one field at its root: nothing else is asked while it is resolved."""
    raw = info._raw_info
    selections = raw.operation.selection_set.selections
    return len(selections) == 1 and type(selections[0]) is FieldNode and raw.path.prev is None
