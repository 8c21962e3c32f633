"""What the override sources say about pairs of contact and product."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import compress
from typing import NamedTuple

from app.domain.definitions import Model, OverrideSource
from app.domain.prices import SourceAnswer, answers
from app.loaders.remembering import remembered
from app.store.price_walk import Route, routes
from app.store.prices import walk
from app.store.session import Session

Pair = tuple[int, str]  # contact id, product id


class Quote(NamedTuple):
    """What the sources of each system field say, in order of priority."""

    price: Sequence[SourceAnswer] = ()
    price_discount: Sequence[SourceAnswer] = ()


NATIVE = Quote()
_quote: Callable[[tuple[Sequence[SourceAnswer], Sequence[SourceAnswer]]], Quote] = partial(tuple.__new__, Quote)


async def quote(session: Session, model: Model, pairs: Sequence[Pair]) -> Mapping[Pair, Quote]:
    """Every source's answer for every pair whose contact there is: one statement for each distinct route, one at least,
    whatever the number of pairs."""
    said: dict[OverrideSource, list[SourceAnswer]] = {}
    known: Sequence[bool] = ()
    for route, sources in price_routes(model).items():
        known, outcomes, record_ids, values = await walk(session, route, pairs)
        for source, stored in zip(sources, values, strict=True):
            said[source] = answers(source, outcomes, record_ids, stored)
    prices, discounts = (
        _by_pair([said[source] for source in model.sources(field)], len(pairs)) for field in ("price", "price_discount")
    )
    quotes = map(_quote, zip(prices, discounts, strict=True))
    return dict(compress(zip(pairs, quotes, strict=True), known))


def _by_pair(columns: Sequence[list[SourceAnswer]], pairs: int) -> Sequence[Sequence[SourceAnswer]]:
    return list(zip(*columns, strict=True)) if columns else [()] * pairs


@remembered
def price_routes(model: Model) -> Mapping[Route, tuple[OverrideSource, ...]]:
    """The routes of the model's sources."""
    return routes(model, model.overrides)
