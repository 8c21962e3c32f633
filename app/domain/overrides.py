"""What may be an override source: the checks of setOverrides, all of them at once."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.domain import limits
from app.domain.definitions import Definition, FieldType, Model, OverrideSource, Target
from app.domain.latest import choose_latest_by, several_rows
from app.domain.paths import Path, choose_path, listed
from app.domain.prices import negative_problem
from app.domain.problems import Code, Problem

SYSTEM_FIELDS = ("price", "price_discount")  # of products

_PRIORITIES = range(1, limits.OVERRIDE_SOURCES + 1)


@dataclass(frozen=True, slots=True)
class DraftSource:
    """A source as the user writes it. `definition` is a key or an id; what is None is to be found out."""

    definition: str
    field: str
    priority: int
    contact_path: tuple[str, ...] | None = None
    product_field: str | None = None
    latest_by: str | None = None


def check_sources(
    model: Model, system_field: str, drafts: Sequence[DraftSource], *, system_schema: str = "products"
) -> tuple[tuple[OverrideSource, ...], tuple[Problem, ...], tuple[Problem, ...]]:
    """The sources in order of priority, the warnings, and the problems: with any of these nothing is to be set.
    Paths lead into the input ("sources.0.contactPath")."""
    problems = [*_check_system_field(system_schema, system_field), *_check_number_and_priorities(drafts)]
    warnings: list[Problem] = []
    sources: list[OverrideSource] = []
    for index, draft in enumerate(drafts[: limits.OVERRIDE_SOURCES]):
        source, warned, wrong = _check_source(model, system_field, draft)
        warnings += (warning.under(f"sources.{index}", index) for warning in warned)
        problems += (problem.under(f"sources.{index}", index) for problem in wrong)
        sources += [source] if source else []
    if problems:
        return (), tuple(warnings), tuple(problems)
    return tuple(sorted(sources, key=lambda source: source.priority)), tuple(warnings), ()


def _check_system_field(system_schema: str, system_field: str) -> list[Problem]:
    if system_schema != "products":
        message = f"{system_schema!r} cannot be overridden. Use systemSchema 'products'."
        return [Problem(Code.INVALID_SYSTEM_FIELD, message, "systemSchema")]
    if system_field not in SYSTEM_FIELDS:
        message = f"products.{system_field} cannot be overridden. Use one of: {', '.join(SYSTEM_FIELDS)}."
        return [Problem(Code.INVALID_SYSTEM_FIELD, message, "systemField")]
    return []


def _check_number_and_priorities(drafts: Sequence[DraftSource]) -> list[Problem]:
    if len(drafts) > limits.OVERRIDE_SOURCES:
        message = f"A system field has at most {limits.OVERRIDE_SOURCES} sources; {len(drafts)} were given."
        return [Problem(Code.TOO_MANY_SOURCES, message, "sources")]
    problems = []
    holder: dict[int, int] = {}
    for index, draft in enumerate(drafts):
        earlier = holder.setdefault(draft.priority, index)
        if draft.priority not in _PRIORITIES:
            message = f"Priority {draft.priority} does not exist. Use 1 (asked first), 2 or 3."
        elif earlier != index:
            message = f"Source {earlier} has priority {draft.priority} too. Give each source its own."
        else:
            continue
        problems.append(Problem(Code.INVALID_PRIORITY, message, f"sources.{index}.priority", index))
    return problems


def _check_source(
    model: Model, system_field: str, draft: DraftSource
) -> tuple[OverrideSource | None, list[Problem], list[Problem]]:
    """One source, its warnings and its problems, positioned within the source."""
    definition = model.find(draft.definition)
    if definition is None:
        message = f"There is no definition {draft.definition!r} in this shop."
        return None, [], [Problem(Code.DEFINITION_NOT_FOUND, message, "definition")]
    wrong_field = _check_amount_field(definition, draft.field)
    product_field, wrong_product = _choose_product_field(definition, draft.product_field)
    path, wrong_path = choose_path(model, definition, draft.contact_path)
    latest_by, wrong_latest = None, None
    if path and draft.latest_by is not None:
        latest_by, wrong_latest = choose_latest_by(model, path, draft.latest_by)
    problems = [p for p in (wrong_field, wrong_product, wrong_path, wrong_latest) if p]
    if problems or path is None or product_field is None:
        return None, [], problems
    source = OverrideSource(
        system_field, draft.priority, definition.id, draft.field, product_field, path.stored, latest_by
    )
    return source, _warn_of_several_rows(model, path, source), []


def _check_amount_field(definition: Definition, name: str) -> Problem | None:
    if name in definition.field and _may_hold_an_amount(definition, name):
        if negative_problem(definition.field[name].default) is None:
            return None
        message = f"{definition.key}.{name} has a negative default, and no price is negative. Use another field."
        return Problem(Code.INVALID_SOURCE_FIELD, message, "field")
    fault = (
        f"{definition.key} has no field {name!r}."
        if name not in definition.field
        else f"{definition.key}.{name} holds no amount: it is a relation."
        if name in definition.relationship
        else f"{definition.key}.{name} holds no amount: it is {definition.field[name].type.value}."
    )
    suitable = [field.name for field in definition.fields if _may_hold_an_amount(definition, field.name)]
    advice = f"Suitable: {listed(suitable)}." if suitable else "Extend the definition with a DECIMAL field."
    return Problem(Code.INVALID_SOURCE_FIELD, f"{fault} {advice}", "field")


def _may_hold_an_amount(definition: Definition, name: str) -> bool:
    return definition.field[name].type in (FieldType.DECIMAL, FieldType.NUMBER) and name not in definition.relationship


def _choose_product_field(definition: Definition, name: str | None) -> tuple[str | None, Problem | None]:
    """The named relation to products, else the only one."""
    possible = [relationship.field for relationship in definition.relations_to(Target.PRODUCTS)]
    if name in possible or (name is None and len(possible) == 1):
        return name or possible[0], None
    if not possible:
        message = f"{definition.key} has no relation to products. Extend it with one, so that a price has its product."
    elif name is None:
        message = f"{definition.key} has several relations to products: {listed(possible)}. Name one as productField."
    else:
        message = f"{name!r} is no relation of {definition.key} to products. Possible: {listed(possible)}."
    return None, Problem(Code.INVALID_SOURCE_FIELD, message, "productField")


def _warn_of_several_rows(model: Model, path: Path, source: OverrideSource) -> list[Problem]:
    """One warning for each hop at which a contact may have several rows."""
    decider, _, decided_by = (source.latest_by or "").rpartition(".")
    warnings = []
    for hop in several_rows(model, path, source.product_field):
        definition = model.by_id[hop.holder]
        is_source = hop == path.hops[0]
        key = f"({hop.field}, {source.product_field})" if is_source else f"({hop.field})"
        rule = f"the latest by {decided_by!r}" if decider == str(hop.holder) else "the one with the highest id"
        message = (
            f"{definition.key} may hold several rows for one {hop.field}{' and product' if is_source else ''}, as it "
            f"has no unique key within {key}: {rule} is taken. latestBy can name a date or number of {definition.key}."
        )
        warnings.append(Problem(Code.SEVERAL_ROWS, message, "contactPath"))
    return warnings
