"""What records point at, read with the records: one more row of the same statement for each relation followed.

A relation's slot repeats the id it holds, so the target is one look-up by primary key beside each record. What is
found is what the target's own `by_ids` would have found in the same snapshot.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import asyncpg
import orjson

from app.domain.contacts import Contact
from app.domain.definitions import Definition, Target
from app.domain.products import Product
from app.domain.records import Record
from app.store.columns import relation_column
from app.tables import Table, table

_TIMES = "timestamptz_send({0}.created_at) as created, timestamptz_send({0}.updated_at) as updated"
RECORD_COLUMNS = "{0}.id, {0}.definition_id, {0}.version, {0}.data, " + _TIMES
_RECORD_WIDTH = len(Record._fields)


class Follow(NamedTuple):
    """A relation to be followed: what it leads to, and the slot that holds it."""

    target: Target
    slot: str


class Targets(NamedTuple):
    """What relations led to: tables of contacts, products and records, each of these as often as it is pointed at."""

    contacts: Sequence[Table[Contact]] = ()
    products: Sequence[Table[Product]] = ()
    records: Sequence[Table[Record]] = ()


def follows(definitions: Iterable[Definition], fields: Iterable[str]) -> tuple[Follow, ...]:
    """The relations of these names, in any of the definitions; names that are no relations are passed over."""
    fields = list(fields)
    found = [
        Follow(definition.relationship[field].target, relation_column(definition, field).name)
        for definition in definitions
        for field in fields
        if field in definition.relationship
    ]
    return tuple(dict.fromkeys(found))


def columns(follow: Sequence[Follow]) -> str:
    """What the select list of a statement over records `r` goes on with."""
    return "".join(", " + _KINDS[each.target].columns.format(f"f{n}") for n, each in enumerate(follow, 1))


def stored(follow: Sequence[Follow]) -> str:
    """The columns of the table that a statement needs of the records it follows from."""
    return ", ".join(["id", "definition_id", "version", "data", "created_at", "updated_at", *_slots(follow)])


def _slots(follow: Sequence[Follow]) -> Iterable[str]:
    return dict.fromkeys(each.slot for each in follow)


def joins(follow: Sequence[Follow], *, together: bool = False) -> str:
    """What the from clause goes on with: a look-up beside each record. Where `r` is a common table, contacts may be
    looked up together, at a third of the cost: their primary key is the only index that serves. Of the other tables
    the planner may take another, where it knows nothing of the shop, and read all of it."""
    return "".join(
        f" left join (select * from contacts where shop_id = $1 and id = any(array(select {each.slot} from r))) f{n}"
        f" on f{n}.id = r.{each.slot}"
        if together and each.target is Target.CONTACTS else
        f" left join lateral (select * from {_KINDS[each.target].table} where shop_id = $1 and id = r.{each.slot}"
        f" limit 1) f{n} on true"
        for n, each in enumerate(follow, 1)
    )  # fmt: skip


def record_list(rows: Sequence[asyncpg.Record]) -> Table[Record]:
    """Of rows that begin with the columns of a record. All their data are read as one document."""
    return _records(_told(rows)[:_RECORD_WIDTH], len(rows))


def split(rows: Sequence[asyncpg.Record], follow: Sequence[Follow]) -> tuple[Table[Record], Targets]:
    """The records, and what they lead to, of rows that begin with the columns of both. Where each record leads to
    something, that also stands beside the records, by its slot."""
    told = _told(rows)
    if not follow or not told:
        return _records(told[:_RECORD_WIDTH], len(rows)), Targets()
    found: tuple[list[Table[Any]], ...] = ([], [], [])
    beside: dict[str, Table[Any]] = {}
    start = _RECORD_WIDTH
    for each in follow:
        kind = _KINDS[each.target]
        part, start = told[start : start + kind.width], start + kind.width
        size = len(rows)
        if None in part[0]:  # points at nothing, or at something gone
            part = [*zip(*(row for row in zip(*part, strict=True) if row[0] is not None), strict=True)]
            size = len(part[0]) if part else 0
        if size:
            things = kind.things(part, size)
            found[kind.place].append(things)
            if size == len(rows):
                beside[each.slot] = things
    return _records(told[:_RECORD_WIDTH], len(rows), beside), Targets(*found)


def _told(rows: Sequence[asyncpg.Record]) -> list[tuple[Any, ...]]:
    """The columns of the rows; none where there are no rows."""
    return [*zip(*rows, strict=True)]


def _records(told: Sequence[Sequence[Any]], size: int, beside: Mapping[str, Table[Any]] | None = None) -> Table[Record]:
    if not told:
        return table(Record, [()] * _RECORD_WIDTH, 0)
    ids, definitions, versions, data, *times = told
    return table(Record, (ids, definitions, versions, *times), size, beside, data=partial(_documents, data))


def _documents(texts: Iterable[str]) -> list[dict[str, Any]]:
    documents: list[dict[str, Any]] = orjson.loads(f"[{','.join(texts)}]")
    return documents


class _Kind(NamedTuple):
    """How a kind of target is read: its columns in the order of the domain's tuple; its place in `Targets`."""

    place: int
    table: str
    columns: str
    width: int
    things: Callable[[Sequence[Sequence[Any]], int], Table[Any]]


_KINDS = {
    Target.CONTACTS: _Kind(
        0,
        "contacts",
        "{0}.id, {0}.email, {0}.first_name, {0}.last_name, {0}.lang, " + _TIMES,
        len(Contact._fields),
        partial(table, Contact),
    ),
    Target.PRODUCTS: _Kind(
        1,
        "products",
        "{0}.id, {0}.reference, {0}.name, {0}.price, {0}.price_discount, {0}.currency, {0}.lang, {0}.is_active, "
        + _TIMES,
        len(Product._fields),
        partial(table, Product),
    ),
    Target.DEFINITION: _Kind(2, "records", RECORD_COLUMNS, _RECORD_WIDTH, _records),
}
