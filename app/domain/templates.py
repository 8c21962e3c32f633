"""Templates: text in which variables stand for what a shop knows of a contact.

    Dear {var=contact.first_name default="friend"}, you have {var=loyalty.points} points since
    {var=loyalty.since format="long"}. Your manager: {var=assignment.responsable_id.last_name}.

A variable is a path: `contact` or a definition whose records point at contacts, then a field; a relation may be
followed to the fields of what it points to. `default` stands where there is no value, `format` says how one is written,
`pick` which record speaks where a contact has several (`pick="since desc"`; else the newest), `by` the relation to the
contact where a definition has several (else the first one declared). `{{var=` gives `{var=`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from app.domain import limits
from app.domain.definitions import Definition, Model, Target
from app.domain.entities import (
    CONTACTS,
    Attribute,
    Entity,
    Kind,
    attribute,
    attribute_names,
    followed,
    of_definition,
    relationship,
    unknown,
)
from app.domain.problems import Code, Unfit

CONTACT = "contact"  # the root of the contact's own fields

_START = re.compile(r"\{\{var=|\{var=")
_PATH = re.compile(r"[A-Za-z0-9_]+(?:\.[A-Za-z0-9_]+)*")
_OPTION = re.compile(r'\s+([a-z]+)="((?:[^"\\]|\\.)*)"')
_BARE = re.compile(r'\s+[a-z]+\s*=\s*[^"\s]')  # an option without its quotes
_END = re.compile(r"\s*\}")
_OPTIONS = ("default", "format", "pick", "by")
_PICK = re.compile(r"([A-Za-z0-9_]+)(?: (asc|desc))?")


@dataclass(frozen=True, slots=True)
class Pick:
    """Which record of several speaks: the first in this order. Records without a value come last, the newest decides
    among equals."""

    attribute: Attribute
    descending: bool


@dataclass(frozen=True, slots=True)
class Source:
    """Where a variable's path begins: the contact itself, or one of its records of a definition, by its relation."""

    definition: Definition | None = None
    relation: str = ""
    pick: Pick | None = None


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable that means something. From the source `relations` are followed, then the attribute is read."""

    path: str
    source: Source
    relations: tuple[str, ...]
    attribute: Attribute
    default: str | None = None
    format: str | None = None


@dataclass(frozen=True, slots=True)
class Template:
    """Texts, and numbers of variables, in turn; each variable is there once."""

    parts: tuple[str | int, ...]
    variables: tuple[Variable, ...]


def parse_template(model: Model, text: str) -> Template:
    """Raises Unfit, which says where, for what is no variable or an unknown one."""
    if len(text) > limits.TEMPLATE_LENGTH:
        message = f"The template has {len(text)} characters; at most {limits.TEMPLATE_LENGTH} fit."
        raise Unfit(Code.LIMIT_EXCEEDED, message)
    parts = list(_parts(model, text))
    numbers = {each: n for n, each in enumerate(dict.fromkeys(part for part in parts if isinstance(part, Variable)))}
    template = Template(tuple(part if isinstance(part, str) else numbers[part] for part in parts), tuple(numbers))
    if len(template.variables) > limits.TEMPLATE_VARIABLES:
        message = f"The template has {len(template.variables)} variables; at most {limits.TEMPLATE_VARIABLES} fit."
        raise Unfit(Code.LIMIT_EXCEEDED, message)
    return template


def _parts(model: Model, text: str) -> Iterator[str | Variable]:
    at = 0
    while (start := _START.search(text, at)) is not None:
        if start[0] == "{{var=":
            yield text[at : start.start()] + "{var="
            at = start.end()
            continue
        yield text[at : start.start()]
        try:
            found, at = _variable(model, text, start.end())
        except Unfit as unfit:
            where = f"At character {start.start() + 1}, {text[start.start() : start.start() + 40]!r}: "
            raise Unfit(unfit.problem.code, where + unfit.problem.message) from None
        yield found
    yield text[at:]


def _variable(model: Model, text: str, start: int) -> tuple[Variable, int]:
    """The variable written there, and where it ends."""
    path = _PATH.match(text, start)
    if path is None:
        raise Unfit(Code.INVALID_TEMPLATE, f"Write a path, such as {{var={CONTACT}.first_name}}.")
    at, options = path.end(), dict[str, str]()
    while (option := _OPTION.match(text, at)) is not None:
        name, value = option[1], re.sub(r"\\(.)", r"\1", option[2])
        if name not in _OPTIONS:
            raise Unfit(Code.INVALID_TEMPLATE, unknown(name, "option of a variable", list(_OPTIONS)))
        if name in options:
            raise Unfit(Code.INVALID_TEMPLATE, f"{name} is given twice. Give it once.")
        options[name], at = value, option.end()
    if _BARE.match(text, at):
        raise Unfit(Code.INVALID_TEMPLATE, 'Write options in double quotes, such as default="0".')
    end = _END.match(text, at)
    if end is None:
        message = 'A variable is a path and options, such as {var=loyalty.points default="0"}, and ends with }.'
        raise Unfit(Code.INVALID_TEMPLATE, message)
    return variable(model, path[0], **options), end.end()


def variable(
    model: Model, path: str, default: str | None = None, format: str | None = None, pick: str | None = None,
    by: str | None = None,
) -> Variable:  # fmt: skip
    """What a path means. Raises Unfit, with the nearest name, for what means nothing."""
    root, *names = path.split(".")
    source = _source(model, root, pick, by)
    if not names:
        raise Unfit(Code.INVALID_TEMPLATE, f"Which field of {root}? Write {{var={root}.<field>}}.")
    if len(names) > limits.TEMPLATE_HOPS + 1:
        message = f"{path} follows {len(names) - 1} relations; at most {limits.TEMPLATE_HOPS} are followed."
        raise Unfit(Code.LIMIT_EXCEEDED, message)
    entity = CONTACTS if source.definition is None else of_definition(source.definition)
    for name in names[:-1]:
        entity = followed(model, entity, name)
    return Variable(path, source, tuple(names[:-1]), _read(entity, names[-1]), default, format)


def _source(model: Model, root: str, pick: str | None, by: str | None) -> Source:
    if root == CONTACT:
        if pick is not None or by is not None:
            raise Unfit(Code.INVALID_TEMPLATE, "There is one contact: pick and by are for definitions.")
        return Source()
    possible = {each.key: each for each in model.definitions if each.relations_to(Target.CONTACTS)}
    definition = possible.get(root)
    if definition is None:
        raise Unfit(Code.UNKNOWN_VARIABLE, unknown(root, "definition with records of contacts", [CONTACT, *possible]))
    relations = [each.field for each in definition.relations_to(Target.CONTACTS)]
    if by is not None and by not in relations:
        raise Unfit(Code.INVALID_TEMPLATE, unknown(by, f"relation of {root} to contacts", relations))
    return Source(definition, by or relations[0], None if pick is None else _picked(definition, pick))


def _picked(definition: Definition, pick: str) -> Pick | None:
    if pick == "newest":
        return None
    written = _PICK.fullmatch(pick)
    if written is None:
        raise Unfit(Code.INVALID_TEMPLATE, 'pick is "newest", or a field and asc or desc, such as "since desc".')
    found = attribute(of_definition(definition), written[1])
    if found.kind in (Kind.LIST, Kind.OPAQUE, Kind.LONGTEXT):
        raise Unfit(Code.INVALID_TEMPLATE, f"Records cannot be ordered by {written[1]}.")
    return Pick(found, written[2] == "desc")


def _read(entity: Entity, name: str) -> Attribute:
    if name in _UNREAD and relationship(entity, name) is None:
        raise Unfit(Code.UNKNOWN_VARIABLE, f"{name} is not shown in templates.")
    known = attribute_names(entity)
    if name not in known:
        readable = [each for each in known if each not in _UNREAD or relationship(entity, each) is not None]
        raise Unfit(Code.UNKNOWN_FIELD, unknown(name, f"field of {entity.name}", readable))
    return attribute(entity, name)


_UNREAD = ("created_at", "updated_at", "version")


def variables(model: Model) -> Iterator[Variable]:
    """Every variable of the shop that follows no relation, or one; of a definition with several relations to contacts
    by each of them."""
    for name in _shown(CONTACTS):
        yield variable(model, f"{CONTACT}.{name}")
    for definition in model.definitions:
        for number, relation in enumerate(definition.relations_to(Target.CONTACTS)):
            yield from _of_definition(model, definition, relation.field if number else None)


def _of_definition(model: Model, definition: Definition, by: str | None) -> Iterator[Variable]:
    entity = of_definition(definition)
    for name in _shown(entity):
        yield variable(model, f"{definition.key}.{name}", by=by)
        found = relationship(entity, name)
        if found is not None and (found.target is not Target.DEFINITION or found.definition_id in model.by_id):
            for further in _shown(followed(model, entity, name)):
                yield variable(model, f"{definition.key}.{name}.{further}", by=by)


def _shown(entity: Entity) -> list[str]:
    return [name for name in attribute_names(entity) if name not in _UNREAD or relationship(entity, name) is not None]
