"""An export: a shop's rows, page by page out of one snapshot, as files that an import takes."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import orjson

from app.bulk.cells import written
from app.bulk.csv_text import csv_text
from app.bulk.portions import Portion
from app.domain.contacts import Contact, Customer
from app.domain.definitions import Definition, FieldType, Model
from app.domain.products import Product
from app.operations.import_chunk import ImportStopped
from app.operations.writable import definition_not_found
from app.store import contacts, customers, products, records
from app.store.database import Database
from app.store.paging import Page
from app.store.session import Session
from app.telemetry.observation import touched

_PAGE = 2_000  # rows read at once, at most

Row = Sequence[Any]
Pages = AsyncIterator[Sequence[Row]]


@dataclass(frozen=True, slots=True)
class Source:
    """What is exported: its columns, and its rows in pages. Texts in columns `as_json` are JSON even in CSV."""

    columns: tuple[str, ...]
    pages: Callable[[Session, Portion], Pages]
    as_json: frozenset[str] = frozenset()


class Writer(Protocol):
    """A form of file."""

    def heading(self) -> bytes: ...

    def rows(self, rows: Sequence[Row]) -> bytes: ...


class CsvWriter:
    """The columns' names, then a line for each row. Null is an empty cell; so is an empty text."""

    def __init__(self, source: Source, delimiter: str = ",") -> None:
        self._columns = source.columns
        self._as_json = [name in source.as_json for name in source.columns]
        self._delimiter = delimiter

    def heading(self) -> bytes:
        return csv_text([self._columns], self._delimiter)

    def rows(self, rows: Sequence[Row]) -> bytes:
        as_json = self._as_json
        cells = (
            [written(value, as_json=quoted) for value, quoted in zip(row, as_json, strict=True)] for row in rows
        )  # fmt: skip
        return csv_text(cells, self._delimiter)


class JsonWriter:
    """An object on each line, with every column."""

    def __init__(self, columns: Sequence[str]) -> None:
        self._columns = columns

    def heading(self) -> bytes:
        return b""

    def rows(self, rows: Sequence[Row]) -> bytes:
        columns = self._columns
        return b"".join(orjson.dumps(dict(zip(columns, row, strict=True))) + b"\n" for row in rows)


async def of_records(database: Database, shop_id: int, key_or_id: str) -> Source:
    """Relations as canonical ids. Raises ImportStopped for an unknown definition."""
    async with database.reading(shop_id) as session:
        model: Model = await database.models.current(session)
    definition = model.find(key_or_id)
    if definition is None:
        raise ImportStopped(definition_not_found(model, key_or_id).message)
    touched(definition.key)
    names = tuple(definition.field)
    as_json = frozenset(field.name for field in definition.fields if field.type is FieldType.JSON)
    return Source(names, lambda session, portion: _record_pages(session, portion, definition, names), as_json)


async def _record_pages(session: Session, portion: Portion, definition: Definition, names: tuple[str, ...]) -> Pages:
    after = 0
    while found := (await records.page(session, definition.id, Page(portion.rows, after=after)))[0]:
        yield [[record.data.get(name) for name in names] for record in found]
        after = found[-1].id


async def _contact_pages(session: Session, portion: Portion) -> Pages:
    after = 0
    while found := await contacts.page(session, Page(portion.rows, after=after)):
        yield [_contact(contact) for contact in found]
        after = found[-1].id


def _contact(contact: Contact) -> Row:
    return (contact.id, contact.email, contact.first_name, contact.last_name, contact.lang)


async def _customer_pages(session: Session, portion: Portion) -> Pages:
    after = ("", "")
    while found := await customers.page(session, after, portion.rows):
        yield [_customer(customer) for customer in found]
        after = (found[-1].source, found[-1].id_customer)


def _customer(c: Customer) -> Row:
    return (c.id_customer, c.source, c.email, c.email_verified, c.first_name, c.last_name, c.lang)


async def _product_pages(session: Session, portion: Portion) -> Pages:
    after = ""
    while found := await products.page(session, Page(portion.rows, after=after), active=False):
        yield [_product(product) for product in found]
        after = found[-1].id


def _product(p: Product) -> Row:
    discount = None if p.price_discount is None else f"{p.price_discount:f}"
    return (p.id, p.name, f"{p.price:f}", p.reference, discount, p.currency, p.lang, p.is_active)


CONTACTS = Source(("idContact", "email", "firstName", "lastName", "lang"), _contact_pages)
CUSTOMERS = Source(
    ("idCustomer", "source", "email", "emailVerified", "firstName", "lastName", "lang"), _customer_pages
)  # fmt: skip
PRODUCTS = Source(
    ("idProduct", "name", "price", "reference", "priceDiscount", "currency", "lang", "isActive"), _product_pages
)  # fmt: skip


async def export(
    database: Database, shop_id: int, source: Source, writer: Writer
) -> AsyncGenerator[tuple[int, bytes], None]:
    """The file in pieces, each with the number of its rows; all of one snapshot."""
    yield 0, writer.heading()
    async with database.reading(shop_id) as session:
        portion = Portion(_PAGE)
        async for page in source.pages(session, portion):
            piece = writer.rows(page)
            portion.took(len(page), len(piece))
            yield len(page), piece
