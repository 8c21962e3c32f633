"""The index slots of a proposed definition: which fields get one, and what is wrong with those that were asked for."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from app.domain import limits
from app.domain.choices import listed
from app.domain.definitions import Field, Relationship
from app.domain.draft_fields import DraftField
from app.domain.problems import Code, Problem
from app.domain.slots import assign, slot_kind

_KINDS = {"str": "texts", "num": "numbers and booleans", "at": "dates"}


def plan_slots(
    drafts: Sequence[DraftField],
    fields: Sequence[Field],
    relationships: Sequence[Relationship],
    unique_keys: Sequence[str] = (),
    taken: Iterable[str] = (),
) -> tuple[Mapping[str, str], list[Problem]]:
    """The slots of the new fields by their names. `taken` are those of the definition's other fields."""
    taken = [*taken]
    slots = assign(fields, relationships, unique_keys, taken, {draft.name: draft.indexed for draft in drafts})
    relation_to = {each.field: each for each in relationships}
    always = {*relation_to, *unique_keys}
    problems = []
    for index, (draft, field) in enumerate(zip(drafts, fields, strict=True)):
        found = _problem(draft, field, relation_to.get(field.name), field.name in always, field.name in slots)
        problems += [each.under(f"fields.{index}") for each in found]
    return slots, problems


def _problem(
    draft: DraftField, field: Field, relation: Relationship | None, always: bool, slotted: bool
) -> Iterator[Problem]:
    if draft.indexed is False and always:
        what = "A relation" if relation else "What identifies a record"
        yield Problem(Code.INVALID_FIELD, f"{what} is always indexed: leave indexed out.", "indexed")
    if not draft.indexed or slotted:
        return
    kind = slot_kind(field, relation)
    if kind is None:
        yield Problem(Code.INVALID_FIELD, f"A {field.type.value} field is never indexed: leave indexed out.", "indexed")
        return
    message = (
        f"A definition indexes at most {limits.SLOTS[kind]} {_KINDS[kind]}, and no more are left for {draft.name}: ask "
        "for fewer."
    )
    yield Problem(Code.LIMIT_EXCEEDED, message, "indexed")


def not_indexed(drafts: Iterable[DraftField], planned: Iterable[Field]) -> tuple[Problem, ...]:
    """The warning that fields were left without a slot though none was refused for them."""
    open_ = {draft.name for draft in drafts if draft.indexed is None}
    names = [each.name for each in planned if each.name in open_ and each.slot is None and slot_kind(each, None)]
    if not names:
        return ()
    most = ", ".join(f"{limits.SLOTS[kind]} {what}" for kind, what in _KINDS.items())
    message = (
        f"No index slot was left for {listed(names, 10)}: a condition or an order by a field without one reads all "
        f"records of the definition. Slots are given when fields are declared ({most}): say indexed: true of those "
        "that are mostly asked for, indexed: false of others."
    )
    return (Problem(Code.NOT_INDEXED, message, "fields"),)
