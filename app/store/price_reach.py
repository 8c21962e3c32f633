"""Whose prices a record may decide: from values that it holds, along a price route, to contacts and to products.

Unlike a price walk, which takes one row at each hop, this takes all of them: what is found is never too little. Every
hop is a lateral look-up in an index, with a bound on it, as in price_walk.py.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from app.store.columns import slot_column
from app.store.fragments import Fragments, Sql
from app.store.price_walk import Route, Step
from app.store.session import Session
from app.store.statements import Statement


async def contacts(
    session: Session, route: Route, place: int, values: Sequence[int], most: int
) -> list[tuple[int, int]]:
    """From what rows at a place of the route (0: next to the contact) are found by to the contacts that lead there:
    pairs of a value's position and a contact, at most so many."""
    steps = route.links[:place][::-1]
    ways = [(step, step.onward, step.column) for step in steps]
    return await _followed(session, "prices.reached_contacts", ways, values, most)


async def products(
    session: Session, route: Route, place: int, values: Sequence[int], most: int
) -> list[tuple[int, str]]:
    """From what rows at a place of the route lead on to (-1: from contacts) to the products that the source has a price
    for: pairs of a value's position and a product, at most so many."""
    ways = [(step, step.column, step.onward) for step in route.links[place + 1 :]]
    ways.append((route.source, route.source.column, route.product))
    return await _followed(session, "prices.reached_products", ways, values, most)


async def _followed(
    session: Session, name: str, ways: Iterable[tuple[Step, str, str]], values: Sequence[int], most: int
) -> list[tuple[int, Any]]:
    fragments = Fragments()
    bound = fragments.parameter(most, "bigint")
    given = fragments.parameter(list(values), "bigint[]")
    rows, reached = [], Sql("given.value")
    for number, (step, found_by, onward) in enumerate(ways):
        definition = fragments.parameter(step.definition_id, "bigint")
        rows.append(
            f" cross join lateral (select r.{_column(onward)} as value from records r where r.shop_id = $1"
            f" and r.definition_id = {definition} and r.{_column(found_by)} = {reached} limit {bound}) w{number}"
        )
        reached = Sql(f"w{number}.value")
    sql = (
        f"select given.place, {reached} as value from unnest({given}) with ordinality as given (value, place)"
        f"{''.join(rows)} where {reached} is not null limit {bound}"
    )
    found = await session.fetch(Statement(name, sql), *fragments.parameters)
    return [(row["place"] - 1, row["value"]) for row in found]


def _column(name: str) -> str:
    return name if name == "id" else slot_column(name)
