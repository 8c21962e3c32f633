"""Records: writing. Statements are composed of the slots that a definition uses."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

import asyncpg
import orjson

from app.domain.definitions import Definition
from app.domain.records import Data
from app.domain.slots import slot_values
from app.store import statements
from app.store.columns import slot_type
from app.store.session import Session
from app.store.statements import Statement

_sql = statements.load("records.sql")


@dataclass(slots=True)
class Row:
    """A record's state, as it was locked or is to be written. A new one has the id 0."""

    id: int
    unique_key: str | None
    version: int
    data: Data


async def insert(session: Session, definition: Definition, rows: Sequence[Row]) -> list[int | None]:
    """New records, aligned with `rows`: the id, or None where the unique key exists already. Rows come sorted by
    unique key: all writers then take their locks in one order."""
    statement = _insert(_slots(definition))
    written = await session.fetch(statement, definition.id, *_columns(definition, rows)[1:])
    if rows and rows[0].unique_key is not None:
        by_key = {row["unique_key"]: row["id"] for row in written}
        return [by_key.get(row.unique_key) for row in rows]
    return sorted(row["id"] for row in written)  # ids grow in the order of insertion


async def update(session: Session, definition: Definition, rows: Sequence[Row]) -> None:
    """New states of locked records. Raises Conflict when a changed unique key exists already."""
    columns = _columns(definition, rows)
    await session.fetch(_update(_slots(definition)), definition.id, datetime.now(UTC), *columns)


async def lock_by_unique_keys(session: Session, definition_id: int, keys: Iterable[str]) -> dict[str, Row]:
    rows = await session.fetch(_sql.lock_by_unique_keys, definition_id, list(keys))
    return {row["unique_key"]: _row(row) for row in rows}


async def lock_by_id(session: Session, record_id: int) -> Row | None:
    rows = await session.fetch(_sql.lock_by_id, record_id)
    return _row(rows[0]) if rows else None


async def hold_by_ids(session: Session, definition_id: int, ids: Iterable[int]) -> set[int]:
    """The ids that exist in that definition; nobody deletes them before this transaction ends."""
    return {row["id"] for row in await session.fetch(_sql.hold_by_ids, definition_id, list(ids))}


async def hold_by_unique_keys(session: Session, definition_id: int, keys: Iterable[str]) -> dict[str, int]:
    rows = await session.fetch(_sql.hold_by_unique_keys, definition_id, sorted(keys))
    return {row["unique_key"]: row["id"] for row in rows}


async def lock_for_deletion(session: Session, definition_id: int, ids: Iterable[int]) -> dict[int, Row]:
    rows = await session.fetch(_sql.lock_for_deletion, definition_id, list(ids))
    return {row["id"]: _row(row) for row in rows}


async def delete(session: Session, ids: Iterable[int]) -> None:
    """Removes records locked before."""
    await session.run_many(_sql.delete, [(id_,) for id_ in ids])


def _row(row: asyncpg.Record) -> Row:
    return Row(row["id"], row["unique_key"], row["version"], orjson.loads(row["data"]))


def _slots(definition: Definition) -> tuple[str, ...]:
    return tuple(field.slot for field in definition.fields if field.slot)


def _columns(definition: Definition, rows: Sequence[Row]) -> list[list[object]]:
    """id, unique_key, version, data, then each slot: a list each."""
    columns: list[list[object]] = [
        [row.id for row in rows],
        [row.unique_key for row in rows],
        [row.version for row in rows],
        [orjson.dumps(row.data).decode() for row in rows],
    ]
    for field in definition.fields:
        if field.slot is not None:
            columns.append(slot_values(field, [row.data.get(field.name) for row in rows]))
    return columns


@lru_cache(maxsize=1000)
def _insert(slots: tuple[str, ...]) -> Statement:
    names = ", ".join(("unique_key", "version", "data", *slots))
    return Statement(
        "records.insert",
        f"insert into records (shop_id, definition_id, {names}) "
        f"select $1, $2, {names} from unnest($3::text[], $4::integer[], $5::jsonb[]{_arrays(slots, 6)}) "
        f"with ordinality as new ({names}, position) order by position "
        f"on conflict (shop_id, definition_id, unique_key) where unique_key is not null do nothing "
        f"returning id, unique_key",
    )


@lru_cache(maxsize=1000)
def _update(slots: tuple[str, ...]) -> Statement:
    """The records exist and are locked: the conflict finds each by its key. A join would leave it to the planner, which
    reads the whole definition when it has no statistics of it yet."""
    names = ("unique_key", "version", "data", *slots)
    changes = ", ".join(f"{name} = excluded.{name}" for name in names)
    columns = f"id, {', '.join(names)}"
    return Statement(
        "records.update",
        f"insert into records (shop_id, definition_id, updated_at, {columns}) select $1, $2, $3, {columns} "
        f"from unnest($4::bigint[], $5::text[], $6::integer[], $7::jsonb[]{_arrays(slots, 8)}) as new ({columns}) "
        f"on conflict (shop_id, id) do update set {changes}, updated_at = excluded.updated_at",
    )


def _arrays(slots: tuple[str, ...], first: int) -> str:
    return "".join(f", ${n}::{slot_type(slot)}[]" for n, slot in enumerate(slots, first))
