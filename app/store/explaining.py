"""Why contacts fulfil a condition or not, asked in one statement: each part of the condition is compiled as membership
itself is, so that the answer cannot contradict it."""

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

import asyncpg
import orjson

from app.domain.definitions import Target
from app.domain.entities import CONTACTS, Attribute, Kind, Link
from app.domain.explanations import Deciding, Part, Way
from app.domain.limits import COUNT_BOUND, WHY_RECORDS
from app.store.arrays import numbers
from app.store.attributes import TABLES
from app.store.columns import link_column, relation_column
from app.store.conditions import compiled, rows_of
from app.store.fragments import Fragments, Sql
from app.store.session import Session
from app.store.statements import Statement

_CONTACT = Sql("r")
_COLUMNS = {
    "id_contact": "id", "id_record": "id", "id": "id", "email": "email", "first_name": "first_name",
    "last_name": "last_name", "lang": "lang", "reference": "reference", "name": "name", "price": "price",
    "price_discount": "price_discount", "currency": "currency", "is_active": "is_active", "version": "version",
    "created_at": "created_at", "updated_at": "updated_at", "source": "source", "id_customer": "id_customer",
    "email_verified": "email_verified",
}  # fmt: skip
_FETCHED = """\
select r.id, {columns} from unnest({ids}) as asked (id)
cross join lateral (select * from contacts where shop_id = $1 and id = asked.id limit 1) r"""
_FOUND = """\
(select jsonb_agg(jsonb_build_array(found.id::text, found.value) order by found.id) from (
select distinct {id}, {value} as value from {rows} order by id limit {most}) found)"""
_IDS = {Target.CUSTOMERS: "{row}.source || ':' || {row}.id_customer as id"}


class Decider(NamedTuple):
    """A row that decided, and its value of what was compared, if something was."""

    id: str
    value: Any


class Finding(NamedTuple):
    """What came of one part for one contact. `value` is the contact's own, or how many rows were counted."""

    is_true: bool
    value: Any
    deciders: tuple[Decider, ...]


async def findings(
    session: Session, contacts: Collection[int], parts: Sequence[Part]
) -> dict[int, tuple[Finding, ...]]:
    """For each contact that is there a finding for each part."""
    fragments = Fragments()
    ids = fragments.parameter(numbers(contacts), "text::bigint[]")
    columns = ", ".join(column for part in parts for column in _columns(part, fragments))
    sql = _FETCHED.format(columns=columns, ids=ids)
    rows = await session.fetch(Statement("contacts.findings", sql), *fragments.parameters)
    return {row["id"]: tuple(_findings(row, len(parts))) for row in rows}


def _columns(part: Part, fragments: Fragments) -> tuple[Sql, Sql, Sql]:
    """Whether it is true, its value, what decided."""
    return _truth(part, fragments), _value(part, fragments), _deciders(part.deciding, fragments)


def _truth(part: Part, fragments: Fragments) -> Sql:
    if not part.way.steps:
        return Sql(f"({compiled(CONTACTS, part.condition, _CONTACT, fragments)}) is true")
    row, rows = _reached(part.way, fragments)
    fulfilled = compiled(part.way.entity, part.condition, row, fragments)
    return Sql(f"exists (select from {rows} and ({fulfilled}))")


def _value(part: Part, fragments: Fragments) -> Sql:
    if part.counted:
        assert part.deciding is not None
        row, rows = _reached(part.deciding.way, fragments)
        fulfilled = compiled(part.deciding.way.entity, part.deciding.condition, row, fragments)
        bound = fragments.parameter(COUNT_BOUND + 1, "bigint")
        bounded = fragments.table()
        return Sql(f"(select to_jsonb(count(*)) from (select from {rows} and ({fulfilled}) limit {bound}) {bounded})")
    return Sql("null::jsonb") if part.value is None else _shown(part.value, _CONTACT, fragments)


def _deciders(deciding: Deciding | None, fragments: Fragments) -> Sql:
    if deciding is None:
        return Sql("null::jsonb")
    found = _found(deciding, fragments, fulfilling=True)
    return Sql(f"coalesce({found}, {_found(deciding, fragments, fulfilling=False)})") if deciding.or_all else found


def _found(deciding: Deciding, fragments: Fragments, *, fulfilling: bool) -> Sql:
    row, rows = _reached(deciding.way, fragments)
    entity = deciding.way.entity
    if fulfilling:
        rows = Sql(f"{rows} and ({compiled(entity, deciding.condition, row, fragments)})")
    shown = deciding.attribute
    value = Sql("null::jsonb") if shown is None else _shown(shown, row, fragments)
    most = fragments.parameter(WHY_RECORDS, "bigint")
    id_ = _IDS.get(entity.target, "{row}.id").format(row=row)
    return Sql(_FOUND.format(id=id_, value=value, rows=rows, most=most))


def _reached(way: Way, fragments: Fragments) -> tuple[Sql, Sql]:
    """The table of the rows that are reached, and what stands behind "from" to reach them."""
    table, entity = _CONTACT, CONTACTS
    tables: list[str] = []
    conditions: list[str] = []
    for step in way.steps:
        inner = fragments.table()
        if isinstance(step, Link):
            reached = Way().back(step).entity
            on = f"{inner}.{link_column(step).name} = {table}.id"
        else:
            assert entity.definition is not None
            reached = step.target
            on = f"{inner}.id = {table}.{relation_column(entity.definition, step.field).name}"
        tables.append(f"{TABLES[reached.target]} {inner}{' on true' if tables else ''}")
        conditions += [str(rows_of(reached, inner, fragments)), on]
        table, entity = inner, reached
    return table, Sql(f"{' join '.join(tables)} where {' and '.join(conditions)}")


def _shown(attribute: Attribute, table: Sql, fragments: Fragments) -> Sql:
    """The value as JSON, in the form that records have it."""
    if attribute.field is not None:
        return Sql(f"{table}.data -> {fragments.name(attribute.name)}")
    column = f"{table}.{_COLUMNS[attribute.name]}"
    if attribute.kind is Kind.DATETIME:
        return Sql(f"""to_jsonb(to_char({column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'))""")
    return Sql(f"to_jsonb({column}{'::text' if attribute.kind is Kind.DECIMAL else ''})")


def _findings(row: asyncpg.Record, parts: int) -> list[Finding]:
    found = []
    for n in range(parts):
        is_true, value, deciders = row[1 + 3 * n : 4 + 3 * n]
        listed = () if deciders is None else tuple(Decider(*each) for each in orjson.loads(deciders))
        found.append(Finding(is_true, None if value is None else orjson.loads(value), listed))
    return found
