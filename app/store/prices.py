"""Price walks: what a source's records say about pairs of contact and product, one statement per route."""

from collections.abc import Sequence
from typing import NamedTuple

from app.domain.prices import Outcome
from app.store.arrays import numbers, texts
from app.store.price_walk import Route, compose
from app.store.session import Session


class Walked(NamedTuple):
    """How walks ended: a column for each thing told of them, aligned with the pairs. `known` tells whether there is
    such a contact. The outcome WON means that a record was found. `values` has a column for each of the route's fields,
    of the stored values as text."""

    known: Sequence[bool]
    outcomes: Sequence[Outcome]
    record_ids: Sequence[int | None]
    values: Sequence[Sequence[str | None]]


async def walk(session: Session, route: Route, pairs: Sequence[tuple[int, str]]) -> Walked:
    """What the route finds for pairs of contact and product, one at least. Each contact is walked once."""
    contacts, products = zip(*pairs, strict=True)
    written = {contact: str(contact) for contact in dict.fromkeys(contacts)}
    each = ",".join(map(written.__getitem__, contacts))
    statement, parameters = compose(route)
    rows = await session.fetch_as_gateway(statement, numbers(written), f"{{{each}}}", texts(products), *parameters)
    known, outcomes, record_ids, *values = zip(*rows, strict=True)
    return Walked(known, [*map(_OUTCOMES.__getitem__, outcomes)], record_ids, values)


_OUTCOMES = {outcome.value: outcome for outcome in Outcome}
