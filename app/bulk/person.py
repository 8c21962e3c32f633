"""All that a shop holds of one person, as one readable file of JSON, out of one snapshot, some rows at a time."""

from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from app.domain.access import contact_fields
from app.domain.changes import Logged
from app.domain.condition_parser import parse_segment
from app.domain.contacts import Customer
from app.domain.definitions import Definition, Model
from app.domain.periods import Calendar
from app.domain.problems import Problem
from app.domain.records import Record
from app.domain.references import ContactReference
from app.domain.triggers import Trigger
from app.domain.webhooks import Delivery
from app.loaders.references import Resolver
from app.operations.erasing import related_to_contacts
from app.store import contacts, customers, definitions, erasures, records, shops, triggers
from app.store.database import Database
from app.store.membership import memberships
from app.store.paging import Page
from app.store.session import Session

_PAGE = 50

Pieces = AsyncGenerator[bytes, None]


class NobodyFound(Exception):
    """Nobody, or nobody for certain, is named. The text says why."""


async def person_file(database: Database, shop_id: int, reference: ContactReference) -> Pieces:
    """The file in pieces. Raises NobodyFound before the first."""
    async with database.reading(shop_id) as session:
        contact_id = await _named(session, reference)
        shop = await shops.find_shop(session)
        assert shop is not None
        model = await database.models.current(session)
        related = related_to_contacts(await definitions.every(session))
        told = _Told(session, model, related, contact_id, Calendar(datetime.now(UTC), ZoneInfo(shop.time_zone)))
        yield b"{\n"
        yield _entry("shop", {"id": shop.id, "name": shop.name}) + b",\n"
        yield _entry("readAt", datetime.now(UTC)) + b",\n"
        yield _entry("contact", await told.contact()) + b",\n"
        yield _entry("customers", await told.customers()) + b",\n"
        yield _entry("segments", await told.segments()) + b",\n"
        async for piece in _list("records", told.records()):
            yield piece
        yield b",\n"
        async for piece in _list("changes", told.changes()):
            yield piece
        yield b",\n"
        async for piece in _list("webhooks", told.webhooks()):
            yield piece
        yield b"\n}\n"


async def _named(session: Session, reference: ContactReference) -> int:
    resolver = await Resolver.ask(session, None, [reference], reject_ambiguous=True, hold=False)
    found = resolver.answer(reference)
    problem: Problem | None = found.problem
    if problem is not None or not isinstance(found.id, int):
        raise NobodyFound(problem.message if problem is not None else "There is no such contact.")
    return found.id


class _Told:
    """What there is of a contact, part by part. `related` are the definitions whose records may point at contacts,
    deleted ones too: their changes are still there."""

    def __init__(
        self, session: Session, model: Model, related: Sequence[Definition], contact_id: int, calendar: Calendar
    ) -> None:
        self._session = session
        self._model = model
        self._related = {each.id: each for each in related}
        self._contact_id = contact_id
        self._calendar = calendar

    async def contact(self) -> dict[str, Any]:
        found = (await contacts.by_ids(self._session, [self._contact_id]))[self._contact_id]
        return {
            "idContact": found.id, "email": found.email, "firstName": found.first_name, "lastName": found.last_name,
            "lang": found.lang, "createdAt": found.created_at, "updatedAt": found.updated_at,
        }  # fmt: skip

    async def customers(self) -> list[dict[str, Any]]:
        found = await customers.of_contacts(self._session, [self._contact_id])
        return [_customer(each) for each in found.get(self._contact_id, [])]

    async def segments(self) -> list[str]:
        """The names of those that the contact is in, of those that can be answered."""
        read = [(each.name, parse_segment(self._model, each, self._calendar)[0]) for each in self._model.segments]
        known = [(name, condition) for name, condition in read if condition is not None]
        if not known:
            return []
        found = await memberships(self._session, [self._contact_id], [condition for _, condition in known])
        inside = found.get(self._contact_id, ())
        return [name for (name, _), is_inside in zip(known, inside, strict=False) if is_inside]

    async def records(self) -> AsyncIterator[list[dict[str, Any]]]:
        for definition in self._related.values():
            if definition.id in self._model.by_id:
                after = 0
                while found := await self._page(definition, after):
                    yield [_record(definition, each) for each in found]
                    after = found[-1].id

    async def _page(self, definition: Definition, after: int) -> Sequence[Record]:
        return await records.page_of_contact(self._session, definition, self._contact_id, Page(_PAGE, after=after))

    async def changes(self) -> AsyncIterator[list[dict[str, Any]]]:
        """Of records while they were the person's."""
        sequences: list[int] = []
        for definition in self._related.values():
            about, _ = await erasures.changes_about(self._session, definition, self._contact_id)
            sequences += about.sequences
        async for found in erasures.changes_at(self._session, sequences, _PAGE):
            yield [self._change(each) for each in found]

    async def webhooks(self) -> AsyncIterator[list[dict[str, Any]]]:
        """What was told, or is to be told, to others."""
        watching = {each.id: each for each in await triggers.every(self._session)}
        found: list[int] = []
        for definition in self._related.values():
            ids = [each.id for each in watching.values() if each.definition_id == definition.id]
            found += await erasures.deliveries_about(self._session, ids, definition, self._contact_id, ())
        async for some in erasures.deliveries_at(self._session, found, _PAGE):
            yield [self._delivery(watching[each.trigger_id], each) for each in some]

    def _change(self, row: Logged) -> dict[str, Any]:
        definition = self._related[row.definition_id or 0]
        before, after = (self._own(definition, each) for each in (row.change.before, row.change.after))
        return {
            "sequence": row.sequence, "kind": row.change.kind.value, "definition": definition.name,
            "idRecord": row.change.record_id, "before": before, "after": after, "operation": row.operation,
            "madeAt": row.made_at,
        }  # fmt: skip

    def _delivery(self, trigger: Trigger, row: Delivery) -> dict[str, Any]:
        told = orjson.loads(row.body)
        definition, change = self._related[trigger.definition_id], told["change"]
        told["change"] = change | {side: self._own(definition, change[side]) for side in ("before", "after")}
        return {
            "idDelivery": row.id, "to": trigger.url, "status": row.status.value, "createdAt": row.created_at,
            "told": told,
        }  # fmt: skip

    def _own(self, definition: Definition, state: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
        """A record before or after a change, if it was the person's then: it may have been somebody else's."""
        own = state is not None and any(state.get(name) == self._contact_id for name in contact_fields(definition))
        return state if own else None


def _customer(row: Customer) -> dict[str, Any]:
    return {
        "source": row.source, "idCustomer": row.id_customer, "email": row.email, "emailVerified": row.email_verified,
        "firstName": row.first_name, "lastName": row.last_name, "lang": row.lang,
    }  # fmt: skip


def _record(definition: Definition, row: Record) -> dict[str, Any]:
    """With the labels that people know its fields by; fields that have the same are told apart by their names."""
    labels = [field.label for field in definition.fields]
    names = {
        field.name: field.label if labels.count(field.label) == 1 else f"{field.label} ({field.name})"
        for field in definition.fields
    }
    return {
        "definition": definition.name, "idRecord": row.id, "createdAt": row.created_at, "updatedAt": row.updated_at,
        "data": {names[name]: value for name, value in row.data.items() if name in names},
    }  # fmt: skip


def _entry(name: str, value: Any) -> bytes:
    return b"  " + orjson.dumps(name) + b": " + _indented(value, 2)


async def _list(name: str, pages: AsyncIterator[list[dict[str, Any]]]) -> Pieces:
    yield b"  " + orjson.dumps(name) + b": ["
    empty = True
    async for page in pages:
        yield (b"\n    " if empty else b",\n    ") + b",\n    ".join(_indented(each, 4) for each in page)
        empty = False
    yield b"]" if empty else b"\n  ]"


def _indented(value: Any, by: int) -> bytes:
    """As it stands that deep in the file. JSON has no line breaks inside texts, so every one begins a line."""
    return orjson.dumps(value, option=orjson.OPT_INDENT_2).replace(b"\n", b"\n" + b" " * by)
