"""Where an attribute's value stands in its row, and in what type it is compared.

A slot whose type keeps the whole value stands for it. Texts are cut in their slots and decimals are rounded: there the
slot narrows and `data` decides. What is read from `data` is cast only in rows of the definition that declared the
field, whose values fit its type: the database may look at conditions in any order, and elsewhere the name may mean
something else.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from app.domain.definitions import Definition, Target
from app.domain.entities import Attribute, Entity, Kind, relationship
from app.domain.limits import SLOT_TEXT_LENGTH
from app.store.columns import relation_column, slot_column
from app.store.fragments import Fragments, Sql

TABLES = {Target.CONTACTS: Sql("contacts"), Target.PRODUCTS: Sql("products"), Target.DEFINITION: Sql("records"),
          Target.CUSTOMERS: Sql("customers")}  # fmt: skip

_TYPES = {
    Kind.TEXT: "text", Kind.LONGTEXT: "text", Kind.EMAIL: "text", Kind.PRODUCT: "text", Kind.ID: "bigint",
    Kind.NUMBER: "float8", Kind.DECIMAL: "numeric", Kind.BOOLEAN: "boolean", Kind.DATE: "text",
    Kind.DATETIME: "timestamptz",
}  # fmt: skip
_COLUMNS = {  # of attributes whose column has another name, or collates otherwise than by code point
    "id_contact": "id", "id_record": "id", "email": "email_key", "first_name": 'first_name collate "C"',
    "last_name": 'last_name collate "C"', "lang": 'lang collate "C"', "name": 'name collate "C"',
    "currency": 'currency collate "C"',
}  # fmt: skip
_PLAIN_COLUMNS = {
    "id", "reference", "price", "price_discount", "is_active", "created_at", "updated_at", "version", "name_key",
    "surname_key", "reference_key", "source", "id_customer", "email_verified",
}  # fmt: skip
_NEVER_NULL = {
    "id_contact", "id_record", "id", "name", "price", "is_active", "created_at", "updated_at", "version", "source",
    "id_customer", "email_verified",
}  # fmt: skip
# The driver sends the first and the last moment there are as these, in slots and in what is compared with them.
_ENDS = (
    "case {text} when '0001-01-01T00:00:00Z' then '-infinity' when '9999-12-31T23:59:59.999999Z' then 'infinity'"
    " else {text} end"
)


@dataclass(frozen=True, slots=True)
class Expression:
    """A value in SQL. What it is compared with is converted and then cast to `type`."""

    sql: Sql
    type: str
    convert: Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Place:
    """The exact value, and an index slot that holds less of it: equal values have equal slots, and a smaller value
    never has a larger slot."""

    exact: Expression
    slot: Expression | None = None
    nullable: bool = True


def place(entity: Entity, attribute: Attribute, table: Sql, fragments: Fragments, bounds: Iterable[Any] = ()) -> Place:
    """Where the attribute stands in that table. Short texts, as the bounds it is compared with, are whole in a slot."""
    field = attribute.field
    if field is None:
        return _column(attribute, table)
    assert entity.definition is not None
    if relationship(entity, field.name) is not None:
        column = relation_column(entity.definition, field.name)
        return Place(Expression(Sql(f"{table}.{column.name}"), column.type, _as_it_is))
    if field.slot is None:
        return Place(in_data(entity.definition, attribute, table, fragments))
    slot = _slot(attribute.kind, Sql(f"{table}.{slot_column(field.slot)}"))
    if attribute.kind is Kind.DECIMAL or (attribute.kind is Kind.TEXT and not _short(bounds)):
        return Place(in_data(entity.definition, attribute, table, fragments), slot)
    return Place(slot)


def in_data(definition: Definition, attribute: Attribute, table: Sql, fragments: Fragments) -> Expression:
    """The value as the record itself has it, not a slot."""
    text = raw_text(attribute, table, fragments)
    kind = _TYPES[attribute.kind]
    if kind == "text":
        return Expression(Sql(f'({text} collate "C")'), kind, _iso if attribute.kind is Kind.DATE else _as_it_is)
    if kind == "timestamptz":
        text = Sql(_ENDS.format(text=text))
    guarded = f"case when {table}.definition_id = {fragments.definition(definition)} then ({text})::{kind} end"
    return Expression(Sql(f"({guarded})"), kind, float if kind == "float8" else _as_it_is)


def raw_text(attribute: Attribute, table: Sql, fragments: Fragments) -> Sql:
    """A declared field's stored value as text; null where it has none."""
    return Sql(f"({table}.data ->> {fragments.name(attribute.name)})")


def _column(attribute: Attribute, table: Sql) -> Place:
    name = attribute.name if attribute.name in _PLAIN_COLUMNS else _COLUMNS[attribute.name]
    sql = Sql(f"({table}.{name})" if " " in name else f"{table}.{name}")
    nullable = attribute.name not in _NEVER_NULL
    return Place(Expression(sql, _TYPES[attribute.kind], _as_it_is), nullable=nullable)


def _slot(kind: Kind, sql: Sql) -> Expression:
    if kind is Kind.TEXT:
        return Expression(sql, "text", _cut)
    if kind in (Kind.DATE, Kind.DATETIME):
        return Expression(sql, "timestamptz", _midnight)
    return Expression(sql, "float8", float)


def _short(bounds: Iterable[Any]) -> bool:
    """Whether a cut text compares with these as the whole one does."""
    texts = list(bounds)
    return bool(texts) and all(text is None or len(text) < SLOT_TEXT_LENGTH for text in texts)


def _as_it_is(value: Any) -> Any:
    return value


def _cut(text: str) -> str:
    return text[:SLOT_TEXT_LENGTH]


def _iso(value: date) -> str:
    return value.isoformat()


def _midnight(value: date) -> datetime:
    """A DATE stands in its slot as midnight UTC."""
    return value if isinstance(value, datetime) else datetime(value.year, value.month, value.day, tzinfo=UTC)
