"""Which part of a condition narrows a page that comes in another order: that of ids, or of another index.

Rare rows are taken from the index that finds them, common ones met soon on the way along the order. Each way is slow
for the other, and a plan made for any values cannot know; so the statement looks first, as searches do (contacts.sql):
a few steps along the order may be enough for the page; if not, it counts what the index finds, up to a bound. In order
of ids a single value needs no such care: its rows stand in the index in order of ids.
"""

from dataclasses import dataclass

from app.domain.conditions import And, Condition, OneOf, Range, Some
from app.domain.definitions import Target
from app.domain.entities import Attribute, Entity, of_definition, relationship
from app.store.attributes import TABLES, place
from app.store.conditions import compiled, linked, links_to, rows_of
from app.store.fragments import Fragments, Sql
from app.store.orders import Sorting, by, shown, told

_RARE = 1_000  # rows that are soon fetched and sorted
_STEPS = 300  # along the order, before anything else is tried

_LOOK = """\
with steps as materialized (
    select r.*{shown} from {table} r{joins} where {own} and {within} order by {order} limit {steps}
), met as materialized (
    select r.* from steps r where ({narrow}) is true and {rest} limit {limit}
), enough as materialized (
    select (select count(*) from met) = {limit} or (select count(*) from steps) < {steps} as so
), found as materialized (
    select f.id from ({found}) f where not (select so from enough)
), rare as materialized (select count(*) < {more} as so from found)
select {columns}{told} from (
    (select r.* from met r where (select so from enough))
    union all
    (select r.*{shown} from {table} r{joins} where {own} and not (select so from enough) and (select so from rare)
       and r.id = any(array(select id from found)) and ({narrow}) is true and {within} and {rest}
     order by {order} limit {limit})
    union all
    (select r.*{shown} from {table} r{joins} where {own} and not (select so from enough) and not (select so from rare)
       and ({narrow}) is true and {within} and {rest} order by {order} limit {limit})
) r order by {again} limit {limit}"""

_RANGE = "select r.id from {table} r where {own} and {narrow} order by {index} limit {more}"
_VALUES = (  # each by itself: for all together the planner may rather read the whole definition
    "select each.id from unnest({values}) as asked (value) cross join lateral ("
    "select r.id from {table} r where {own} and {index} = asked.value limit {more}) each limit {more}"
)

_COUNT = (
    "select count(*) as n from (select from unnest({values}) as asked (value) cross join lateral ("
    "select from {table} r where {own} and {index} = asked.value and ({narrow}) is true and {rest} limit {bound}) each"
    " limit {bound}) bounded"
)


@dataclass(frozen=True, slots=True)
class Narrowing:
    """A condition in two parts: the one that an index answers, and what else must hold."""

    chosen: OneOf | Range | Some
    rest: Condition


def narrowing(entity: Entity, condition: Condition, first: Attribute | None = None) -> Narrowing | None:
    """The condition taken apart; None where no index would narrow, or one serves already. `first` is what the page is
    ordered by, if that is not ids."""
    if first is not None and not _indexed(entity, first):
        return None
    parts = _joined(_flat(condition))
    indexed: list[OneOf | Range | Some] = [
        part
        for part in parts
        if isinstance(part, OneOf | Range) and part.attribute != first and _indexed(entity, part.attribute)
    ]
    if first is None and any(isinstance(part, OneOf) and len(set(part.values)) < 2 for part in indexed):
        return None
    candidates = indexed or [part for part in parts if isinstance(part, Some)]
    if not candidates:
        return None
    chosen = min(candidates, key=_width)
    return Narrowing(chosen, And(tuple(part for part in parts if part is not chosen)))


def looked(
    entity: Entity, found: Narrowing, within: Sql, columns: str, way: Sorting, limit: Sql, fragments: Fragments
) -> str:
    """The statement of a page. `within` says where it lies."""
    chosen = found.chosen
    words = _words(entity, found, fragments)
    if isinstance(chosen, Some):
        first = f"{linked(chosen, fragments)} limit {_RARE + 1}"
    else:
        first = (_VALUES if isinstance(chosen, OneOf) else _RANGE).format(more=_RARE + 1, **words)
    words["told"], words["again"] = told(way)
    return _LOOK.format(
        found=first, more=_RARE + 1, steps=_STEPS, within=within, columns=columns,
        shown=shown(way), joins=way.joins, order=by(way), limit=limit,
        **words,
    )  # fmt: skip


def counted(entity: Entity, found: Narrowing, bound: Sql, fragments: Fragments) -> str | None:
    """The statement that counts what has one of some values, up to a bound; None for a range, which needs no care."""
    if not isinstance(found.chosen, OneOf):
        return None
    return _COUNT.format(bound=bound, **_words(entity, found, fragments))


def _words(entity: Entity, found: Narrowing, fragments: Fragments) -> dict[str, Sql]:
    table = Sql("r")
    words = {
        "table": TABLES[entity.target],
        "own": rows_of(entity, table, fragments),
        "rest": compiled(entity, found.rest, table, fragments),
    }
    if isinstance(found.chosen, Some):
        return words | {"narrow": links_to(found.chosen, table, fragments)}
    at = place(entity, found.chosen.attribute, table, Fragments())
    index = at.slot or at.exact
    words |= {"narrow": compiled(entity, found.chosen, table, fragments), "index": index.sql}
    if isinstance(found.chosen, OneOf):
        values = list(dict.fromkeys(map(index.convert, found.chosen.values)))
        words["values"] = fragments.parameter(values, f"{index.type}[]")
    return words


def _flat(condition: Condition) -> list[Condition]:
    """The conditions that must all hold."""
    if not isinstance(condition, And):
        return [condition]
    return [each for part in condition.parts for each in _flat(part)]


def _joined(parts: list[Condition]) -> list[Condition]:
    """Two ends of one range, as "gte" and "lt" make them, in one."""
    found: list[Condition] = []
    for part in parts:
        other = next((n for n, each in enumerate(found) if _two_ends(each, part)), None)
        if other is None:
            found.append(part)
        else:
            found[other] = _between(found[other], part)
    return found


def _two_ends(one: Condition, other: Condition) -> bool:
    if not isinstance(one, Range) or not isinstance(other, Range) or one.attribute != other.attribute:
        return False
    return (one.low is None or other.low is None) and (one.high is None or other.high is None)


def _between(one: Condition, other: Condition) -> Range:
    assert isinstance(one, Range)
    assert isinstance(other, Range)
    low = one if one.low is not None else other
    high = one if one.high is not None else other
    return Range(one.attribute, low.low, high.high, low.low_open, high.high_open)


def _width(part: Condition) -> int:
    """Some values are fewer than what lies between two, and that is less than what lies on one side. Behind a link it
    is the narrowest of what is asked there that counts."""
    if isinstance(part, Some):
        inner = _joined(_flat(part.condition))
        return min((_width(each) for each in inner if _narrows(part, each)), default=3)
    if not isinstance(part, OneOf | Range):
        return 3
    return 0 if isinstance(part, OneOf) else 1 if part.low is not None and part.high is not None else 2


def _narrows(some: Some, part: Condition) -> bool:
    return isinstance(part, OneOf | Range) and _indexed(of_definition(some.link.definition), part.attribute)


def _indexed(entity: Entity, attribute: Attribute) -> bool:
    """Whether an index of the table sorts by the attribute."""
    if attribute.field is not None:
        return attribute.field.slot is not None or relationship(entity, attribute.name) is not None
    return (entity.target, attribute.name) in _INDEXED


_INDEXED = {
    (Target.CONTACTS, "email"), (Target.CONTACTS, "name_key"), (Target.CONTACTS, "surname_key"),
    (Target.PRODUCTS, "reference"), (Target.PRODUCTS, "reference_key"), (Target.PRODUCTS, "name_key"),
}  # fmt: skip
