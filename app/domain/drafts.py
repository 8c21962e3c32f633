"""Definitions as proposed: checked against every rule at once, then planned as the store will keep them.

Problems carry paths into the input ("fields.2.name", "uniqueKeys.1"). The database repeats the uniqueness of names and
keys as constraints; here it gets its message.
"""

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Any

from app.domain import limits, naming
from app.domain.definitions import ContactAccess, Definition, Field, FieldType, Model, Relationship, Target
from app.domain.keys import KEY_TYPES
from app.domain.problems import Code, Problem
from app.domain.slots import assign, relation_kind
from app.domain.text import text_problem
from app.domain.values import ELEMENT_TYPES, canonical, parse, scalar_type

SELF = 0  # as a relationship's definition_id: the definition being created, whose id is not known yet

_SYSTEM_TARGETS = {"contacts": Target.CONTACTS, "products": Target.PRODUCTS}
_ID_NAMES = {
    Target.CONTACTS: ("id_contact", "id"),
    Target.PRODUCTS: ("id_product", "id"),
    Target.DEFINITION: ("id_record", "id"),
}
_RELATION_TYPES = {
    Target.CONTACTS: (FieldType.NUMBER,),
    Target.PRODUCTS: (FieldType.STRING, FieldType.NUMBER),
    Target.DEFINITION: (FieldType.NUMBER,),
}
_WITHOUT_OPTIONS = (FieldType.JSON, FieldType.GEOLOCATION)


@dataclass(frozen=True, slots=True)
class DraftField:
    """A field as proposed. `default` and `options` are values as sent; the options of a LIST are its elements'."""

    name: str
    type: FieldType
    label: str | None = None
    description: str | None = None
    required: bool = False
    default: Any = None
    options: Sequence[Any] = ()
    element_type: FieldType | None = None


@dataclass(frozen=True, slots=True)
class DraftRelationship:
    """A relationship as proposed: SYSTEM to "contacts" or "products", CUSTOM to a definition's key or id."""

    source_field: str
    target_schema_type: str
    target_schema: str
    target_field: str | None = None


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
    fields, field_problems = _plan_fields(draft.fields, draft.relationships)
    relationships, relationship_problems = _plan_relationships(draft.relationships, fields, model, {key: SELF})
    problems = [
        *_number_of_definitions(model),
        *_name_problems(draft.name.strip(), model.definitions),
        *_key_problems(key, draft.name, model),
        *_description_problems(draft.description),
        *_size_problems(len(fields), relationships),
        *field_problems,
        *_clashes(draft.fields, draft.relationships),
        *relationship_problems,
        *_unique_key_problems(draft.unique_keys, fields),
    ]
    if problems or key is None:
        return None, problems
    slots = assign(fields, relationships, draft.unique_keys)
    name = draft.name.strip()
    return Planned(
        key=key,
        name=name,
        name_key=naming.name_key(name),
        description=_trimmed(draft.description),
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
    known, option_problems = _with_options(definition, changes.options)
    fields, field_problems = _plan_fields(changes.fields, changes.relationships)
    relationships, relationship_problems = _plan_relationships(
        changes.relationships, fields, model, {definition.key: definition.id}, definition.field
    )
    problems = [
        *_name_problems(name, others),
        *_description_problems(changes.description),
        *_size_problems(len(known) + len(fields), [*definition.relationships, *relationships]),
        *option_problems,
        *field_problems,
        *_clashes(changes.fields, changes.relationships, definition),
        *relationship_problems,
    ]
    if problems:
        return None, problems
    slots = assign(fields, relationships, (), [f.slot for f in known if f.slot])
    return Planned(
        key=definition.key,
        name=name,
        name_key=naming.name_key(name),
        description=definition.description if changes.description is None else _trimmed(changes.description),
        fields=(*known, *_slotted(fields, slots)),
        relationships=(*definition.relationships, *relationships),
        unique_keys=definition.unique_keys,
        contact_access=changes.contact_access or definition.contact_access,
    ), []


def _trimmed(text: str | None) -> str | None:
    return (text or "").strip() or None


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


def _description_problems(text: str | None) -> Iterator[Problem]:
    unfit = text_problem(text or "", limits.DESCRIPTION_LENGTH)
    if unfit:
        yield Problem(Code.INVALID_VALUE, unfit, "description")


def _plan_fields(
    drafts: Sequence[DraftField], relationships: Iterable[DraftRelationship]
) -> tuple[list[Field], list[Problem]]:
    sources = {relationship.source_field for relationship in relationships}
    planned = [_plan_field(draft, relation=draft.name in sources) for draft in drafts]
    problems = [p.under(f"fields.{index}") for index, (_, found) in enumerate(planned) for p in found]
    return [plan for plan, _ in planned], problems


def _plan_field(draft: DraftField, *, relation: bool) -> tuple[Field, list[Problem]]:
    """The field as far as it can be planned, and what is wrong with it."""
    plan = Field(
        name=draft.name,
        type=draft.type,
        label=_trimmed(draft.label) or draft.name,
        description=_trimmed(draft.description),
        required=draft.required,
        element_type=_element_type(draft),
    )
    problems = [*_wording_problems(draft, relation=relation), *_element_type_problems(draft)]
    if relation:
        return plan, [*problems, *_relation_field_problems(draft)]
    options, option_problems = _plan_options(plan, draft.options)
    plan = replace(plan, options=options)
    default, default_problem = parse(plan, draft.default)
    if default_problem and not option_problems:  # it may be one of the options that failed
        problems.append(default_problem.under("default"))
    return replace(plan, default=default), [*problems, *option_problems]


def _wording_problems(draft: DraftField, *, relation: bool) -> Iterator[Problem]:
    name_problem = naming.field_problem(draft.name, relation=relation)
    if name_problem:
        yield name_problem.under("name")
    unfit = text_problem(draft.label or "", limits.LABEL_LENGTH)
    if unfit:
        yield Problem(Code.INVALID_FIELD, unfit, "label")
    yield from _description_problems(draft.description)


def _element_type(draft: DraftField) -> FieldType | None:
    if draft.type is not FieldType.LIST:
        return None
    return draft.element_type if draft.element_type in ELEMENT_TYPES else FieldType.STRING


def _element_type_problems(draft: DraftField) -> Iterator[Problem]:
    if draft.element_type is None or draft.element_type is _element_type(draft):
        return
    allowed = ", ".join(t.value for t in FieldType if t in ELEMENT_TYPES)
    message = "Only a LIST has an element type: leave it out."
    if draft.type is FieldType.LIST:
        message = f"The elements of a LIST are one of {allowed}."
    yield Problem(Code.INVALID_FIELD, message, "elementType")


def _relation_field_problems(draft: DraftField) -> Iterator[Problem]:
    """A relation field holds what a reference was resolved to: no constant stands for that."""
    if draft.default is not None:
        yield Problem(Code.INVALID_FIELD, "A relation field has no default: leave it out.", "default")
    if draft.options:
        yield Problem(Code.INVALID_FIELD, "A relation field has no options: leave them out.", "options")


def _plan_options(plan: Field, values: Sequence[Any]) -> tuple[tuple[Any, ...], list[Problem]]:
    """The field's options with these appended, each once, as stored values."""
    if values and plan.type in _WITHOUT_OPTIONS:
        message = f"A {plan.type.value} field has no options: leave them out."
        return (), [Problem(Code.INVALID_FIELD, message, "options")]
    single = replace(plan, type=scalar_type(plan), options=())
    parsed = [parse(single, value) if value is not None else (None, _null_option()) for value in values]
    problems = [p.under(f"options.{index}") for index, (_, p) in enumerate(parsed) if p]
    chosen: dict[Hashable, Any] = {}
    for option in (*plan.options, *(option for option, p in parsed if p is None)):
        chosen.setdefault(canonical(single.type, option), option)
    options = tuple(chosen.values())
    if len(options) > limits.OPTIONS_PER_FIELD:
        message = f"That makes {len(options)} options: a field has at most {limits.OPTIONS_PER_FIELD}."
        problems.append(Problem(Code.LIMIT_EXCEEDED, message, "options"))
    return options, problems


def _null_option() -> Problem:
    return Problem(Code.INVALID_VALUE, "Null is no option: a field that is not required may always be null.")


def _with_options(definition: Definition, appended: Mapping[str, Sequence[Any]]) -> tuple[list[Field], list[Problem]]:
    """The definition's fields with options appended."""
    fields = dict(definition.field)
    problems = []
    for name, values in appended.items():
        known = fields.get(name)
        if known is None:
            message = f"The definition has no field {_shown(name)}: check its name."
            problems.append(Problem(Code.UNKNOWN_FIELD, message, "options"))
        elif values and not known.options:
            message = f"{name} takes any value today, and old records hold some: options can only join other options."
            problems.append(Problem(Code.INVALID_FIELD, message, f"options.{name}"))
        else:
            options, found = _plan_options(known, values)
            fields[name] = replace(known, options=options)
            problems += [replace(p, path=f"options.{name}{(p.path or '').removeprefix('options')}") for p in found]
    return list(fields.values()), problems


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
            message = f"The field {_shown(taken[clash])} takes up {_shown(clash)} in GraphQL: choose another name."
            yield Problem(Code.DUPLICATE_FIELD, f"{message} Try {_shown(free)}.", f"fields.{index}.name")
        taken |= dict.fromkeys(names, draft.name)


def _unique_key_problems(names: Sequence[str], fields: Iterable[Field]) -> Iterator[Problem]:
    if len(names) > limits.UNIQUE_KEY_FIELDS:
        message = f"A unique key has at most {limits.UNIQUE_KEY_FIELDS} fields."
        yield Problem(Code.LIMIT_EXCEEDED, message, "uniqueKeys")
    types = {f.name: f.type for f in fields}
    for index, name in enumerate(names):
        message = ""
        if name not in types:
            message = f"{_shown(name)} is not a declared field: declare it, or name one that is."
        elif types[name] not in KEY_TYPES:
            message = f"A {types[name].value} field cannot identify a record: use text, a number, a date or a relation."
        elif name in names[:index]:
            message = f"{_shown(name)} is named twice: once is enough."
        if message:
            yield Problem(Code.INVALID_UNIQUE_KEY, message, f"uniqueKeys.{index}")


def _plan_relationships(
    drafts: Sequence[DraftRelationship],
    fields: Iterable[Field],
    model: Model,
    own: Mapping[str | None, int],
    old_fields: Iterable[str] = (),
) -> tuple[list[Relationship], list[Problem]]:
    """`own` leads from the definition's own key to its id, or to SELF."""
    types = {f.name: f.type for f in fields}
    relationships, problems = [], []
    for index, draft in enumerate(drafts):
        target, found = _find_target(draft, model, own)
        if target:
            relationships.append(target)
            found += _target_problems(draft, target, types.get(draft.source_field))
        found += _source_problems(draft, types, old_fields, [d.source_field for d in drafts[:index]])
        problems += [p.under(f"relationships.{index}") for p in found]
    return relationships, problems


def _find_target(
    draft: DraftRelationship, model: Model, own: Mapping[str | None, int]
) -> tuple[Relationship | None, list[Problem]]:
    schema = draft.target_schema
    if draft.target_schema_type == "SYSTEM":
        if schema in _SYSTEM_TARGETS:
            return Relationship(draft.source_field, _SYSTEM_TARGETS[schema]), []
        return None, [_relationship_problem("The system schemas are contacts and products: name one.", "targetSchema")]
    if draft.target_schema_type != "CUSTOM":
        return None, [_relationship_problem("A target is SYSTEM or CUSTOM.", "targetSchemaType")]
    found = model.find(schema)
    definition_id = own.get(schema, found.id if found else None)
    if definition_id is None:
        message = f"The shop has no definition {_shown(schema)}: give the key or the id of one, or create it first."
        return None, [_relationship_problem(message, "targetSchema")]
    return Relationship(draft.source_field, Target.DEFINITION, definition_id), []


def _target_problems(
    draft: DraftRelationship, relationship: Relationship, source_type: FieldType | None
) -> Iterator[Problem]:
    id_names, types = _ID_NAMES[relationship.target], _RELATION_TYPES[relationship.target]
    if draft.target_field is not None and draft.target_field not in id_names:
        message = f"A relationship leads to the target's id: leave the target field out, or name it {id_names[0]}."
        yield _relationship_problem(message, "targetField")
    if source_type is not None and source_type not in types:
        allowed = " or ".join(t.value for t in types)
        yield _relationship_problem(f"The field must be a {allowed} to hold the target's id.", "sourceField")


def _source_problems(
    draft: DraftRelationship, declared: Mapping[str, FieldType], old_fields: Iterable[str], earlier: Sequence[str]
) -> Iterator[Problem]:
    name = _shown(draft.source_field)
    if draft.source_field in earlier:
        yield _relationship_problem(f"{name} has a relationship already: a field leads to one target.", "sourceField")
    elif draft.source_field in old_fields:
        message = f"{name} holds values that were never checked to be ids: append a new field with the relationship."
        yield _relationship_problem(message, "sourceField")
    elif draft.source_field not in declared:
        yield _relationship_problem(f"{name} is not a declared field: declare it, or name one that is.", "sourceField")


def _relationship_problem(message: str, path: str) -> Problem:
    return Problem(Code.INVALID_RELATIONSHIP, message, path)


def _shown(text: str) -> str:
    """A caller's text in a message: short, and safe to encode."""
    return repr(text[:60])
