"""Records as sent: read field by field, with references resolved in one statement per kind of identifier."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from app.domain.definitions import Definition, Model, Relationship
from app.domain.keys import unique_key
from app.domain.prices import negative_problem
from app.domain.problems import Code, Problem
from app.domain.records import Data
from app.domain.references import Reference, parse_reference
from app.domain.values import parse
from app.loaders.references import Resolver
from app.store.session import Session


@dataclass(slots=True)
class Item:
    """One sent record on its way: stored values so far, references still open, what is wrong or doubtful."""

    index: int
    data: Data = field(default_factory=dict)
    references: dict[str, Reference] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)


class Reader:
    """Reads sent records of one definition: unknown fields are refused, relations become references, other values are
    parsed. A batch often names the same thing again and again, so what was named before is remembered."""

    def __init__(self, model: Model, definition: Definition) -> None:
        self._model = model
        self._definition = definition
        self._named: dict[tuple[str, str], tuple[Reference | None, Problem | None]] = {}

    def read(self, index: int, sent: Any) -> Item:
        """The item at that position; what is wrong with it stands among its problems."""
        item = Item(index)
        if not isinstance(sent, dict):
            item.problems.append(_not_an_object(self._definition))
            return item
        for name, value in sent.items():
            problem = self._read_field(item, name, value)
            if problem is not None:
                item.problems.append(problem)
        return item

    def _read_field(self, item: Item, name: str, value: Any) -> Problem | None:
        declared = self._definition.field.get(name)
        if declared is None:
            return _unknown_field(self._definition, name)
        if value is None:
            item.data[name] = None
            return None
        if relationship := self._definition.relationship.get(name):
            reference, problem = self._reference(relationship, value)
            if reference is not None:
                item.references[name] = reference
        else:
            stored, problem = parse(declared, value)
            if problem is None and (self._definition.id, name) in self._model.amounts:
                problem = negative_problem(stored)
            if problem is None:
                item.data[name] = stored
        return problem.under(name) if problem is not None else None

    def _reference(self, relationship: Relationship, value: Any) -> tuple[Reference | None, Problem | None]:
        target = self._model.by_id.get(relationship.definition_id or 0)
        if not isinstance(value, dict):
            return parse_reference(relationship, value, target)
        named = (relationship.field, repr(value))
        if named not in self._named:
            self._named[named] = parse_reference(relationship, value, target)
        return self._named[named]


def _not_an_object(definition: Definition) -> Problem:
    example = f'{{"{definition.fields[0].name}": ...}}'
    return Problem(Code.NOT_AN_OBJECT, f"A record is an object of fields and values: send {example}.")


def _unknown_field(definition: Definition, name: str) -> Problem:
    known = ", ".join(definition.field)
    message = f"{definition.key} has no field {name[:60]!r}. Its fields: {known}."
    return Problem(Code.UNKNOWN_FIELD, _printable(message), _printable(name[:60]))


async def resolve(
    session: Session, model: Model, items: Sequence[Item], *, reject_ambiguous: bool = False, hold: bool = True
) -> None:
    """Puts canonical ids in the place of references; what cannot be resolved is a problem of its item. `hold` keeps
    the records referred to from being deleted before the transaction ends (writing sessions only)."""
    asked = {reference for item in items for reference in item.references.values()}
    resolver = await Resolver.ask(session, model, asked, reject_ambiguous=reject_ambiguous, hold=hold)
    for item in items:
        for name, reference in item.references.items():
            found = resolver.answer(reference)
            if found.problem is not None:
                item.problems.append(found.problem.under(name))
            else:
                item.data[name] = found.id
            if found.warning is not None:
                item.warnings.append(found.warning.under(name))


def key_of(definition: Definition, data: Data) -> tuple[str | None, list[Problem]]:
    """The record's unique key, or what is missing of it. (None, []) for a definition without one."""
    return unique_key(definition, data) if definition.unique_keys else (None, [])


async def read_key(
    session: Session, model: Model, definition: Definition, key: Any, *, hold: bool
) -> tuple[str | None, list[Problem]]:
    """A unique key as sent in `by: {definition, key}`: an object of its fields, or the bare value of a single one."""
    if not definition.unique_keys:
        message = f"{definition.key} has no unique key. Name its records by id."
        return None, [Problem(Code.MISSING_KEY, message, "by.key")]
    if _is_bare(definition, key):
        key = {definition.unique_keys[0]: key}
    if not isinstance(key, dict) or set(key) - set(definition.unique_keys):
        names = ", ".join(definition.unique_keys)
        message = f"The unique key of {definition.key} is {names}: send an object with that and nothing else."
        return None, [Problem(Code.MISSING_KEY, message, "by.key")]
    item = Reader(model, definition).read(0, key)
    await resolve(session, model, [item], hold=hold)
    if item.problems:
        return None, [problem.under("by.key") for problem in item.problems]
    text, problems = key_of(definition, item.data)
    return text, [problem.under("by.key") for problem in problems]


def _is_bare(definition: Definition, key: Any) -> bool:
    """Whether this is the value of a single field itself: a scalar, or the {by, value} of a relation."""
    if len(definition.unique_keys) > 1 or not isinstance(key, dict):
        return len(definition.unique_keys) == 1
    name = definition.unique_keys[0]
    return name in definition.relationship and name not in key


def positioned(item: Item, problem: Problem) -> Problem:
    """The problem as seen from the call: path "records.3.contact_id", index 3."""
    return problem.under(f"records.{item.index}", item.index)


def group_by_key(items: Sequence[tuple[str, Item]]) -> dict[str, list[Item]]:
    """Items of one unique key together, in input order, and the keys sorted: every writer locks in this order."""
    groups: dict[str, list[Item]] = defaultdict(list)
    for key, item in items:
        groups[key].append(item)
    return dict(sorted(groups.items()))


def _printable(text: str) -> str:
    """A name the caller sent, fit for a message: what is not a character is shown escaped."""
    return text.encode("utf-8", "backslashreplace").decode().replace("\0", "\\0")
