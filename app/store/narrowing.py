"""Which part of a condition narrows a list in order of ids, by an index that sorts otherwise.

Rare values are taken from that index, common ones met soon on the way along the ids. Each way is slow for the other,
and a plan made for any values cannot know; so the statement looks first, as searches do (contacts.sql). A single value
needs no such care: its rows stand in the index in order of ids.
"""

from dataclasses import dataclass

from app.domain.conditions import And, Condition, OneOf, Range
from app.domain.definitions import Target
from app.domain.entities import Attribute, Entity, relationship
from app.store.attributes import TABLES, place
from app.store.conditions import compiled
from app.store.fragments import Fragments, Sql

_RARE = 1_000  # rows that are soon fetched and sorted

_LOOK = """\
with found as materialized (
    select r.id from {table} r where {own} and {narrow} order by {index} limit {more}
), rare as materialized (select count(*) < {more} as so from found)
select {columns} from (
    (select r.* from {table} r where {own} and (select so from rare) and r.id = any(array(select id from found))
       and {rest} order by {order} limit {limit})
    union all
    (select r.* from {table} r where {own} and not (select so from rare) and ({narrow}) is true
       and {rest} order by {order} limit {limit})
) r order by {order} limit {limit}"""


@dataclass(frozen=True, slots=True)
class Narrowing:
    """A condition in two parts: the one that an index answers, and what else must hold."""

    narrow: Sql
    index: Sql  # the column it sorts by
    rest: Sql


def narrowing(entity: Entity, condition: Condition, table: Sql, fragments: Fragments) -> Narrowing | None:
    """The condition taken apart; None where no index would narrow, or one serves already in order of ids."""
    parts = condition.parts if isinstance(condition, And) else (condition,)
    indexed = [part for part in parts if isinstance(part, OneOf | Range) and _indexed(entity, part.attribute)]
    if not indexed or any(isinstance(part, OneOf) and len(part.values) < 2 for part in indexed):
        return None
    chosen = min(indexed, key=_width)
    others = And(tuple(part for part in parts if part is not chosen))
    at = place(entity, chosen.attribute, table, Fragments())
    return Narrowing(
        compiled(entity, chosen, table, fragments),
        (at.slot or at.exact).sql,
        compiled(entity, others, table, fragments),
    )


def looked(entity: Entity, found: Narrowing, between: Sql, columns: str, order: Sql, limit: Sql, own: Sql) -> str:
    """The statement of a page in order of ids. `between` says where the page lies."""
    return _LOOK.format(
        table=TABLES[entity.target], own=own, narrow=found.narrow, index=found.index, more=_RARE + 1, columns=columns,
        rest=f"{between} and {found.rest}", order=order, limit=limit,
    )  # fmt: skip


def _width(part: OneOf | Range) -> int:
    """Some values are fewer than what lies between two, and that is less than what lies on one side."""
    return 0 if isinstance(part, OneOf) else 1 if part.low is not None and part.high is not None else 2


def _indexed(entity: Entity, attribute: Attribute) -> bool:
    """Whether an index of the table sorts by the attribute."""
    if attribute.field is not None:
        return attribute.field.slot is not None or relationship(entity, attribute.name) is not None
    return (entity.target, attribute.name) in _INDEXED


_INDEXED = {
    (Target.CONTACTS, "email"), (Target.CONTACTS, "name_key"), (Target.CONTACTS, "surname_key"),
    (Target.PRODUCTS, "reference"), (Target.PRODUCTS, "reference_key"), (Target.PRODUCTS, "name_key"),
}  # fmt: skip
