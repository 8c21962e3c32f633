"""Price walks: what a source's records say about pairs of contact and product, one statement per route."""

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

from app.domain.prices import Outcome
from app.store.arrays import numbers, texts
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
    contacts, products = zip(*pairs, strict=True)
    written = {contact: str(contact) for contact in dict.fromkeys(contacts)}
    each = ",".join(map(written.__getitem__, contacts))
    statement, parameters = compose(route)
    rows = await session.fetch_as_gateway(statement, numbers(written), f"{{{each}}}", texts(products), *parameters)
    outcomes, record_ids, *values = zip(*rows, strict=True)
    return [*map(_found, zip(map(_OUTCOMES.__getitem__, outcomes), record_ids, zip(*values, strict=True), strict=True))]


_OUTCOMES = {outcome.value: outcome for outcome in Outcome}
_found = partial(tuple.__new__, Found)  # without a call of Python for each row
