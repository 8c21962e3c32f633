"""Which part of a condition narrows a page that comes in another order: that of ids, or of another index.

Rare rows are taken from the index that finds them, common ones met soon on the way along the order. Each way is slow
for the other, and a plan made for any values cannot know; so the statement looks first, as searches do (contacts.sql):
a few steps along the order may be enough for the page; if not, it counts what the index finds, up to a bound. In order
of ids a single value needs no such care: its rows stand in the index in order of ids.

The same holds of records that lead back to the listed rows by a value that an index sorts by: what few of them point at
is looked up, else each row is asked, one after the other, whether one of them points at it.
"""

from dataclasses import dataclass

from app.domain.conditions import And, Condition, Counted, Not, OneOf, Or, Range, Some, ToOne
from app.domain.definitions import Target
from app.domain.entities import Attribute, Entity, relationship
from app.store.attributes import TABLES, place
from app.store.conditions import compiled, rows_of
from app.store.fragments import Fragments, Sql
from app.store.link_pages import link_page, records_behind
from app.store.orders import Sorting, by, shown, told
from app.store.range_pages import range_page

_RARE = 1_000  # rows that are soon fetched and sorted
_LINKS = 3  # of which that with few records is looked for: each makes the statement longer
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

_BEHIND = (
    "select t.{column} as id from {records} t where {own_records} and ({behind}) and t.{column} is not null"
    " limit {more}"
)  # fmt: skip
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

_COUNT_BEHIND = (
    "select count(*) as n from (select from {table} r where {own} and r.id = any(array("
    "select t.{column} from {records} t where {own_records} and ({behind}) and t.{column} is not null)) and {rest}"
    " limit {bound}) bounded"
)


@dataclass(frozen=True, slots=True)
class Narrowing:
    """A condition in two parts: the one that an index answers, and what else must hold. Records behind several links
    may be asked for, of whom an index finds those of each."""

    chosen: OneOf | Range | Some
    rest: Condition
    links: tuple[Some, ...] = ()


def narrowing(entity: Entity, condition: Condition, first: Attribute | None = None) -> Narrowing | None:
    """The condition taken apart; None where no index would narrow, or one serves already. `first` is what the page is
    ordered by, if that is not ids."""
    if first is not None and not _indexed(entity, first):
        return None
    parts = _joined(flat(condition))
    indexed = _narrow(entity, parts, first)
    if first is None and any(isinstance(part, OneOf) and len(set(part.values)) < 2 for part in indexed):
        return None
    if indexed:
        chosen = min(indexed, key=_width)
        return Narrowing(chosen, And(tuple(part for part in parts if part is not chosen)))
    links = _behind(parts)[:_LINKS]
    if not links or (len(links) > 1 and first is not None):
        return None
    return Narrowing(links[0], And(tuple(part for part in parts if part not in links)), links)


def narrowest(entity: Entity, condition: Condition) -> OneOf | Range | None:
    """The part of the condition that an index answers with the fewest rows, by its looks."""
    return min(_narrow(entity, _joined(flat(condition))), key=_width, default=None)


def _narrow(entity: Entity, parts: list[Condition], first: Attribute | None = None) -> list[OneOf | Range]:
    return [
        part
        for part in parts
        if isinstance(part, OneOf | Range) and part.attribute != first and _indexed(entity, part.attribute)
    ]


def apart(condition: Condition) -> tuple[Condition, Condition]:
    """What is asked of the rows themselves, and what of all that their relations lead to."""
    parts = flat(condition)
    plain = tuple(part for part in parts if not leads_on(part))
    return And(plain), And(tuple(part for part in parts if leads_on(part)))


def looked(
    entity: Entity, found: Narrowing, within: Sql, columns: str, way: Sorting, limit: Sql, fragments: Fragments
) -> str:
    """The statement of a page. `within` says where it lies."""
    if found.links and not way.keys:
        return link_page(entity, found.links, found.rest, within, columns, way, limit, fragments)
    if isinstance(found.chosen, Range) and not way.keys:
        return range_page(entity, found.chosen, found.rest, within, columns, way, limit, fragments)
    words = _words(entity, found.chosen, found.rest, fragments)
    if isinstance(found.chosen, Some):
        with fragments.row_by_row():
            words["narrow"] = compiled(entity, found.chosen, Sql("r"), fragments)
    first = _FOUND[type(found.chosen)].format(more=_RARE + 1, **words)
    words["told"], words["again"] = told(way)
    return _LOOK.format(
        found=first, more=_RARE + 1, steps=_STEPS, within=within, columns=columns,
        shown=shown(way), joins=way.joins, order=by(way), limit=limit,
        **words,
    )  # fmt: skip


def counted(entity: Entity, found: Narrowing, bound: Sql, fragments: Fragments) -> str | None:
    """The statement that counts what has one of some values, or what records lead back to, up to a bound; None for a
    range, which needs no care, and for records behind several links."""
    match found.chosen:
        case OneOf():
            return _COUNT.format(bound=bound, **_words(entity, found.chosen, found.rest, fragments))
        case Some() if len(found.links) == 1:
            return _COUNT_BEHIND.format(bound=bound, **_words(entity, found.chosen, found.rest, fragments))
    return None


def _words(entity: Entity, chosen: OneOf | Range | Some, rest: Condition, fragments: Fragments) -> dict[str, Sql]:
    table = Sql("r")
    words = {
        "table": TABLES[entity.target],
        "own": rows_of(entity, table, fragments),
        "rest": compiled(entity, rest, table, fragments),
    }
    if isinstance(chosen, Some):
        return words | records_behind(chosen, fragments)
    at = place(entity, chosen.attribute, table, Fragments())
    index = at.slot or at.exact
    words |= {"narrow": compiled(entity, chosen, table, fragments), "index": index.sql}
    if isinstance(chosen, OneOf):
        values = list(dict.fromkeys(map(index.convert, chosen.values)))
        words["values"] = fragments.parameter(values, f"{index.type}[]")
    return words


def _behind(parts: list[Condition]) -> tuple[Some, ...]:
    """The records behind links that an index finds; none where relations are asked otherwise, too, which may be what
    few rows fulfil. What must not be is mostly what few are."""
    leading = [part for part in parts if leads_on(part) and not isinstance(part, Not)]
    links = tuple(part for part in leading if isinstance(part, Some) and _found(part))
    return links if len(links) == len(leading) else ()


def _found(link: Some) -> bool:
    """Whether an index finds its records, and nothing is asked behind them."""
    records = link.link.records
    inner = (part for part in flat(link.condition) if isinstance(part, OneOf | Range))
    return not leads_on(link.condition) and any(_indexed(records, part.attribute) for part in inner)


def leads_on(condition: Condition) -> bool:
    """Whether relations are followed in it."""
    match condition:
        case And(parts) | Or(parts):
            return any(map(leads_on, parts))
        case Not(part):
            return leads_on(part)
    return isinstance(condition, ToOne | Some | Counted)


def flat(condition: Condition) -> list[Condition]:
    """The conditions that must all hold."""
    if not isinstance(condition, And):
        return [condition]
    return [each for part in condition.parts for each in flat(part)]


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
    (Target.CUSTOMERS, "id_customer"), (Target.CUSTOMERS, "email"),
    (Target.CONTACTS, "created_at"), (Target.DEFINITION, "created_at"),
}  # fmt: skip
_FOUND = {OneOf: _VALUES, Range: _RANGE, Some: _BEHIND}
