"""What the override sources say about pairs of contact and product."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import compress, repeat
from typing import NamedTuple

from app.domain.definitions import Model, OverrideSource
from app.domain.prices import SourceAnswer, answers, winning
from app.loaders.remembering import remembered
from app.store.price_walk import Route, routes
from app.store.prices import walk
from app.store.session import Session
from app.tables import Table

Pair = tuple[int, str]  # contact id, product id


class Quote(NamedTuple):
    """What the sources of each system field say of one pair, in order of priority."""

    price: Sequence[SourceAnswer] = ()
    price_discount: Sequence[SourceAnswer] = ()


class Quotes:
    """The same of many pairs, column by column: nearly always the amounts are all that is wanted."""

    def __init__(self, said: Sequence[Sequence[Table[SourceAnswer]]]) -> None:
        self._said = said  # of the price, of the reduced price

    def quote(self, place: int) -> Quote:
        return Quote(*([source[place] for source in field] for field in self._said))


Told = tuple[Decimal | None, Decimal | None, Quotes, int]
"""Of one pair: the amounts that won, for the price and the reduced price, and where there is more."""

NATIVE: Told = (None, None, Quotes(((), ())), 0)


def explained(told: Told) -> Quote:
    _, _, quotes, place = told
    return quotes.quote(place)


async def quote(session: Session, model: Model, pairs: Sequence[Pair]) -> Mapping[Pair, Told]:
    """Every source's answer for every pair whose contact there is: one statement for each distinct route, one at least,
    whatever the number of pairs."""
    said: dict[OverrideSource, Table[SourceAnswer]] = {}
    known: Sequence[bool] = ()
    for route, sources in price_routes(model).items():
        known, outcomes, record_ids, values = await walk(session, route, pairs)
        for source, stored in zip(sources, values, strict=True):
            said[source] = answers(source, outcomes, record_ids, stored)
    fields = [[said[source] for source in model.sources(field)] for field in ("price", "price_discount")]
    prices, discounts = (winning(field, len(pairs)) for field in fields)
    told = zip(pairs, zip(prices, discounts, repeat(Quotes(fields)), range(len(pairs)), strict=False), strict=True)
    return dict(told if all(known) else compress(told, known))


@remembered
def price_routes(model: Model) -> Mapping[Route, tuple[OverrideSource, ...]]:
    """The routes of the model's sources."""
    return routes(model, model.overrides)
