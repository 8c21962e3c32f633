"""What the override sources say about pairs of contact and product."""

from collections.abc import Mapping, Sequence

from app.domain.definitions import Model
from app.domain.prices import SourceAnswer, answer
from app.store.price_walk import routes
from app.store.prices import walk
from app.store.session import Session

Pair = tuple[int, str]  # contact id, product id
Quote = dict[str, list[SourceAnswer]]  # by system field, in order of priority


async def quote(session: Session, model: Model, pairs: Sequence[Pair]) -> Mapping[Pair, Quote]:
    """Every source's answer for every pair: one statement for each distinct route, whatever the number of pairs."""
    quotes: dict[Pair, Quote] = {pair: {"price": [], "price_discount": []} for pair in pairs}
    for route, sources in routes(model, model.overrides).items():
        for pair, found in zip(pairs, await walk(session, route, pairs), strict=True):
            for source, stored in zip(sources, found.values, strict=True):
                said = answer(source, found.outcome, found.record_id, stored)
                quotes[pair][source.system_field].append(said)
    return quotes
