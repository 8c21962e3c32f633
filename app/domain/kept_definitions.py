"""Definitions that are kept already, held against the rules by which definitions are made. Those of a backup may come
from anywhere, and names in GraphQL, columns in SQL and prices are made of them."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from app.domain import limits
from app.domain.definitions import Definition, Model, OverrideSource, Status, Target
from app.domain.draft_fields import DraftField, description_problems, plan_fields
from app.domain.draft_relationships import DraftRelationship, plan_relationships
from app.domain.drafts import Draft, naming_problems, shape_problems
from app.domain.overrides import DraftSource, check_sources
from app.domain.problems import Code, Problem
from app.domain.reverse_names import clashes
from app.domain.slots import slot_kind

_SLOT = re.compile(r"([a-z]+)([1-9])")


def unlawful(kept: Sequence[Definition]) -> Iterator[tuple[Definition, Problem]]:
    """What is wrong with a shop's definitions, deleted ones among them: what is first, of each. These have neither a
    name nor a key that anybody would mind. Raises KeyError, TypeError, ValueError or AttributeError for what is no
    definition at all."""
    every = Model(0, tuple(kept), ())
    used = [each for each in kept if each.status is not Status.DELETED]
    for definition in kept:
        for problem in _problems(definition, every, used):
            yield definition, problem
            break
    for clash in clashes(used):
        yield clash.reverse.definition, Problem(Code.DUPLICATE_FIELD, "Two ways back have one name.", "relationships")


def unlawful_sources(sources: Sequence[OverrideSource], kept: Sequence[Definition]) -> Iterator[OverrideSource]:
    """The sources of prices that setOverrides would not have set so, given lawful definitions."""
    model = Model(0, tuple(each for each in kept if each.status is not Status.DELETED), ())
    for source in sources:
        draft = DraftSource(
            str(source.definition_id), source.field, source.priority, source.contact_path, source.product_field,
            source.latest_by,
        )  # fmt: skip
        if check_sources(model, source.system_field, [draft])[0] != (source,):
            yield source


def _problems(definition: Definition, every: Model, used: Sequence[Definition]) -> Iterator[Problem]:
    draft = _redrafted(definition)
    fields, field_problems = plan_fields(draft.fields, draft.relationships)
    relationships, relationship_problems = plan_relationships(draft.relationships, fields, every, {})
    if definition.status is not Status.DELETED:
        others = tuple(each for each in used if each.id != definition.id)
        yield from naming_problems(draft, Model(0, others, ()))
    yield from description_problems(draft.description)
    yield from field_problems
    yield from relationship_problems
    yield from shape_problems(draft, fields, relationships)
    yield from _unlike(definition, draft)
    for place, (field, planned) in enumerate(zip(definition.fields, fields, strict=True)):
        if replace(field, slot=None) != planned or not isinstance(field.required, bool):
            yield Problem(Code.INVALID_FIELD, "It is not as it would have been stored.", f"fields.{place}")
    yield from _slot_problems(definition)


def _redrafted(definition: Definition) -> Draft:
    """As it would have been proposed, whole."""
    fields = [
        DraftField(f.name, f.type, f.label, f.description, f.required, f.default, f.options, f.element_type)
        for f in definition.fields
    ]
    relationships = [
        DraftRelationship(r.field, "CUSTOM", str(r.definition_id)) if r.target is Target.DEFINITION
        else DraftRelationship(r.field, "SYSTEM", r.target.value) for r in definition.relationships
    ]  # fmt: skip
    return Draft(definition.name, fields, definition.key, definition.description, definition.unique_keys, relationships)


def _unlike(definition: Definition, draft: Draft) -> Iterator[Problem]:
    """Texts are kept without blanks around them."""
    for name, text in (("name", draft.name), ("description", draft.description)):
        if text is not None and (text != text.strip() or not text):
            yield Problem(Code.INVALID_VALUE, "It has blanks around it, or is blank.", name)
    if len(definition.field) != len(definition.fields):
        yield Problem(Code.DUPLICATE_FIELD, "Two fields have one name.", "fields")


def _slot_problems(definition: Definition) -> Iterator[Problem]:
    """A slot is a column: of the field's kind, one that there is, and nobody else's. Every relation has one."""
    taken: set[str] = set()
    for place, field in enumerate(definition.fields):
        relation = definition.relationship.get(field.name)
        kind = slot_kind(field, relation)
        if field.slot is None:
            sound = relation is None
        else:
            found = _SLOT.fullmatch(field.slot)
            sound = found is not None and found[1] == kind and int(found[2]) <= limits.SLOTS[found[1]]
            sound = sound and field.slot not in taken
            taken.add(field.slot)
        if not sound:
            yield Problem(Code.INVALID_FIELD, "It has no such slot.", f"fields.{place}.slot")
