"""Several rows at a hop: where they may be found, and by which field the latest of them is taken.

A price is walked from the contact's end, one row per hop: the latest by a field the source names, else the highest id.
"""

from app.domain.definitions import Definition, FieldType, Model
from app.domain.paths import Hop, Path, listed
from app.domain.problems import Code, Problem

_COMPARABLE = (FieldType.DATE, FieldType.DATETIME, FieldType.NUMBER, FieldType.DECIMAL)


def several_rows(model: Model, path: Path, product_field: str) -> list[Hop]:
    """The hops, walked from the contact, at which several rows may be found: no unique key of the definition lies
    within the relation followed backward (for the source itself: within that and the product)."""
    last = len(path.hops) - 1
    return [
        hop
        for place, hop in enumerate(reversed(path.hops))
        if hop.forward and not _at_most_one(model, hop, {product_field} if place == last else set())
    ]


def _at_most_one(model: Model, hop: Hop, also_given: set[str]) -> bool:
    unique = set(model.by_id[hop.holder].unique_keys)
    return bool(unique) and unique <= {hop.field, *also_given}


def choose_latest_by(model: Model, path: Path, text: str) -> tuple[str | None, Problem | None]:
    """The field by which the latest of several rows is taken, as stored ("12.since"). Accepts "since" when one
    definition along the path, whose rows are chosen among, declares it, else "vet_assignment.since"."""
    owner, dot, name = text.rpartition(".")
    holders = {hop.holder: model.by_id[hop.holder] for hop in path.hops if hop.forward}
    named = model.find(owner) if dot else None
    declaring = [d for d in holders.values() if name in d.field and (not dot or d is named)]
    usable = [d for d in declaring if _comparable(d, name)]
    if len(usable) == 1:
        return f"{usable[0].id}.{name}", None
    if usable:
        fault = f"Several definitions along the path have a field {name!r}."
    elif declaring:
        fault = f"Field {name!r} cannot tell which row is the latest: it is no DATE, DATETIME, NUMBER or DECIMAL."
    else:
        fault = f"No rows along the path are chosen by {text!r}."
    possible = [f"{d.key}.{field.name}" for d in holders.values() for field in d.fields if _comparable(d, field.name)]
    advice = f"Possible: {listed(possible)}." if possible else "No definition along the path has a suitable field."
    return None, Problem(Code.INVALID_SOURCE_FIELD, f"{fault} {advice}", "latestBy")


def _comparable(definition: Definition, name: str) -> bool:
    return definition.field[name].type in _COMPARABLE and name not in definition.relationship
