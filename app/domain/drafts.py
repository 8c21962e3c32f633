"""Definitions as proposed: checked against every rule at once, then planned as the store will keep them.

Problems carry paths into the input ("fields.2.name", "uniqueKeys.1"). The database repeats the uniqueness of names and
keys as constraints; here it gets its message.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import chain
from typing import Any

from app.domain import limits, naming
from app.domain.definitions import ContactAccess, Definition, Field, Model, Relationship, Status
from app.domain.draft_fields import DraftField, description_problems, plan_fields, trimmed, with_options
from app.domain.draft_names import reverse_problems
from app.domain.draft_relationships import SELF, DraftRelationship, plan_relationships, shown
from app.domain.draft_slots import plan_slots
from app.domain.keys import KEY_TYPES
from app.domain.problems import Code, Problem
from app.domain.slots import relation_kind


@dataclass(frozen=True, slots=True)
class Draft:
    """A definition as proposed. Without a key, one is derived from the name."""

    name: str
    fields: Sequence[DraftField]
    key: str | None = None
    description: str | None = None
    unique_keys: Sequence[str] = ()
    relationships: Sequence[DraftRelationship] = ()
    contact_access: ContactAccess = ContactAccess.NONE


@dataclass(frozen=True, slots=True)
class Extension:
    """What a definition gains. A name or description of None leaves the old one; a blank description clears it.
    `options` holds the values to append, by the name of an existing field."""

    name: str | None = None
    description: str | None = None
    fields: Sequence[DraftField] = ()
    relationships: Sequence[DraftRelationship] = ()
    options: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    contact_access: ContactAccess | None = None  # None leaves it


@dataclass(frozen=True, slots=True)
class Planned:
    """A whole definition as it is to be stored, slots assigned. A relationship to itself may hold SELF."""

    key: str
    name: str
    name_key: str
    description: str | None
    fields: tuple[Field, ...]
    relationships: tuple[Relationship, ...]
    unique_keys: tuple[str, ...]
    contact_access: ContactAccess = ContactAccess.NONE


def draft_definition(draft: Draft, model: Model) -> tuple[Planned | None, list[Problem]]:
    """The definition that a draft stands for, or everything that is wrong with it."""
    key = naming.derive_key(draft.name) if draft.key is None else draft.key
    fields, field_problems = plan_fields(draft.fields, draft.relationships)
    relationships, relationship_problems = plan_relationships(draft.relationships, fields, model, {key: SELF})
    problems = [
        *_number_of_definitions(model),
        *_name_problems(draft.name.strip(), model.definitions),
        *_key_problems(key, draft.name, model),
        *description_problems(draft.description),
        *_size_problems(len(fields), relationships),
        *field_problems,
        *_clashes(draft.fields, draft.relationships),
        *relationship_problems,
        *_unique_key_problems(draft.unique_keys, fields),
    ]
    if problems or key is None:
        return None, problems
    proposed = _proposed(SELF, key, fields, relationships)
    if back := list(reverse_problems(model, proposed, draft.fields)):
        return None, back
    slots, slot_problems = plan_slots(draft.fields, fields, relationships, draft.unique_keys)
    if slot_problems:
        return None, slot_problems
    name = draft.name.strip()
    return Planned(
        key=key,
        name=name,
        name_key=naming.name_key(name),
        description=trimmed(draft.description),
        fields=_slotted(fields, slots),
        relationships=tuple(relationships),
        unique_keys=tuple(draft.unique_keys),
        contact_access=draft.contact_access,
    ), []


def extend_definition(definition: Definition, changes: Extension, model: Model) -> tuple[Planned | None, list[Problem]]:
    """The definition with what an extension adds, or everything that is wrong with the extension. Nothing is removed,
    renamed or retyped, and the unique key stays: old records must keep their meaning."""
    name = definition.name if changes.name is None else changes.name.strip()
    others = [other for other in model.definitions if other.id != definition.id]
    known, option_problems = with_options(definition, changes.options)
    fields, field_problems = plan_fields(changes.fields, changes.relationships)
    relationships, relationship_problems = plan_relationships(
        changes.relationships, fields, model, {definition.key: definition.id}, definition.field
    )
    problems = [
        *_name_problems(name, others),
        *description_problems(changes.description),
        *_size_problems(len(known) + len(fields), [*definition.relationships, *relationships]),
        *option_problems,
        *field_problems,
        *_clashes(changes.fields, changes.relationships, definition),
        *relationship_problems,
    ]
    if problems:
        return None, problems
    proposed = replace(definition, fields=(*known, *fields), relationships=(*definition.relationships, *relationships))
    if back := list(reverse_problems(model, proposed, changes.fields)):
        return None, back
    slots, slot_problems = plan_slots(changes.fields, fields, relationships, (), [f.slot for f in known if f.slot])
    if slot_problems:
        return None, slot_problems
    return Planned(
        key=definition.key,
        name=name,
        name_key=naming.name_key(name),
        description=definition.description if changes.description is None else trimmed(changes.description),
        fields=(*known, *_slotted(fields, slots)),
        relationships=(*definition.relationships, *relationships),
        unique_keys=definition.unique_keys,
        contact_access=changes.contact_access or definition.contact_access,
    ), []


def naming_problems(draft: Draft, model: Model) -> Iterator[Problem]:
    """What is wrong with a draft's name and key beside the shop's other definitions."""
    yield from _number_of_definitions(model)
    yield from _name_problems(draft.name.strip(), model.definitions)
    yield from _key_problems(draft.key, draft.name, model)


def shape_problems(draft: Draft, fields: Sequence[Field], relationships: Sequence[Relationship]) -> Iterator[Problem]:
    """What is wrong with a draft's planned fields and relationships together."""
    yield from _size_problems(len(fields), relationships)
    yield from _clashes(draft.fields, draft.relationships)
    yield from _unique_key_problems(draft.unique_keys, fields)


def _proposed(id_: int, key: str, fields: Sequence[Field], relationships: Sequence[Relationship]) -> Definition:
    """What a draft would be, as far as names are concerned."""
    long_ago = datetime.min
    return Definition(id_, key, key, None, Status.ACTIVE, tuple(fields), tuple(relationships), (), long_ago, long_ago)


def _slotted(fields: Iterable[Field], slots: Mapping[str, str]) -> tuple[Field, ...]:
    return tuple(replace(f, slot=slots.get(f.name)) for f in fields)


def _number_of_definitions(model: Model) -> Iterator[Problem]:
    if len(model.definitions) >= limits.DEFINITIONS_PER_SHOP:
        message = f"The shop has {limits.DEFINITIONS_PER_SHOP} definitions, which is the limit: delete an unused one."
        yield Problem(Code.LIMIT_EXCEEDED, message)


def _size_problems(fields: int, relationships: Iterable[Relationship]) -> Iterator[Problem]:
    """Every relation needs a slot, or following it backward would read every record."""
    if not fields:
        yield Problem(Code.INVALID_FIELD, "A definition needs at least one field.", "fields")
    if fields > limits.FIELDS_PER_DEFINITION:
        message = f"That makes {fields} fields: a definition has at most {limits.FIELDS_PER_DEFINITION}."
        yield Problem(Code.LIMIT_EXCEEDED, message, "fields")
    counts = Counter(map(relation_kind, relationships))
    for kind, targets in (("ref", "contacts and definitions"), ("product", "products")):
        if counts[kind] > limits.SLOTS[kind]:
            message = f"That makes {counts[kind]} relationships to {targets}: at most {limits.SLOTS[kind]} are indexed."
            yield Problem(Code.LIMIT_EXCEEDED, message, "relationships")


def _name_problems(name: str, others: Iterable[Definition]) -> Iterator[Problem]:
    problem = naming.name_problem(name)
    if problem:
        yield problem.under("name")
        return
    same = next((other for other in others if naming.name_key(other.name) == naming.name_key(name)), None)
    if same:
        message = f"The definition {same.key} is called {same.name!r} (case and accents do not count): choose another."
        yield Problem(Code.NAME_TAKEN, message, "name")


def _key_problems(key: str | None, name: str, model: Model) -> Iterator[Problem]:
    if key is None:
        if naming.name_key(name):  # a blank name has its own problem
            message = "No key can be derived from the name: give one, such as price_list."
            yield Problem(Code.INVALID_NAME, message, "key")
        return
    problem = naming.key_problem(key)
    if problem:
        yield problem.under("key")
        return
    taken = {naming.type_name(other.key): other.key for other in model.definitions}
    if (same := taken.get(naming.type_name(key))) is not None:
        free = naming.numbered(key, lambda other: naming.type_name(other) not in taken)
        message = f"The definition {same} has the GraphQL name {naming.type_name(key)} already: give another key."
        yield Problem(Code.KEY_TAKEN, f"{message} Try {free}.", "key")


def _clashes(
    drafts: Sequence[DraftField], relationships: Iterable[DraftRelationship], known: Definition | None = None
) -> Iterator[Problem]:
    """Fields that would give one GraphQL name, whether twice themselves or as the object of a relation."""
    sources = {relationship.source_field for relationship in relationships}
    taken: dict[str, str] = {}
    for old in known.fields if known else ():
        relation = known is not None and old.name in known.relationship
        taken |= dict.fromkeys(naming.graphql_names(old.name, relation=relation), old.name)
    proposed = [naming.graphql_names(draft.name, relation=draft.name in sources) for draft in drafts]
    used = {*taken, *chain.from_iterable(proposed)}
    for index, (draft, names) in enumerate(zip(drafts, proposed, strict=True)):
        clash = next((name for name in names if name in taken), None)
        if clash is not None:
            free = naming.numbered(draft.name, lambda name: used.isdisjoint(naming.graphql_names(name, relation=True)))
            message = f"The field {shown(taken[clash])} takes up {shown(clash)} in GraphQL: choose another name."
            yield Problem(Code.DUPLICATE_FIELD, f"{message} Try {shown(free)}.", f"fields.{index}.name")
        taken |= dict.fromkeys(names, draft.name)


def _unique_key_problems(names: Sequence[str], fields: Iterable[Field]) -> Iterator[Problem]:
    if len(names) > limits.UNIQUE_KEY_FIELDS:
        message = f"A unique key has at most {limits.UNIQUE_KEY_FIELDS} fields."
        yield Problem(Code.LIMIT_EXCEEDED, message, "uniqueKeys")
    types = {f.name: f.type for f in fields}
    for index, name in enumerate(names):
        message = ""
        if name not in types:
            message = f"{shown(name)} is not a declared field: declare it, or name one that is."
        elif types[name] not in KEY_TYPES:
            message = f"A {types[name].value} field cannot identify a record: use text, a number, a date or a relation."
        elif name in names[:index]:
            message = f"{shown(name)} is named twice: once is enough."
        if message:
            yield Problem(Code.INVALID_UNIQUE_KEY, message, f"uniqueKeys.{index}")
