"""Conditions in SQL, composed from typed fragments: values and names of fields are parameters, tables, slots and
operators are ours.

A comparison with null is null in SQL, which is as good as false wherever conditions are joined; `Not` makes it false
first ("is not true"), so every condition is true or not, as in the domain. An index is used under row-level security
where the comparison is leakproof: that is what the slots' types are for.
"""

import json
from collections.abc import Callable
from typing import Any

from app.domain.conditions import (
    And,
    Condition,
    Counted,
    Holds,
    IsNull,
    Like,
    Not,
    OneOf,
    Or,
    Range,
    Some,
    ToOne,
)
from app.domain.definitions import FieldType
from app.domain.entities import Entity, Kind, Link
from app.store.attributes import TABLES, Expression, place, raw_text
from app.store.columns import link_column, relation_column
from app.store.fragments import Fragments, Sql, joined


def compiled(entity: Entity, condition: Condition, table: Sql, fragments: Fragments) -> Sql:
    """The condition on the rows of an entity in that table."""
    return _COMPILERS[type(condition)](entity, condition, table, fragments)


def rows_of(entity: Entity, table: Sql, fragments: Fragments) -> Sql:
    """That a row of the entity's table is the shop's, and of its definition."""
    own = f"{table}.shop_id = $1"
    if entity.definition is not None:
        own += f" and {table}.definition_id = {fragments.definition(entity.definition)}"
    return Sql(own)


def with_covering(own: Sql, table: str = "r") -> Sql:
    """The same of records, where the index may be read that covers what is mostly asked of all of them."""
    return Sql(f"{own} and {table}.id > 0")


def _and(entity: Entity, condition: And, table: Sql, fragments: Fragments) -> Sql:
    return joined([compiled(entity, part, table, fragments) for part in condition.parts], "and", "true")


def _or(entity: Entity, condition: Or, table: Sql, fragments: Fragments) -> Sql:
    return joined([compiled(entity, part, table, fragments) for part in condition.parts], "or", "false")


def _not(entity: Entity, condition: Not, table: Sql, fragments: Fragments) -> Sql:
    return Sql(f"(({compiled(entity, condition.part, table, fragments)}) is not true)")


def _one_of(entity: Entity, condition: OneOf, table: Sql, fragments: Fragments) -> Sql:
    if not condition.values:
        return Sql("false")
    at = place(entity, condition.attribute, table, fragments, condition.values)
    parts = [] if at.slot is None else [among(at.slot, condition.values, fragments)]
    return joined([*parts, among(at.exact, condition.values, fragments)], "and", "true")


def among(at: Expression, values: tuple[Any, ...], fragments: Fragments) -> Sql:
    """A single value is asked by =, so that its rows come from the index in order of their ids."""
    distinct = list(dict.fromkeys(map(at.convert, values)))
    if len(distinct) == 1:
        return Sql(f"{at.sql} = {fragments.parameter(distinct[0], at.type)}")
    return Sql(f"{at.sql} = any({fragments.parameter(distinct, f'{at.type}[]')})")


def bounds(at: Expression, asked: Range, fragments: Fragments) -> Sql:
    """That a slot lies between the slots of a range's ends, or is one of them."""
    ends = _bounds(at, asked.low, asked.high, ">=", "<=", fragments)
    return joined(ends, "and", "true")


def _range(entity: Entity, condition: Range, table: Sql, fragments: Fragments) -> Sql:
    """What the slot holds less of is looked at only where the slot is that of an end: elsewhere the slot decides."""
    ends = (condition.low, condition.high)
    at = place(entity, condition.attribute, table, fragments, ends)
    low, high = ">" if condition.low_open else ">=", "<" if condition.high_open else "<="
    exact = _bounds(at.exact, *ends, low, high, fragments)
    if at.slot is None:
        return joined(exact, "and", "true")
    beyond = _bounds(at.slot, *ends, ">", "<", fragments)
    decided = [joined([*each], "or", "true") for each in zip(beyond, exact, strict=True)]
    return joined([*_bounds(at.slot, *ends, ">=", "<=", fragments), *decided], "and", "true")


def _bounds(at: Expression, low: Any, high: Any, above: str, below: str, fragments: Fragments) -> list[Sql]:
    return [
        Sql(f"{at.sql} {comparison} {fragments.parameter(at.convert(end), at.type)}")
        for end, comparison in ((low, above), (high, below))
        if end is not None
    ]


def _like(entity: Entity, condition: Like, table: Sql, fragments: Fragments) -> Sql:
    at = place(entity, condition.attribute, table, fragments).exact
    return Sql(f"{at.sql} like {fragments.parameter(condition.pattern, 'text')}")


def _holds(entity: Entity, condition: Holds, table: Sql, fragments: Fragments) -> Sql:
    """Elements are stored in one form each, but decimals, which equal each other as numbers."""
    field, definition = condition.attribute.field, entity.definition
    assert field is not None
    assert definition is not None
    elements = f"{table}.data -> {fragments.name(field.name)}"
    if field.element_type is not FieldType.DECIMAL:
        return Sql(f"({elements}) @> {fragments.parameter(json.dumps(condition.value), 'jsonb')}")
    guarded = f"case when {table}.definition_id = {fragments.definition(definition)} then {elements} end"
    value = fragments.parameter(condition.value, "text::numeric")
    each = fragments.table()
    rows = f"jsonb_array_elements_text({guarded}) as {each} (value)"
    return Sql(f"exists (select from {rows} where {each}.value::numeric = {value})")


def _is_null(entity: Entity, condition: IsNull, table: Sql, fragments: Fragments) -> Sql:
    attribute = condition.attribute
    if attribute.kind in (Kind.LIST, Kind.OPAQUE):
        return Sql(f"{raw_text(attribute, table, fragments)} is null")
    return Sql(f"{place(entity, attribute, table, fragments).exact.sql} is null")


def _to_one(entity: Entity, condition: ToOne, table: Sql, fragments: Fragments) -> Sql:
    assert entity.definition is not None
    column = relation_column(entity.definition, condition.field).name
    inner = fragments.table()
    return _exists(condition.target, condition.condition, inner, f"{inner}.id = {table}.{column}", fragments)


def _some(_: Entity, condition: Some, table: Sql, fragments: Fragments) -> Sql:
    inner = fragments.table()
    records = condition.link.records
    return _exists(records, condition.condition, inner, _points(condition.link, inner, table), fragments)


def _counted(_: Entity, condition: Counted, table: Sql, fragments: Fragments) -> Sql:
    """Counts no further than the answer needs."""
    inner, bounded = fragments.table(), fragments.table()
    least = fragments.parameter(condition.at_least, "bigint")
    most = condition.at_most
    enough = fragments.parameter(condition.at_least if most is None else most + 1, "bigint")
    rows = _rows(
        condition.link.records, condition.condition, inner, _points(condition.link, inner, table),
        fragments,
    )  # fmt: skip
    counted = f"(select count(*) from (select {rows} limit {enough}) {bounded})"
    if most is None:
        return Sql(f"{counted} >= {least}")
    return Sql(f"{counted} between {least} and {fragments.parameter(most, 'bigint')}")


def _exists(entity: Entity, condition: Condition, table: Sql, reached: str, fragments: Fragments) -> Sql:
    singly = " offset 0" if fragments.singly else ""
    return Sql(f"exists (select {_rows(entity, condition, table, reached, fragments)}{singly})")


def _rows(entity: Entity, condition: Condition, table: Sql, reached: str, fragments: Fragments) -> Sql:
    """No condition but `reached` is an index's, where rows are asked one by one."""
    own = rows_of(entity, table, fragments)
    fulfilled = compiled(entity, condition, table, fragments)
    if fragments.singly:
        fulfilled = Sql(f"({fulfilled}) is true")
    return Sql(f"from {TABLES[entity.target]} {table} where {own} and {reached} and {fulfilled}")


def _points(link: Link, records: Sql, table: Sql) -> str:
    return f"{records}.{link_column(link).name} = {table}.id"


_COMPILERS: dict[type[Condition], Callable[[Entity, Any, Sql, Fragments], Sql]] = {
    And: _and, Or: _or, Not: _not, OneOf: _one_of, Range: _range, Like: _like, Holds: _holds, IsNull: _is_null,
    ToOne: _to_one, Some: _some, Counted: _counted,
}  # fmt: skip
