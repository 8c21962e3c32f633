"""Names that a proposed definition would give twice in GraphQL: what leads back to its records, and its own fields."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from app.domain import naming
from app.domain.definitions import Definition, Model, Relationship
from app.domain.draft_fields import DraftField
from app.domain.draft_relationships import shown
from app.domain.problems import Code, Problem
from app.domain.reverse_names import Clash, clashes


def reverse_problems(model: Model, proposed: Definition, drafts: Sequence[DraftField]) -> Iterator[Problem]:
    """What is wrong with a definition as proposed, new or extended, beside the shop's others. `drafts` are its new
    fields."""
    others = [each for each in model.definitions if each.id != proposed.id]
    known = {_place(clash) for clash in clashes(model.definitions)}
    new = [clash for clash in clashes([*others, proposed]) if _place(clash) not in known]
    for clash in new[:1]:
        yield _problem(model.definitions, others, proposed, drafts, clash)


def _problem(
    known: Sequence[Definition],
    others: Sequence[Definition],
    proposed: Definition,
    drafts: Sequence[DraftField],
    clash: Clash,
) -> Problem:
    place = next((n for n, draft in enumerate(drafts) if _takes_part(proposed, draft.name, clash)), None)
    said = f"{clash.on} would have two fields {clash.name} in GraphQL: {_told(clash)}."
    if place is None and any(each.id == proposed.id for each in known):
        message = f"{said} Keys and fields keep their names: point there from another definition."
        return Problem(Code.INVALID_RELATIONSHIP, message, "relationships")
    if place is None:
        free = naming.numbered(proposed.key, lambda key: _fits(others, _called(proposed, key)))
        return Problem(Code.KEY_TAKEN, f"{said} Give another key. Try {free}.", "key")
    name = drafts[place].name
    free = naming.numbered(name, lambda other: _fits(others, _renamed(proposed, name, other)))
    return Problem(Code.DUPLICATE_FIELD, f"{said} Choose another name. Try {shown(free)}.", f"fields.{place}.name")


def _takes_part(proposed: Definition, name: str, clash: Clash) -> bool:
    """Whether the name of that new field makes the clash: as a field of its own, or as a later relation to a target."""
    if clash.on == proposed.key and clash.field == name:
        return True
    ways = [way for way in (clash.reverse, clash.other) if way is not None and way.definition is proposed]
    return any(way.field == name and way.name != naming.field_name(proposed.key) for way in ways)


def _told(clash: Clash) -> str:
    way = clash.reverse
    other = f"its field {clash.field}" if clash.field else "one that every record has"
    if clash.other is not None:
        other = f"what leads back along {clash.other.definition.key}.{clash.other.field}"
    return f"{other}, and what leads back along {way.definition.key}.{way.field}"


def _place(clash: Clash) -> tuple[str, str]:
    return clash.on, clash.name


def _fits(others: Sequence[Definition], proposed: Definition) -> bool:
    """Whether it clashes with nothing, whatever the others do among themselves."""
    known = {_place(clash) for clash in clashes(others)}
    return all(_place(clash) in known for clash in clashes([*others, proposed]))


def _called(proposed: Definition, key: str) -> Definition:
    return replace(proposed, key=key)


def _renamed(proposed: Definition, name: str, other: str) -> Definition:
    """With one field called otherwise."""
    fields = tuple(replace(each, name=other) if each.name == name else each for each in proposed.fields)
    relationships = tuple(
        Relationship(other, each.target, each.definition_id) if each.field == name else each
        for each in proposed.relationships
    )
    return replace(proposed, fields=fields, relationships=relationships)
