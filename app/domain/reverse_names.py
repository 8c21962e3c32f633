"""The names under which GraphQL leads from a contact, a product or a record back to the records that point at it.

Of several relations of one definition to one target the first declared has the plain name, so that an extension
renames nothing. A name is refused when it is proposed if something on the target has it already.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from app.domain import naming
from app.domain.definitions import Definition, Target


class Reverse(NamedTuple):
    """A way back: its name, and the definition and relation that it follows backward."""

    name: str
    definition: Definition
    field: str


def reverses(definitions: Sequence[Definition], target: Target, definition_id: int | None = None) -> list[Reverse]:
    """All ways back from contacts, products or the records of a definition, in order of definition and declaration."""
    return [
        Reverse(naming.reverse_name(each.key, relationship.field, first=not n), each, relationship.field)
        for each in definitions
        for n, relationship in enumerate(each.relations_to(target, definition_id))
    ]


def own_names(definition: Definition) -> dict[str, str]:
    """The GraphQL fields that a definition's own fields take up in its type, each with the field's name."""
    return {
        name: field.name
        for field in definition.fields
        for name in naming.graphql_names(field.name, relation=field.name in definition.relationship)
    }


class Clash(NamedTuple):
    """Two things of one GraphQL name: a way back, and a field or another way back of `on`."""

    name: str
    on: str
    reverse: Reverse
    field: str | None  # the field that has the name, if it is one
    other: Reverse | None


def clashes(definitions: Sequence[Definition]) -> Iterator[Clash]:
    """Every name that a shop with these definitions would give twice on one type."""
    for target in (Target.CONTACTS, Target.PRODUCTS):
        yield from _twice(target.value, {}, reverses(definitions, target))
    for definition in definitions:
        ways = reverses(definitions, Target.DEFINITION, definition.id)
        yield from _twice(definition.key, own_names(definition) | _RECORD, ways)


_RECORD = dict.fromkeys(("id", "idRecord", "version", "createdAt", "updatedAt", "pricing"), "")


def _twice(on: str, taken: dict[str, str], ways: Sequence[Reverse]) -> Iterator[Clash]:
    known: dict[str, Reverse] = {}
    for way in ways:
        for name in (way.name, naming.aggregate_name(way.name)):
            if name in taken or name in known:
                yield Clash(name, on, way, taken.get(name), known.get(name))
            known.setdefault(name, way)
