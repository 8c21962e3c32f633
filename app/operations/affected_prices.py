"""Which prices changes of records may move: the pairs of contact and product that a price route leads past them.

Along one route, a price can only change where the walk of the contact takes a changed record, in the state before or
after. So from each state of each changed record the route is followed to the contacts, and on to products: those behind
that state, and, where the record only links, all that the contact's links lead to. Other records are the same before
and after, unless the route passes the definition twice.
"""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from itertools import product as combined
from typing import Any, NamedTuple

from app.domain.changes import Change
from app.domain.definitions import Definition, Model
from app.domain.dry_runs import PriceChange
from app.domain.prices import payable_of
from app.domain.products import Product
from app.domain.records import Data
from app.domain.slots import slot_values
from app.loaders.prices import Pair, Told, price_routes
from app.store import price_reach
from app.store.price_walk import Route
from app.store.session import Session

Follow = Callable[[Session, Route, int, Sequence[Any], int], Awaitable[list[tuple[int, Any]]]]


class _State(NamedTuple):
    """A changed record before or after its change; without an id if it is new: nothing points to it."""

    record_id: int | None
    data: Data


@dataclass
class _Pairs:
    """As many as are compared; what comes after that makes them inexact."""

    most: int
    found: dict[Pair, None] = field(default_factory=dict)
    are_all: bool = True

    def add(self, pairs: Iterable[Pair]) -> None:
        for pair in pairs:
            if len(self.found) >= self.most and pair not in self.found:
                self.are_all = False
                return
            self.found[pair] = None


async def affected(
    session: Session, model: Model, definition: Definition, changes: Sequence[Change], most: int
) -> tuple[list[Pair], bool]:
    """The pairs whose price may change, at most so many, sorted; and whether these are all. `changes` are of records
    of the definition, and are written already."""
    pairs = _Pairs(most)
    for route in price_routes(model):
        steps = (*route.links, route.source)
        places = [place for place, step in enumerate(steps) if step.definition_id == definition.id]
        states = [*_states(changes, _decisive(definition, route))]
        if states and places:
            pairs.are_all &= len(places) == 1
            for place in places:
                await _reach(session, route, place, definition, states, pairs)
    return sorted(pairs.found), pairs.are_all


def changed_prices(
    before: Mapping[Pair, Told], after: Mapping[Pair, Told], products: Mapping[str, Product]
) -> list[PriceChange]:
    """What contacts pay otherwise, of the pairs that were asked both times, in order."""
    found = []
    for pair, then in before.items():
        row, now = products.get(pair[1]), after.get(pair)
        if row is None or now is None:
            continue
        was, is_ = (payable_of(row.price, row.price_discount, *each[:2]) for each in (then, now))
        if was != is_:
            found.append(PriceChange(*pair, was, is_))
    return found


def _decisive(definition: Definition, route: Route) -> set[str]:
    """The fields of the definition that the route's walk looks at."""
    columns, names = set[str](), set[str]()
    for step in (*route.links, route.source):
        if step.definition_id == definition.id:
            columns |= {step.column, step.onward}
            names |= {step.latest.field} if step.latest is not None else set()
    if route.source.definition_id == definition.id:
        columns.add(route.product)
        names |= {*route.fields}
    return names | {field.name for field in definition.fields if field.slot in columns}


def _states(changes: Sequence[Change], decisive: set[str]) -> Iterator[_State]:
    for change in changes:
        before, after = change.before, change.after
        if before is not None and after is not None and all(before.get(n) == after.get(n) for n in decisive):
            continue
        if before is not None:
            yield _State(change.record_id, dict(before))
        if after is not None:
            yield _State(change.record_id if before is not None else None, dict(after))


async def _reach(
    session: Session, route: Route, place: int, definition: Definition, states: Sequence[_State], pairs: _Pairs
) -> None:
    """Adds the pairs whose walk along the route may take one of these states at that place."""
    step = (*route.links, route.source)[place]
    near = _values(definition, step.column, states)
    contacts = _same(near) if place == 0 else await _followed(price_reach.contacts, session, route, place, near, pairs)
    if place == len(route.links):
        onward = _values(definition, route.product, states)
        goods = _same(onward)
    else:
        onward = _values(definition, step.onward, states)
        goods = await _followed(price_reach.products, session, route, place, onward, pairs)
        people = [*chain.from_iterable(contacts.values())]
        for contact, linked in (await _followed(price_reach.products, session, route, -1, people, pairs)).items():
            pairs.add((contact, id_) for id_ in linked)
    for value, led in zip(near, onward, strict=True):
        pairs.add(combined(contacts.get(value, ()), goods.get(led, ())))


async def _followed(
    follow: Follow, session: Session, route: Route, place: int, values: Sequence[Any], pairs: _Pairs
) -> dict[Any, list[Any]]:
    """What each value leads to. No more is read than pairs are compared."""
    given = [value for value in dict.fromkeys(values) if value is not None]
    rows = await follow(session, route, place, given, pairs.most + 1) if given else []
    pairs.are_all &= len(rows) <= pairs.most
    found: dict[Any, list[Any]] = defaultdict(list)
    for position, reached in rows:
        found[given[position]].append(reached)
    return found


def _same(values: Sequence[Any]) -> dict[Any, list[Any]]:
    """Values that are what is looked for themselves."""
    return {value: [value] for value in values if value is not None}


def _values(definition: Definition, column: str, states: Sequence[_State]) -> list[Any]:
    """What the column holds in each state."""
    if column == "id":
        return [state.record_id for state in states]
    [held] = [field for field in definition.fields if field.slot == column]
    return slot_values(held, [state.data.get(held.name) for state in states])
