"""A shop's own tables as they are: read out row by row as JSON, and put back.

Rows keep their ids: they are unique within a shop. Only tables and columns that the database itself names become SQL.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import asyncpg

from app.store.session import Session
from app.store.statements import Statement

# in the order in which they can be put back, each with the columns that order its rows
TABLES: dict[str, tuple[str, ...]] = {
    "contacts": ("id",),
    "customers": ("source", "id_customer"),
    "products": ("id",),
    "definitions": ("id",),
    "records": ("id",),
    "override_sources": ("system_field", "priority"),
    "segments": ("id",),
    "triggers": ("id",),
}
_NUMBERED = ("contacts", "definitions", "records", "segments", "triggers")  # from a sequence of the whole database


class Unfit(Exception):
    """The database does not take rows; the text is its code for why, which quotes nothing."""


@dataclass(frozen=True, slots=True)
class Archived:
    """A page of a table's rows, and what the next page follows."""

    rows: list[str]  # JSON
    last: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """Its type as the database names it, and whether it is never null."""

    type: str
    required: bool


async def columns(session: Session, table: str) -> dict[str, Column]:
    """A table's columns but the shop, by their names, in order."""
    rows = await session.fetch(_COLUMNS, _known(table))
    return {row["name"]: Column(row["type"], row["required"]) for row in rows}


async def page(
    session: Session, table: str, names: Sequence[str], after: tuple[Any, ...] | None, limit: int
) -> Archived:
    """Rows behind `after`, in order."""
    statement = _page(table, tuple(names), first=after is None)
    rows = await session.fetch(statement, *(after or ()), limit)
    return Archived([row["row"] for row in rows], tuple(rows[-1].values())[1:] if rows else ())


async def put(session: Session, table: str, names: Sequence[str], rows: Sequence[str]) -> None:
    """Rows as they were read. What the table's rules forbid, what points at nothing, and what is there already, is left
    out: refusing it, the database would quote it in its log. Raises Unfit for what is left."""
    rules = await session.fetch(_RULES, _known(table))
    links = await session.fetch(_LINKS, _known(table))
    allowed = " and ".join(
        [*(f"({row['rule']}) is not false" for row in rules), *(_there(*row) for row in links), "true"]
    )
    try:
        await session.fetch(_put(table, tuple(names), allowed), f"[{','.join(rows)}]")
    except (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError, asyncpg.ProgramLimitExceededError) as error:
        raise Unfit(error.sqlstate) from None


async def filled(session: Session) -> list[str]:
    """The tables that hold something of the shop."""
    return [table for table in TABLES if await session.fetch(_any(table))]


async def count(session: Session, table: str) -> int:
    return int((await session.fetch(_count(table)))[0]["n"])


async def settle(session: Session, settings: dict[str, Any]) -> None:
    """The shop's settings; its triggers are off, and have seen all there is; new ids come behind its own. Cached models
    become stale."""
    await session.fetch(_SETTINGS, settings["time_zone"], settings["unify_by_email"])
    await session.fetch(_TRIGGERS_OFF)
    for table in _NUMBERED:
        await session.fetch(_number_behind(table))


_COLUMNS = Statement(
    "archive.columns",
    "select attname::text as name, format_type(atttypid, atttypmod) as type, attnotnull as required"
    " from pg_attribute where $1::bigint is not null and attrelid = $2::text::regclass"
    " and attnum > 0 and not attisdropped and attname <> 'shop_id' order by attnum",
)
_RULES = Statement(
    "archive.rules",
    "select pg_get_expr(conbin, conrelid) as rule from pg_constraint where $1::bigint is not null"
    " and conrelid = $2::text::regclass and contype = 'c' order by conname",
)
_LINKS = Statement(
    "archive.links",
    "select k.confrelid::regclass::text as target, own.attname::text as own, theirs.attname::text as theirs"
    " from pg_constraint k"
    " cross join lateral unnest(k.conkey, k.confkey) as pair (own, theirs)"
    " join pg_attribute own on own.attrelid = k.conrelid and own.attnum = pair.own"
    " join pg_attribute theirs on theirs.attrelid = k.confrelid and theirs.attnum = pair.theirs"
    " where $1::bigint is not null and k.conrelid = $2::text::regclass and k.contype = 'f'"
    " and own.attname <> 'shop_id' order by k.conname",
)
_SETTINGS = Statement(
    "archive.settings",
    "update shops set time_zone = $2, unify_by_email = $3, model_version = model_version + 1,"
    " automated = automated or exists (select from triggers where shop_id = $1) where shop_id = $1",
)
_TRIGGERS_OFF = Statement(
    "archive.triggers_off",
    "update triggers set enabled = false,"
    " reached = coalesce((select sequence from change_heads where shop_id = $1), 0) where shop_id = $1",
)


@lru_cache
def _page(table: str, names: tuple[str, ...], *, first: bool) -> Statement:
    keys = TABLES[table]
    listed = ", ".join(keys)
    behind = "" if first else f" and ({listed}) > ({', '.join(f'${n}' for n in range(2, 2 + len(keys)))})"
    limit = 2 if first else 2 + len(keys)
    return Statement(
        f"archive.{table}",
        f"select to_jsonb(t)::text as row, {listed} from (select {_quoted(names)} from {_known(table)}"
        f" where shop_id = $1{behind} order by {listed} limit ${limit}) t order by {listed}",
    )


@lru_cache
def _put(table: str, names: tuple[str, ...], allowed: str) -> Statement:
    """`allowed` are the table's own rules, as the database writes them."""
    return Statement(
        f"archive.put_{table}",
        f"insert into {_known(table)} (shop_id, {_quoted(names)}) select $1, {_quoted(names)}"
        f" from jsonb_populate_recordset(null::{_known(table)}, $2::jsonb) as sent where {allowed}"
        " on conflict do nothing",
    )


def _there(target: str, own: str, theirs: str) -> str:
    """That a foreign key, which beside the shop has one column, leads to something."""
    found = f"exists (select from {target} t where t.shop_id = $1 and t.{theirs} = sent.{own})"
    return f"(sent.{own} is null or {found})"


def _number_behind(table: str) -> Statement:
    """Never back: others may have taken later numbers."""
    sequence = f"pg_get_serial_sequence('{_known(table)}', 'id')"
    return Statement(
        f"archive.number_{table}",
        f"select setval({sequence}, greatest((select max(id) from {table} where shop_id = $1), nextval({sequence})))",
    )


def _any(table: str) -> Statement:
    return Statement(f"archive.any_{table}", f"select from {_known(table)} where shop_id = $1 limit 1")


def _count(table: str) -> Statement:
    return Statement(f"archive.count_{table}", f"select count(*) as n from {_known(table)} where shop_id = $1")


def _known(table: str) -> str:
    if table not in TABLES:
        raise ValueError(f"{table!r} is no table of an archive")
    return table


def _quoted(names: Sequence[str]) -> str:
    return ", ".join('"' + name.replace('"', '""') + '"' for name in names)
