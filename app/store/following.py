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

_TIMES = "timestamptz_send({0}.created_at) as created, timestamptz_send({0}.updated_at) as updated"
RECORD_COLUMNS = "{0}.id, {0}.definition_id, {0}.version, {0}.data, " + _TIMES
_RECORD_WIDTH = len(Record._fields)


class Follow(NamedTuple):
    """A relation to be followed: what it leads to, and the slot that holds it."""

    target: Target
    slot: str


class Targets(NamedTuple):
    """What relations led to, by id."""

    contacts: Mapping[int, Contact] = {}
    products: Mapping[str, Product] = {}
    records: Mapping[int, Record] = {}


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


def record_list(rows: Sequence[asyncpg.Record]) -> list[Record]:
    """Of rows that begin with the columns of a record. All their data are read as one document."""
    return _records([*zip(*rows, strict=True)][:_RECORD_WIDTH])


def split(rows: Sequence[asyncpg.Record], follow: Sequence[Follow]) -> tuple[list[Record], Targets]:
    """The records, and what they lead to, of rows that begin with the columns of both."""
    if not follow:
        return record_list(rows), Targets()
    told = [*zip(*rows, strict=True)]
    found: dict[Target, dict[Any, Any]] = {target: {} for target in Target}
    start = _RECORD_WIDTH
    for each in follow if told else ():
        kind = _KINDS[each.target]
        part, start = told[start : start + kind.width], start + kind.width
        if None in part[0]:  # points at nothing, or at something gone
            part = [*zip(*(row for row in zip(*part, strict=True) if row[0] is not None), strict=True)]
        if part:
            found[each.target].update(zip(part[0], kind.things(part), strict=True))
    return _records(told[:_RECORD_WIDTH]), Targets(
        found[Target.CONTACTS], found[Target.PRODUCTS], found[Target.DEFINITION]
    )


def _records(told: Sequence[Sequence[Any]]) -> list[Record]:
    if not told:
        return []
    ids, definitions, versions, data, created, updated = told
    return [*map(_record, zip(ids, definitions, versions, _documents(data), created, updated, strict=True))]


def _documents(texts: Iterable[str]) -> list[dict[str, Any]]:
    documents: list[dict[str, Any]] = orjson.loads(f"[{','.join(texts)}]")
    return documents


def _tuples(kind: Callable[[tuple[Any, ...]], Any], told: Sequence[Sequence[Any]]) -> Iterable[Any]:
    return map(kind, zip(*told, strict=True))


class _Kind(NamedTuple):
    """How a kind of target is read: its columns in the order of the domain's tuple."""

    table: str
    columns: str
    width: int
    things: Callable[[Sequence[Sequence[Any]]], Iterable[Any]]


_record: Callable[[tuple[Any, ...]], Record] = partial(tuple.__new__, Record)
_KINDS = {
    Target.CONTACTS: _Kind(
        "contacts",
        "{0}.id, {0}.email, {0}.first_name, {0}.last_name, {0}.lang, " + _TIMES,
        len(Contact._fields),
        partial(_tuples, partial(tuple.__new__, Contact)),
    ),
    Target.PRODUCTS: _Kind(
        "products",
        "{0}.id, {0}.reference, {0}.name, {0}.price, {0}.price_discount, {0}.currency, {0}.lang, {0}.is_active, "
        + _TIMES,
        len(Product._fields),
        partial(_tuples, partial(tuple.__new__, Product)),
    ),
    Target.DEFINITION: _Kind("records", RECORD_COLUMNS, _RECORD_WIDTH, _records),
}
