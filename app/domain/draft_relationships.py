"""The relationships of a proposed definition: what they point at, and what is wrong with each."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from app.domain.definitions import Field, FieldType, Model, Relationship, Target
from app.domain.problems import Code, Problem

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


@dataclass(frozen=True, slots=True)
class DraftRelationship:
    """A relationship as proposed: SYSTEM to "contacts" or "products", CUSTOM to a definition's key or id."""

    source_field: str
    target_schema_type: str
    target_schema: str
    target_field: str | None = None


def plan_relationships(
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
        message = f"The shop has no definition {shown(schema)}: give the key or the id of one, or create it first."
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
    name = shown(draft.source_field)
    if draft.source_field in earlier:
        yield _relationship_problem(f"{name} has a relationship already: a field leads to one target.", "sourceField")
    elif draft.source_field in old_fields:
        message = f"{name} holds values that were never checked to be ids: append a new field with the relationship."
        yield _relationship_problem(message, "sourceField")
    elif draft.source_field not in declared:
        yield _relationship_problem(f"{name} is not a declared field: declare it, or name one that is.", "sourceField")


def _relationship_problem(message: str, path: str) -> Problem:
    return Problem(Code.INVALID_RELATIONSHIP, message, path)


def shown(text: str) -> str:
    """A caller's text in a message: short, and safe to encode."""
    return repr(text[:60])
