"""Orders in SQL: what rows are sorted by, and which of them come behind a mark.

What is sorted by first decides whether an index can give the rows in order. Under row-level security and with partial
indexes it can where that value is not null; so a list is read in two parts, values and nulls, in the order its nulls
are placed. A slot that holds less than the value goes before it: the index sorts by the slot, and few rows are equal
there.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from app.domain.definitions import Target
from app.domain.entities import Entity
from app.domain.orders import Hop, Order
from app.store.attributes import TABLES, Expression, Place, place
from app.store.columns import relation_column
from app.store.conditions import rows_of
from app.store.fragments import Fragments, Sql, joined


@dataclass(frozen=True, slots=True)
class SortKey:
    """One value that rows are sorted by."""

    place: Place
    descending: bool
    nulls_first: bool

    @property
    def sorted_by(self) -> tuple[Expression, ...]:
        return tuple(filter(None, (self.place.slot, self.place.exact)))

    def turned(self) -> "SortKey":
        return replace(self, descending=not self.descending, nulls_first=not self.nulls_first)


@dataclass(frozen=True, slots=True)
class Sorting:
    """All of them. Ids decide between equal rows, in the direction of the last. `joins` is where relations lead."""

    keys: tuple[SortKey, ...]
    descending: bool
    id: Expression
    joins: Sql

    def turned(self) -> "Sorting":
        """The same from the other end."""
        return replace(self, keys=tuple(key.turned() for key in self.keys), descending=not self.descending)

    def of_part(self, *, nulls: bool) -> "Sorting":
        """The same for the rows without a first value, or for those that have one."""
        if nulls or not self.keys:
            return replace(self, keys=self.keys[1:])
        first = replace(self.keys[0], place=replace(self.keys[0].place, nullable=False))
        return replace(self, keys=(first, *self.keys[1:]))


@dataclass(frozen=True, slots=True)
class Mark:
    """Where a row stands in a list: its values of the order, and its id."""

    values: tuple[Any, ...]
    id: int | str

    def without_first(self) -> "Mark":
        return replace(self, values=self.values[1:])


Joins = dict[tuple[str, ...], tuple[Sql, Sql]]  # by the fields of a way: the table it leads to, and the join


def sorting(entity: Entity, order: Order, table: Sql, fragments: Fragments) -> Sorting:
    """The order of an entity's rows in that table."""
    joins: Joins = {}
    keys = []
    for field in order.fields:
        to, at = reached(entity, field.hops, table, joins, fragments)
        found = place(at, field.attribute, to, fragments)
        nullable = found.nullable or bool(field.hops)
        keys.append(SortKey(replace(found, nullable=nullable), field.descending, field.nulls_first))
    id_ = Expression(Sql(f"{table}.id"), "text" if entity.target is Target.PRODUCTS else "bigint", lambda value: value)
    return Sorting(tuple(keys), order.descending, id_, Sql("".join(join for _, join in joins.values())))


def reached(
    entity: Entity,
    hops: Sequence[Hop],
    table: Sql,
    joins: Joins,
    fragments: Fragments,
) -> tuple[Sql, Entity]:
    """The table and entity that relations lead to. Each way is joined once: by its fields, its table and the join."""
    for n, hop in enumerate(hops, 1):
        way = tuple(each.field for each in hops[:n])
        if way not in joins:
            joins[way] = _join(entity, hop, table, fragments)
        table, entity = joins[way][0], hop.target
    return table, entity


def _join(entity: Entity, hop: Hop, table: Sql, fragments: Fragments) -> tuple[Sql, Sql]:
    assert entity.definition is not None
    to = fragments.table()
    column = relation_column(entity.definition, hop.field).name
    own = rows_of(hop.target, to, fragments)
    return to, Sql(f" left join {TABLES[hop.target.target]} {to} on {own} and {to}.id = {table}.{column}")


def by(asked: Sorting) -> Sql:
    """The order by clause. To PostgreSQL nulls are larger than any value, so that is what needs no saying."""
    parts = []
    for key in asked.keys:
        way = " desc" if key.descending else ""
        unsaid = not key.place.nullable or key.nulls_first == key.descending
        nulls = "" if unsaid else " nulls first" if key.nulls_first else " nulls last"
        parts += [f"{each.sql}{way}{nulls}" for each in key.sorted_by]
    return Sql(", ".join([*parts, f"{asked.id.sql}{' desc' if asked.descending else ''}"]))


def shown(asked: Sorting) -> Sql:
    """The values of the order, as columns o1, o2, ... that the select list goes on with."""
    return Sql("".join(f", {key.place.exact.sql} as o{n}" for n, key in enumerate(asked.keys, 1)))


def told(asked: Sorting) -> tuple[Sql, Sql]:
    """The same columns of a table `r` that has them, and the order clause once more, by them."""
    keys = tuple(
        replace(key, place=replace(key.place, exact=replace(key.place.exact, sql=Sql(f"r.o{n}")), slot=None))
        for n, key in enumerate(asked.keys, 1)
    )
    return Sql("".join(f", {key.place.exact.sql}" for key in keys)), by(replace(asked, keys=keys))


def behind(asked: Sorting, mark: Mark, fragments: Fragments) -> Sql:
    """That a row comes behind the mark. A value with the id is what an index takes as one; else it takes the bound on
    the first value alone: alternatives it would take, too, but not in order."""
    compared = _compared(asked, mark)
    first, value, key = compared[0]
    if not asked.keys or value is None or key.place.nullable:
        return _behind(asked, compared, fragments)
    if len(compared) == 2:  # the id goes in the direction of the last key
        sent = ", ".join(fragments.parameter(each, at.type) for at, each, _ in compared)
        return Sql(f"({first.sql}, {asked.id.sql}) {'<' if key.descending else '>'} ({sent})")
    bound = f"{first.sql} {'<=' if key.descending else '>='} {fragments.parameter(value, first.type)}"
    return Sql(f"({bound} and ({_behind(asked, compared, fragments)}) is true)")


_Compared = tuple[Expression, Any, SortKey]


def _compared(asked: Sorting, mark: Mark) -> list[_Compared]:
    found = []
    for key, value in zip(asked.keys, mark.values, strict=True):
        if key.place.slot is not None:
            found.append((key.place.slot, value if value is None else key.place.slot.convert(value), key))
        found.append((key.place.exact, value, key))
    return [*found, (asked.id, mark.id, SortKey(Place(asked.id, nullable=False), asked.descending, False))]


def _behind(asked: Sorting, compared: Sequence[_Compared], fragments: Fragments) -> Sql:
    (at, value, key), *others = compared
    later = _later(at, value, key, fragments)
    if not others:
        return later
    equal = Sql(f"{at.sql} is null" if value is None else f"{at.sql} = {fragments.parameter(value, at.type)}")
    return joined([later, joined([equal, _behind(asked, others, fragments)], "and", "true")], "or", "false")


def _later(at: Expression, value: Any, key: SortKey, fragments: Fragments) -> Sql:
    if value is None:
        return Sql(f"{at.sql} is not null" if key.nulls_first else "false")
    later = Sql(f"{at.sql} {'<' if key.descending else '>'} {fragments.parameter(value, at.type)}")
    nulls_behind = key.place.nullable and not key.nulls_first
    return joined([later, Sql(f"{at.sql} is null")], "or", "false") if nulls_behind else later
