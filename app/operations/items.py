"""Records as sent: read field by field, with references resolved in one statement per kind of identifier."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from app.domain import references
from app.domain.definitions import Definition, Field, Model
from app.domain.keys import unique_key
from app.domain.prices import negative_problem
from app.domain.problems import Code, Problem
from app.domain.records import Data
from app.domain.references import Parsed, Reference
from app.domain.values import parser
from app.domain.verdicts import Outcome
from app.loaders.references import Resolver
from app.store.record_writes import Row
from app.store.session import Session


@dataclass(slots=True)
class Item:
    """One sent record on its way: stored values so far, references still open, what is wrong or doubtful; in the end
    its outcome, and the row it went into unless it was rejected."""

    index: int
    data: Data = field(default_factory=dict)
    references: dict[str, Reference] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()
    outcome: Outcome = Outcome.REJECTED
    row: Row | None = None


class Reader:
    """Reads sent records of one definition: unknown fields are refused, relations become references, other values are
    parsed. A batch often names the same thing again and again, so what was named before is remembered."""

    def __init__(self, model: Model, definition: Definition) -> None:
        self._model = model
        self._definition = definition
        self._relations = definition.relationship
        self._parsers = {field.name: self._parser(field) for field in definition.fields}
        self._named: dict[tuple[Any, str], Reference | Problem | None] = {}

    def read(self, index: int, sent: Any) -> Item:
        """The item at that position; what is wrong with it stands among its problems."""
        item = Item(index)
        if not isinstance(sent, dict):
            item.problems = (_not_an_object(self._definition),)
            return item
        for name, value in sent.items():
            if name not in self._parsers:
                item.problems += (_unknown_field(self._definition, name),)
            elif value is None:
                item.data[name] = None
            elif isinstance(value, Problem):  # what could not be read of a file
                item.problems += (value.under(name),)
            elif isinstance(stored := self._parsers[name](value), Problem):
                item.problems += (stored.under(name),)
            elif name in self._relations:
                item.references[name] = stored
            else:
                item.data[name] = stored
        return item

    def _parser(self, field: Field) -> Callable[[Any], Any]:
        """What makes of the field's value, not null, its stored form, a reference or a problem."""
        if relationship := self._relations.get(field.name):
            target = self._model.by_id.get(relationship.definition_id or 0)
            return partial(self._reference, references.parser(relationship, target))
        if (self._definition.id, field.name) in self._model.amounts:
            return partial(_amount, parser(field))
        return parser(field)

    def _reference(self, parse: Callable[[Any], Parsed], value: Any) -> Reference | Problem | None:
        if not isinstance(value, dict):
            return _either(*parse(value))
        named = (parse, repr(value))
        if named not in self._named:
            self._named[named] = _either(*parse(value))
        return self._named[named]


def _either(reference: Reference | None, problem: Problem | None) -> Reference | Problem | None:
    return reference or problem


def _amount(parse: Callable[[Any], Any], value: Any) -> Any:
    """A price is not negative."""
    stored = parse(value)
    return stored if isinstance(stored, Problem) else negative_problem(stored) or stored


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
            id_, problem, warning = resolver.answer(reference)
            if problem is None:
                item.data[name] = id_
            else:
                item.problems += (problem.under(name),)
            if warning is not None:
                item.warnings += (warning.under(name),)


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


def group_by_key(definition: Definition, items: Iterable[Item]) -> dict[str, list[Item]]:
    """Items of one unique key together, in input order, and the keys sorted: every writer locks in this order. An item
    without a key has a problem instead."""
    groups: dict[str, list[Item]] = {}
    for item in items:
        key, problems = unique_key(definition, item.data)
        if key is None:
            item.problems += tuple(problems)
        else:
            groups.setdefault(key, []).append(item)
    return dict(sorted(groups.items()))


def _printable(text: str) -> str:
    """A name the caller sent, fit for a message: what is not a character is shown escaped."""
    return text.encode("utf-8", "backslashreplace").decode().replace("\0", "\\0")
