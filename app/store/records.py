"""Records: reading by id, by key, in pages, and along a relation. What they point at can be read with them."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import accumulate, repeat
from operator import itemgetter

from app.domain.access import contact_fields
from app.domain.definitions import Definition
from app.domain.limits import LARGEST_ID
from app.domain.records import Record
from app.store import statements
from app.store.arrays import numbers, texts
from app.store.columns import Column, relation_column
from app.store.following import RECORD_COLUMNS, Follow, Targets, columns, joins, record_list, split, stored
from app.store.paging import Page
from app.store.session import Session
from app.store.statements import Statement
from app.tables import Table

Stretch = tuple[Table[Record], int, int]
"""Records that stand together in a table: from where, up to but not including where."""

_sql = statements.load("records.sql")

_COLUMNS = RECORD_COLUMNS.format("r")


async def by_ids(session: Session, ids: Iterable[int]) -> dict[int, Record]:
    found, _ = await by_ids_following(session, ids, ())
    return dict(zip(found.column("id"), found, strict=True))


async def by_ids_following(
    session: Session, ids: Iterable[int], follow: Sequence[Follow]
) -> tuple[Table[Record], Targets]:
    """The records of these ids, and what they lead to."""
    return split(await session.fetch(by_ids_statement(tuple(follow)), numbers(ids)), follow)


@lru_cache
def by_ids_statement(follow: tuple[Follow, ...]) -> Statement:
    return Statement(
        _named("records.by_ids", follow),
        f"select {_COLUMNS}{columns(follow)} from unnest($2::text::bigint[]) as asked (id) cross join lateral ("
        f"select * from records where shop_id = $1 and id = asked.id limit 1) r{joins(follow)}",
    )


async def by_unique_keys(session: Session, definition_id: int, keys: Iterable[str]) -> dict[str, Record]:
    rows = await session.fetch(_sql.by_unique_keys, definition_id, list(keys))
    return dict(zip((row["unique_key"] for row in rows), record_list(rows), strict=True))


async def page(
    session: Session, definition_id: int, asked: Page[int], follow: Sequence[Follow] = ()
) -> tuple[Table[Record], Targets]:
    """A definition's records in order of id, last first when asked backward, and what they lead to."""
    bounds = (asked.after or 0, asked.before or LARGEST_ID, asked.limit)
    return split(await session.fetch(page_statement(asked.backward, tuple(follow)), definition_id, *bounds), follow)


@lru_cache
def page_statement(backward: bool, follow: tuple[Follow, ...]) -> Statement:
    direction = "desc" if backward else "asc"
    return Statement(
        _named(f"records.page_{'backward' if backward else 'forward'}", follow),
        f"with r as materialized (select {stored(follow)} from records where shop_id = $1 and definition_id = $2"
        f" and id > $3 and id < $4 order by id {direction} limit $5)"
        f" select {_COLUMNS}{columns(follow)} from r{joins(follow, together=True)} order by r.id {direction}",
    )


async def count(session: Session, definition_id: int, bound: int) -> int:
    return int((await session.fetch(_sql.count, definition_id, bound))[0]["n"])


async def page_of_contact(session: Session, definition: Definition, contact_id: int, asked: Page[int]) -> Table[Record]:
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
    session: Session, definition: Definition, field: str, values: Sequence[int | str], asked: Page[int],
    follow: Sequence[Follow] = (),
) -> tuple[Mapping[int | str, Stretch], Targets]:  # fmt: skip
    """For each value the page of the definition's records whose relation holds it, and what these lead to: one
    statement for all of them."""
    column = relation_column(definition, field)
    statement = related_statement(column, asked.backward, tuple(follow))
    bounds = (asked.after or 0, asked.before or LARGEST_ID, asked.limit)
    sent = texts(values) if column.type == "text" else numbers(values)  # type: ignore[arg-type]  # by the relation
    rows = await session.fetch(statement, definition.id, sent, *bounds)
    read, targets = split(rows, follow)
    counted = Counter(map(itemgetter(-1), rows))  # in order: all records of a value stand together
    ends = list(accumulate(counted.values()))
    return dict(zip(counted, zip(repeat(read), [0, *ends], ends, strict=False), strict=True)), targets


@lru_cache
def related_statement(column: Column, backward: bool, follow: tuple[Follow, ...]) -> Statement:
    direction = "desc" if backward else "asc"
    return Statement(
        _named(f"records.related_{column.name}_{direction}", follow),
        f"with r as materialized (select p.value, r.* from unnest($3::text::{column.type}[]) as p (value)"
        f" cross join lateral (select {stored(follow)} from records r where r.shop_id = $1 and r.definition_id = $2"
        f" and r.{column.name} = p.value and r.id > $4 and r.id < $5 order by r.{column.name}, r.id {direction}"
        f" limit $6) r) select {_COLUMNS}{columns(follow)}, r.value from r{joins(follow, together=True)}"
        f" order by r.value, r.id {direction}",
    )


def _named(name: str, follow: tuple[Follow, ...]) -> str:
    """A statement that follows relations says so: "records.page_forward+ref1"."""
    return "+".join([name, *(each.slot for each in follow)])


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


def _per_slot(by_slot: dict[str, list[int]]) -> list[list[int]]:
    return [by_slot.get(slot, []) for slot in ("ref1", "ref2", "ref3", "ref4")]
