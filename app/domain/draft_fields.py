"""The fields of a proposed definition: planned one by one, with everything that is wrong with each."""

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from app.domain import limits, naming
from app.domain.definitions import Definition, Field, FieldType
from app.domain.draft_relationships import DraftRelationship, shown
from app.domain.problems import Code, Problem
from app.domain.text import text_problem
from app.domain.values import ELEMENT_TYPES, canonical, parse, scalar_type

_WITHOUT_OPTIONS = (FieldType.JSON, FieldType.GEOLOCATION)


@dataclass(frozen=True, slots=True)
class DraftField:
    """A field as proposed. `default` and `options` are values as sent; the options of a LIST are its elements'.
    `indexed` asks for an index slot, or for none; None takes one that is left."""

    name: str
    type: FieldType
    label: str | None = None
    description: str | None = None
    required: bool = False
    default: Any = None
    options: Sequence[Any] = ()
    element_type: FieldType | None = None
    indexed: bool | None = None


def plan_fields(
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
        label=trimmed(draft.label) or draft.name,
        description=trimmed(draft.description),
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
    yield from description_problems(draft.description)


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


def with_options(definition: Definition, appended: Mapping[str, Sequence[Any]]) -> tuple[list[Field], list[Problem]]:
    """The definition's fields with options appended."""
    fields = dict(definition.field)
    problems = []
    for name, values in appended.items():
        known = fields.get(name)
        if known is None:
            message = f"The definition has no field {shown(name)}: check its name."
            problems.append(Problem(Code.UNKNOWN_FIELD, message, "options"))
        elif values and not known.options:
            message = f"{name} takes any value today, and old records hold some: options can only join other options."
            problems.append(Problem(Code.INVALID_FIELD, message, f"options.{name}"))
        else:
            options, found = _plan_options(known, values)
            found += _enum_problems(known, options)
            fields[name] = replace(known, options=options)
            problems += [replace(p, path=f"options.{name}{(p.path or '').removeprefix('options')}") for p in found]
    return list(fields.values()), problems


def _enum_problems(known: Field, options: Sequence[Any]) -> Iterator[Problem]:
    """Options that are names are an enum in GraphQL, and stay one."""
    if scalar_type(known) is not FieldType.STRING or not all(map(naming.is_enum_name, known.options)):
        return
    for option in options:
        if not naming.is_enum_name(option):
            free = naming.derive_key(option)
            hint = f" Try {free}." if free is not None and naming.is_enum_name(free) and free not in options else ""
            message = f"The options of {known.name} are names of an enum in GraphQL, which {shown(option)} cannot be."
            yield Problem(Code.INVALID_FIELD, message + hint, "options")


def description_problems(text: str | None) -> Iterator[Problem]:
    unfit = text_problem(text or "", limits.DESCRIPTION_LENGTH)
    if unfit:
        yield Problem(Code.INVALID_VALUE, unfit, "description")


def trimmed(text: str | None) -> str | None:
    return (text or "").strip() or None
