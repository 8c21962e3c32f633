"""Records: reading by id, by key, in pages, and along a relation."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from operator import itemgetter

import asyncpg
import orjson

from app.domain.access import contact_fields
from app.domain.definitions import Definition
from app.domain.limits import LARGEST_ID
from app.domain.records import Record
from app.store import statements
from app.store.arrays import numbers
from app.store.columns import relation_column
from app.store.paging import Page
from app.store.session import Session
from app.store.statements import Statement

_sql = statements.load("records.sql")

_COLUMNS = (
    "r.id, r.definition_id, r.version, r.data, timestamptz_send(r.created_at) as created, "
    "timestamptz_send(r.updated_at) as updated"
)


async def by_ids(session: Session, ids: Iterable[int]) -> dict[int, Record]:
    return {record.id: record for record in record_list(await session.fetch(_sql.by_ids, numbers(ids)))}


async def by_unique_keys(session: Session, definition_id: int, keys: Iterable[str]) -> dict[str, Record]:
    rows = await session.fetch(_sql.by_unique_keys, definition_id, list(keys))
    return dict(zip((row["unique_key"] for row in rows), record_list(rows), strict=True))


async def page(session: Session, definition_id: int, asked: Page[int]) -> list[Record]:
    """A definition's records in order of id, last first when asked backward."""
    statement = _sql.page_backward if asked.backward else _sql.page_forward
    bounds = (asked.after or 0, asked.before or LARGEST_ID, asked.limit)
    return record_list(await session.fetch(statement, definition_id, *bounds))


async def count(session: Session, definition_id: int, bound: int) -> int:
    return int((await session.fetch(_sql.count, definition_id, bound))[0]["n"])


async def page_of_contact(session: Session, definition: Definition, contact_id: int, asked: Page[int]) -> list[Record]:
    """The records of a definition that point at a contact, by any of its relations to contacts, in order of id."""
    direction = "desc" if asked.backward else "asc"
    statement = Statement(
        f"records.page_of_contact_{direction}",
        f"select {_COLUMNS} from records r where r.shop_id = $1 and r.definition_id = $2 and {_points(definition)}"
        f" and r.id > $4 and r.id < $5 order by r.id {direction} limit $6",
    )
    bounds = (asked.after or 0, asked.before or LARGEST_ID, asked.limit)
    return record_list(await session.fetch(statement, definition.id, contact_id, *bounds))


async def count_of_contact(session: Session, definition: Definition, contact_id: int, bound: int) -> int:
    """How many records of a definition point at a contact, counting to a bound."""
    statement = Statement(
        "records.count_of_contact",
        "select count(*) as n from (select from records r where r.shop_id = $1 and r.definition_id = $2"
        f" and {_points(definition)} limit $4) bounded",
    )
    return int((await session.fetch(statement, definition.id, contact_id, bound))[0]["n"])


def _points(definition: Definition) -> str:
    columns = [relation_column(definition, field).name for field in contact_fields(definition)]
    return "(" + " or ".join(f"r.{column} = $3" for column in columns) + ")"


async def related(
    session: Session, definition: Definition, field: str, values: Sequence[int | str], asked: Page[int]
) -> dict[int | str, list[Record]]:
    """For each value the page of the definition's records whose relation holds it: one statement for all of them."""
    column = relation_column(definition, field)
    direction = "desc" if asked.backward else "asc"
    statement = Statement(
        f"records.related_{column.name}_{direction}",
        f"select p.value, {_COLUMNS} from unnest($3::{column.type}[]) as p (value) cross join lateral ("
        f" select * from records r where r.shop_id = $1 and r.definition_id = $2 and r.{column.name} = p.value"
        f" and r.id > $4 and r.id < $5 order by r.{column.name}, r.id {direction} limit $6) r"
        f" order by p.value, r.id {direction}",
    )
    rows = await session.fetch(
        statement, definition.id, list(values), asked.after or 0, asked.before or LARGEST_ID, asked.limit
    )
    found = defaultdict(list)
    for row, record in zip(rows, record_list(rows), strict=True):
        found[row["value"]].append(record)
    return found


async def count_related(
    session: Session, definition: Definition, field: str, values: Sequence[int | str], bound: int
) -> dict[int | str, int]:
    """For each value how many records hold it, counting to a bound."""
    column = relation_column(definition, field)
    statement = Statement(
        f"records.count_related_{column.name}",
        f"select p.value, c.n from unnest($3::{column.type}[]) as p (value) cross join lateral ("
        f" select count(*) as n from (select from records r where r.shop_id = $1 and r.definition_id = $2"
        f" and r.{column.name} = p.value limit $4) bounded) c",
    )
    rows = await session.fetch(statement, definition.id, list(values), bound)
    return {row["value"]: row["n"] for row in rows}


async def contact_definitions(
    session: Session, ids: Sequence[int], by_slot: dict[str, list[int]]
) -> dict[int, set[int]]:
    """For each contact the definitions that hold records of it. `by_slot` lists the definitions whose relation to
    contacts is in ref1, ref2, ref3, ref4."""
    found = defaultdict(set)
    for row in await session.fetch(_sql.contact_definitions, list(ids), *_per_slot(by_slot)):
        found[row["contact_id"]].add(row["definition_id"])
    return found


async def referenced(session: Session, ids: Sequence[int], by_slot: dict[str, list[int]]) -> set[int]:
    """Which of these records others refer to. `by_slot` lists the definitions that may, by their relation's slot."""
    return {row["id"] for row in await session.fetch(_sql.referenced, list(ids), *_per_slot(by_slot))}


def record_list(rows: Sequence[asyncpg.Record]) -> list[Record]:
    """Of rows that end in the columns of a record. All their data are read as one document."""
    ids, definitions, versions, created, updated = (map(itemgetter(place), rows) for place in (-6, -5, -4, -2, -1))
    data = orjson.loads(f"[{','.join(map(_data, rows))}]")
    return list(map(_record, zip(ids, definitions, versions, data, created, updated, strict=True)))


_data = itemgetter(-3)
_record: Callable[[tuple[object, ...]], Record] = partial(tuple.__new__, Record)


def _per_slot(by_slot: dict[str, list[int]]) -> list[list[int]]:
    return [by_slot.get(slot, []) for slot in ("ref1", "ref2", "ref3", "ref4")]
