"""Price walks: what a source's records say about pairs of contact and product, one statement per route."""

from collections.abc import Sequence
from typing import NamedTuple

from app.domain.prices import Outcome
from app.store.arrays import numbers
from app.store.price_walk import Route, compose
from app.store.session import Session


class Found(NamedTuple):
    """How a walk ended. WON means that a record was found; `values` are the stored values of the route's fields, as
    text, in their order."""

    outcome: Outcome
    record_id: int | None
    values: tuple[str | None, ...]


async def walk(session: Session, route: Route, pairs: Sequence[tuple[int, str]]) -> list[Found]:
    """What the route finds for each pair of contact and product, in order. Each contact is walked once."""
    if not pairs:
        return []
    contacts = [contact for contact, _ in pairs]
    products = [product for _, product in pairs]
    statement, parameters = compose(route)
    rows = await session.fetch_as_gateway(
        statement, numbers(dict.fromkeys(contacts)), numbers(contacts), products, *parameters
    )
    return [Found(_OUTCOMES[row[0]], row[1], row[2:]) for row in rows]


_OUTCOMES = {outcome.value: outcome for outcome in Outcome}
