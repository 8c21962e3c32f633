"""Walking documents."""

from collections.abc import Iterator

from graphql import Node, VariableNode


def all_nodes(*roots: Node) -> Iterator[Node]:
    """The nodes and all below them."""
    waiting = list(roots)
    while waiting:
        node = waiting.pop()
        yield node
        for key in node.keys:
            value = getattr(node, key, None)
            if isinstance(value, Node):
                waiting.append(value)
            elif isinstance(value, list | tuple):
                waiting.extend(value)


def varies(*roots: Node) -> bool:
    """Whether they hold a variable."""
    return any(isinstance(each, VariableNode) for each in all_nodes(*roots))
