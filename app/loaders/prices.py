"""What the override sources say about pairs of contact and product."""

from collections.abc import Mapping, Sequence

from app.domain.definitions import Model
from app.domain.prices import SourceAnswer, answer
from app.store.price_walk import routes
from app.store.prices import walk
from app.store.session import Session

Pair = tuple[int, str]  # contact id, product id
Quote = Mapping[str, Sequence[SourceAnswer]]  # by system field


async def quote(session: Session, model: Model, pairs: Sequence[Pair]) -> Mapping[Pair, Quote]:
    """Every source's answer for every pair: one statement for each distinct route, whatever the number of pairs."""
    columns: dict[str, list[list[SourceAnswer]]] = {"price": [], "price_discount": []}
    for route, sources in routes(model, model.overrides).items():
        found = await walk(session, route, pairs)
        for place, source in enumerate(sources):
            said = [answer(source, each.outcome, each.record_id, each.values[place]) for each in found]
            columns[source.system_field].append(said)
    prices, discounts = (_by_pair(column, len(pairs)) for column in columns.values())
    return {
        pair: {"price": price, "price_discount": discount}
        for pair, price, discount in zip(pairs, prices, discounts, strict=True)
    }


def _by_pair(columns: Sequence[list[SourceAnswer]], pairs: int) -> Sequence[Sequence[SourceAnswer]]:
    return list(zip(*columns, strict=True)) if columns else [()] * pairs
