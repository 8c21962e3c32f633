"""Root fields: described by the resolver's own docstring, and guarded by the scope they need."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from functools import wraps
from inspect import Parameter, Signature, getdoc, signature
from typing import Any, get_type_hints

import strawberry
from graphql import FieldNode, FragmentDefinitionNode, FragmentSpreadNode, SelectionSetNode

from app.domain.access import Scope
from app.execution import Column, batched
from app.graphql.access import require
from app.graphql.context import Info
from app.tables import Table

Resolver = Callable[..., Awaitable[Any]]

SCOPE = "scope"  # where a mutation's declaration, or its extensions, keep the scope it needs
_DECLARED = "strawberry-definition"  # where Strawberry keeps a field's declaration


def field(resolver: Resolver, *, contacts: bool = False, scope: Scope = Scope.READ) -> Any:
    """A root field for reading: keys need the scope, `read` unless given; contact tokens are let in where `contacts`
    says so. A resolver may give a table of one for its object."""

    async def guarded(roots: Sequence[Any], info: Any, **arguments: Any) -> Column[Any]:
        require(info, scope, contacts=contacts)
        [_] = roots  # there is one
        found = await resolver(info, **arguments)
        return found if type(found) is Table else [found]

    asked = signature(resolver)
    roots = Parameter("roots", Parameter.POSITIONAL_OR_KEYWORD)
    answers = Column[asked.return_annotation]  # type: ignore[name-defined]  # known when this runs
    guarded.__signature__ = Signature([roots, *asked.parameters.values()], return_annotation=answers)  # type: ignore[attr-defined]
    for name in ("__name__", "__qualname__", "__module__"):
        setattr(guarded, name, getattr(resolver, name))
    return batched(guarded, description=_description(resolver))


def mutation(resolver: Resolver, scope: Scope) -> Any:
    """A mutation: for keys with that scope. Where a key lacks the scope of one, none of the document's runs. Payloads
    are nullable, so that a field that fails takes no verdicts of another with it."""

    @wraps(resolver)
    async def guarded(info: Any, **arguments: Any) -> Any:
        require_all(info, scope)
        return await resolver(info, **arguments)

    payload = get_type_hints(resolver)["return"]
    return strawberry.mutation(
        guarded, graphql_type=payload | None, description=_description(resolver), metadata={SCOPE: scope}
    )


def require_all(info: Info, scope: Scope) -> None:
    """Raises Refusal unless the key has the scope of this mutation and those of all others in the document."""
    for needed in (scope, *_needed(info)):
        require(info, needed)


def _needed(info: Info) -> Iterator[Scope]:
    """The scopes of all mutations in the operation, skipped ones too."""
    raw = info._raw_info
    for name in _fields(raw.operation.selection_set, raw.fragments):
        known = raw.parent_type.fields.get(name)
        if known is not None:
            yield known.extensions.get(SCOPE) or known.extensions[_DECLARED].metadata[SCOPE]


def _fields(selected: SelectionSetNode, fragments: dict[str, FragmentDefinitionNode]) -> Iterator[str]:
    """The names of root fields. Each fragment is opened once, however often it is spread."""
    waiting, opened = [selected], set[str]()
    while waiting:
        for node in waiting.pop().selections:
            if isinstance(node, FieldNode):
                yield node.name.value
            elif not isinstance(node, FragmentSpreadNode):
                waiting.append(node.selection_set)  # type: ignore[attr-defined]  # an inline fragment
            elif node.name.value not in opened:
                opened.add(node.name.value)
                waiting.append(fragments[node.name.value].selection_set)


def _description(resolver: Resolver) -> str | None:
    text = getdoc(resolver)
    return " ".join(text.split()) if text else None
