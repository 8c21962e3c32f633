"""The header of a CSV file: which column is which field, and how its cells are read."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import partial
from typing import Any

from app.bulk.cells import Decode, decoder, whole
from app.bulk.lines import Unreadable
from app.domain.catalogue_rows import Part
from app.domain.definitions import Definition, Model, Relationship, Target
from app.domain.problems import Problem

IGNORED = "#"  # columns whose name begins so are for people: "#errors" of a file of rejects


@dataclass(frozen=True, slots=True)
class Column:
    """What becomes of a column's cells. Without a field they are ignored; without `decode` they are the value."""

    field: str | None
    decode: Decode | None = None


Columns = Callable[[Sequence[str]], list[Column]]


def of_records(model: Model, definition: Definition, *, decimal_comma: bool = False) -> Columns:
    """Columns are named by a field's name or label, a relation's also by what identifies its target:
    "contact_id.email", "contact_id.customer" (the customer's id), "contact_id.customer:webshop" (with its source),
    "veto_id.nom"."""
    names = _names((field.name, field.label) for field in definition.fields)

    def column(header: str) -> Column | None:
        name, dot, by = header.partition(".")
        field = names.get(_folded(header))
        if field is not None:
            relationship = definition.relationship.get(field)
            return Column(field, _bare(model, relationship) if relationship else decoder(
                definition.field[field].type, decimal_comma=decimal_comma
            ))  # fmt: skip
        field = names.get(_folded(name))
        if dot and field in definition.relationship:
            decode = _by(model, definition.relationship[field], by.strip())
            return Column(field, decode) if decode else None
        return None

    known = [field.name for field in definition.fields]
    ways = [f"{r.field}.{by}" for r in definition.relationships for by in _identifiers(model, r)]
    return partial(_read, column=column, known=known, ways=ways, what=definition.key)


def of_parts(parts: tuple[Part, ...], what: str, *, decimal_comma: bool = False) -> Columns:
    """Columns of customers or products, by either of their names."""
    names = _names((part.name, part.api) for part in parts)
    types = {part.name: part.type for part in parts}

    def column(header: str) -> Column | None:
        name = names.get(_folded(header))
        return Column(name, decoder(types[name], decimal_comma=decimal_comma)) if name else None

    return partial(_read, column=column, known=[part.name for part in parts], ways=[], what=what)


def _read(
    header: Sequence[str], *, column: Callable[[str], Column | None], known: list[str], ways: list[str], what: str
) -> list[Column]:
    found: list[Column] = []
    for number_, name in enumerate(map(str.strip, header), 1):
        if name.startswith(IGNORED):
            found.append(Column(None))
            continue
        if not name:
            raise Unreadable(f"Column {number_} has no name. Where lines end with a delimiter, take it out of all of "
                             "them; or head the column #, and it is not read.")  # fmt: skip
        read = column(name)
        if read is None:
            raise Unreadable(_unknown(number_, name, known, ways, what))
        if read.field in [each.field for each in found]:
            raise Unreadable(f"Column {number_}, {name[:60]!r}, names {read.field} again: keep one column of it.")
        found.append(read)
    if not any(each.field for each in found):
        raise Unreadable(f"The file has no columns. Its first line names them: {', '.join(known)}.")
    return found


def _unknown(number_: int, name: str, known: list[str], ways: list[str], what: str) -> str:
    folded = {_folded(each): each for each in [*known, *ways]}
    near = get_close_matches(_folded(name), folded, n=1, cutoff=0.5)
    hint = f" Did you mean {folded[near[0]]}?" if near else ""
    more = f" Relations also as {', '.join(ways[:10])}." if ways else ""
    return f"Column {number_}, {name[:60]!r}, is nothing that {what} has.{hint} Known: {', '.join(known)}.{more}"


def _names(pairs: Iterable[tuple[str, str]]) -> Mapping[str, str]:
    """Names first: what is one field's name is not taken for another's label. A label of two fields names neither."""
    pairs = list(pairs)
    labels: dict[str, str | None] = {}
    for name, label in pairs:
        labels[_folded(label)] = None if _folded(label) in labels else name
    return {label: name for label, name in labels.items() if name} | {_folded(name): name for name, _ in pairs}


def _folded(name: str) -> str:
    return " ".join(name.split()).casefold()


def _bare(model: Model, relationship: Relationship) -> Decode | None:
    return None if relationship.target is Target.PRODUCTS else _id(model, relationship)


def _id(model: Model, relationship: Relationship) -> Decode:
    others = [by for by in _identifiers(model, relationship) if by not in ("id_contact", "id_record")]
    ways = [f"{relationship.field}.{by}" for by in others]
    return partial(whole, f", or head the column {', '.join(ways)}" if ways else "")


def _identifiers(model: Model, relationship: Relationship) -> list[str]:
    if relationship.target is Target.CONTACTS:
        return ["email", "customer", "customer:SOURCE", "id_contact"]
    if relationship.target is Target.PRODUCTS:
        return ["reference", "id"]
    target = model.by_id.get(relationship.definition_id or 0)
    return [*(target.unique_keys if target and len(target.unique_keys) == 1 else ()), "id_record"]


def _by(model: Model, relationship: Relationship, by: str) -> Decode | None:
    """What makes a reference of a cell; None for an identifier that the target does not have."""
    if relationship.target is Target.CONTACTS:
        word, colon, source = by.partition(":")
        if word in ("customer", "id_customer"):
            return partial(_reference, "id_customer", None, {"source": source} if colon else {})
        if by == "id_contact":
            return partial(_reference, by, _id(model, relationship), {})
        return partial(_reference, by, None, {}) if by == "email" else None
    if relationship.target is Target.PRODUCTS:
        return partial(_reference, by, None, {}) if by in ("id", "reference") else None
    if by not in _identifiers(model, relationship):
        return None
    target = model.by_id.get(relationship.definition_id or 0)
    if by == "id_record" or target is None:
        return partial(_reference, by, _id(model, relationship), {})
    if inner := target.relationship.get(by):
        return partial(_reference, by, None if inner.target is Target.PRODUCTS else partial(whole, ""), {})
    decode = decoder(target.field[by].type, decimal_comma=False)
    return partial(_reference, by, decode, {})


def _reference(by: str, decode: Decode | None, more: Mapping[str, str], cell: str) -> Any:
    value = cell if decode is None else decode(cell)
    return value if isinstance(value, Problem) else {"by": by, "value": value, **more}
