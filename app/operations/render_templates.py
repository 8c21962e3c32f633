"""Renders a template for contacts: in a number of statements that depends on the template, not on the contacts."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale

from app.domain import limits
from app.domain.contacts import Contact
from app.domain.definitions import Model, Target
from app.domain.entities import CONTACTS, Entity, followed, of_definition
from app.domain.problems import Code, Unfit
from app.domain.products import Product
from app.domain.records import Record
from app.domain.templates import Source, Template, Variable
from app.operations.formatting import Write, locale_or_fallback, writing
from app.store import contacts, picks, products, records
from app.store.session import Session

Thing = Contact | Product | Record | None
_AT_A_TIME = 50  # contacts, before it is others' turn
_Place = tuple[Source, tuple[str, ...]]  # a source, and the relations followed from there


@dataclass(frozen=True, slots=True)
class Value:
    """What stands for a variable; `record_id` is the record that spoke. No text: there is no value, and no default."""

    variable: Variable
    text: str | None
    by_default: bool
    record_id: int | None


@dataclass(frozen=True, slots=True)
class Rendered:
    """For one contact. Without a text something is missing: never a silent blank."""

    contact_id: int
    text: str | None
    values: tuple[Value, ...]

    @property
    def missing(self) -> list[str]:
        return [value.variable.path for value in self.values if value.text is None]


@dataclass(frozen=True, slots=True)
class Manner:
    """How values are written: in a language, else each contact's own; datetimes in a zone; escaped for HTML, or not."""

    locale: Locale | None
    zone: ZoneInfo
    html: bool


async def render(
    session: Session, model: Model, template: Template, ids: Sequence[int], manner: Manner
) -> list[Rendered]:
    """The template for each contact, aligned. Raises Unfit for a format that does not fit its variable."""
    found = _Found(session, model, ids)
    people: Sequence[Any] = await found.column((Source(), ()))
    locales = [manner.locale or locale_or_fallback(each and each.lang) for each in people]
    columns = []
    for variable in template.variables:
        write = _writing(variable, manner.zone)
        things = await found.column((variable.source, variable.relations))
        spoke = await found.column((variable.source, ()))
        columns.append(_values(variable, things, spoke, _writers(write, locales)))
        await asyncio.sleep(0)  # others' turn: to write a thousand dates takes some ten milliseconds
    rows = list(zip(*columns, strict=True)) if columns else [()] * len(ids)
    return await _all_rendered(template, ids, rows, html=manner.html)


def _writing(variable: Variable, zone: ZoneInfo) -> Callable[[Locale], Write]:
    try:
        return writing(variable.attribute, variable.format, zone)
    except Unfit as unfit:
        written = f'{{var={variable.path} format="{variable.format}"}}'
        raise Unfit(unfit.problem.code, f"{written}: {unfit.problem.message}") from None


async def _all_rendered(
    template: Template, ids: Sequence[int], rows: Sequence[Sequence[Value]], *, html: bool
) -> list[Rendered]:
    """Raises Unfit where the texts would be too long in all."""
    made, length = [], 0
    for number, (id_, row) in enumerate(zip(ids, rows, strict=True)):
        rendered = _rendered(template, id_, row, html=html)
        length += len(rendered.text or "") + sum(len(value.text or "") for value in row)
        if length > limits.RENDERED_LENGTH:
            message = (
                f"The texts for {len(ids)} contacts would have more than {limits.RENDERED_LENGTH:,} characters in all. "
                "Send fewer contacts at once."
            )
            raise Unfit(Code.LIMIT_EXCEEDED, message)
        made.append(rendered)
        if number % _AT_A_TIME == 0:
            await asyncio.sleep(0)
    return made


def _writers(write: Callable[[Locale], Write], locales: Sequence[Locale]) -> list[Write]:
    """For each contact how a value is written. Equal values of one language are written once."""
    made = {id_: _remembering(write(each)) for id_, each in {id(each): each for each in locales}.items()}
    return [made[id(each)] for each in locales]


def _remembering(write: Write) -> Write:
    known: dict[Any, str] = {}

    def remembered(value: Any) -> str:
        key = value if isinstance(value, str | int | float) and not isinstance(value, bool) else None
        if key is None:
            return write(value)
        if key not in known:
            known[key] = write(value)
        return known[key]

    return remembered


def _values(variable: Variable, things: Sequence[Any], spoke: Sequence[Any], writers: Sequence[Write]) -> list[Value]:
    values = []
    for thing, source, write in zip(things, spoke, writers, strict=True):
        stored = _stored(thing, variable.attribute.name)
        record_id = source.id if isinstance(source, Record) else None
        blank = _is_blank(stored)
        text = variable.default if blank else write(stored)
        values.append(Value(variable, text, blank and text is not None, record_id))
    return values


def _is_blank(stored: Any) -> bool:
    """Whether a reader would see nothing: no value, a text of blanks, a list without elements."""
    return stored is None or stored == [] or (isinstance(stored, str) and not stored.strip())


def _stored(thing: Thing, name: str) -> Any:
    if thing is None:
        return None
    if isinstance(thing, Record):
        return thing.id if name == "id_record" else thing.data.get(name)
    return getattr(thing, "id" if name == "id_contact" else name)


def _rendered(template: Template, contact_id: int, row: Sequence[Value], *, html: bool) -> Rendered:
    texts = [value.text for value in row]
    if None in texts:
        return Rendered(contact_id, None, tuple(row))
    return Rendered(contact_id, "".join(_written(template, texts, html=html)), tuple(row))


def _written(template: Template, texts: Sequence[str | None], *, html: bool) -> Iterator[str]:
    shown = [escape(text or "") if html else text or "" for text in texts]
    return (part if isinstance(part, str) else shown[part] for part in template.parts)


class _Found:
    """What variables lead to, for all contacts at once; each place is asked once."""

    def __init__(self, session: Session, model: Model, ids: Sequence[int]) -> None:
        self._session = session
        self._model = model
        self._ids = ids
        self._known: dict[_Place, list[Thing]] = {}

    async def column(self, place: _Place) -> list[Thing]:
        """What stands at that place, for each contact."""
        if place not in self._known:
            source, relations = place
            if relations:
                self._known[place] = await self._followed(source, relations)
            else:
                self._known[place] = await self._begun(source)
        return self._known[place]

    async def _begun(self, source: Source) -> list[Thing]:
        found: Any
        if source.definition is None:
            found = await contacts.by_ids(self._session, self._ids)
        else:
            found = await picks.picked(self._session, source.definition, source.relation, source.pick, self._ids)
        return [found.get(id_) for id_ in self._ids]

    async def _followed(self, source: Source, relations: tuple[str, ...]) -> list[Thing]:
        before = await self.column((source, relations[:-1]))
        held = [each.data.get(relations[-1]) if isinstance(each, Record) else None for each in before]
        wanted = list(dict.fromkeys(id_ for id_ in held if id_ is not None))
        target = self._target(source, relations)
        found: Any = await _BY_IDS[target.target](self._session, wanted) if wanted else {}
        things = [None if id_ is None else found.get(id_) for id_ in held]
        if target.definition is None:
            return things
        return [each if each is not None and each.definition_id == target.definition.id else None for each in things]

    def _target(self, source: Source, relations: tuple[str, ...]) -> Entity:
        entity = CONTACTS if source.definition is None else of_definition(source.definition)
        for name in relations:
            entity = followed(self._model, entity, name)
        return entity


_BY_IDS: dict[Target, Callable[..., Any]] = {
    Target.CONTACTS: contacts.by_ids,
    Target.PRODUCTS: products.by_ids,
    Target.DEFINITION: records.by_ids,
}
