"""The SQL of a price walk, composed from typed fragments: from the contact's end to the source, one row per hop.

Every hop is a lateral "limit 1" on an index, which the planner can neither flatten nor turn into a hash of the whole
price list. Ids and field names are parameters, slots are names known to `columns`: the text depends on the shape of the
route alone, so that prepared statements are shared.

Two columns lead to a price, and each has an index of its own. When statistics are missing, or are those of other shops'
data, the planner may think one of these as good and read hundreds of rows for each price. So the price index is asked
for by bounds on both columns together, in its own order; and "ref1 is not null" must not be said, nor be a predicate of
that index: it would admit the index on ref1.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from app.domain.definitions import Definition, FieldType, Model, OverrideSource
from app.domain.paths import Hop, parse_path
from app.store.columns import relation_column
from app.store.statements import Statement

_WALK = """\
with walked as materialized (
    select c.id as contact, {outcome} as outcome, {reached} as reached,
           exists (select from contacts where shop_id = $1 and id = c.id) as known
    from unnest($2::text::bigint[]) as c (id){steps}
)
select w.known, coalesce(w.outcome, case when p.id is null then 'NO_RECORD' else 'WON' end) as outcome, p.id{values}
from unnest($3::text::bigint[], $4::text::text[]) with ordinality as pair (contact, product, place)
join walked w on w.contact = pair.contact{source}
order by pair.place"""

_ROW = """
left join lateral (
    select {columns} from records r
    where r.shop_id = $1 and r.definition_id = {definition} and r.{column} = {reached}{also}
    order by {order}r.id desc limit 1) {alias} on true"""

_PRICE_INDEX = ("ref1", "product1")
_PRICES = """records r
    where r.shop_id = $1 and r.definition_id = {definition} and r.product1 is not null
      and (r.ref1, r.product1) >= (w.reached, pair.product) and (r.ref1, r.product1) <= (w.reached, pair.product)
    order by r.ref1 desc, r.product1 desc, r.id desc"""
_PRICE_ROW = f"""
left join lateral (
    select {{columns}} from {_PRICES} limit 1) p on true"""
_LATEST_PRICE_ROW = f"""
left join lateral (
    select {{columns}} from (
    select r.id, r.data from {_PRICES}) r
    order by {{order}}r.id desc limit 1) p on true"""


@dataclass(frozen=True, slots=True)
class Latest:
    """By which field the latest of several rows is taken; the highest id breaks ties. The exact value is compared."""

    field: str
    type: str  # numeric or timestamptz


@dataclass(frozen=True, slots=True)
class Step:
    """To the row of a definition whose `column` holds what was reached so far: a slot where a relation is taken
    backward, "id" where it is followed. From that row `onward` leads to the next one: its id, or a relation's slot."""

    definition_id: int
    column: str
    onward: str = "id"
    latest: Latest | None = None


@dataclass(frozen=True, slots=True)
class Route:
    """The steps from a contact to the linking records, the last one to a source's record of a product, and the fields
    wanted of that. Sources that differ in their field only share a route."""

    links: tuple[Step, ...]
    source: Step
    product: str  # the source's slot that holds the product
    fields: tuple[str, ...]


def routes(model: Model, sources: Iterable[OverrideSource]) -> dict[Route, tuple[OverrideSource, ...]]:
    """The distinct routes, each with the sources that share it, in the order of the route's fields."""
    shared: dict[tuple[object, ...], list[OverrideSource]] = {}
    for source in sources:
        way = (source.definition_id, source.contact_path, source.product_field, source.latest_by)
        shared.setdefault(way, []).append(source)
    return {_route(model, together): tuple(together) for together in shared.values()}


def _route(model: Model, together: list[OverrideSource]) -> Route:
    source = together[0]
    definition = model.by_id[source.definition_id]
    *links, last = _steps(model, definition, source)
    product = relation_column(definition, source.product_field).name
    return Route(tuple(links), last, product, tuple(each.field for each in together))


def _steps(model: Model, definition: Definition, source: OverrideSource) -> list[Step]:
    path, problem = parse_path(model, definition, source.contact_path)
    if path is None:
        raise ValueError(f"override source of definition {definition.id} has lost its way: {problem}")
    # built from the source, walked from the contact
    at, steps = definition.id, [] if path.hops[0].forward else [Step(definition.id, "id")]
    onward = "id"
    for hop in path.hops:
        slot = relation_column(model.by_id[hop.holder], hop.field).name
        if hop.forward:
            steps.append(Step(at, slot, onward, _latest(model, hop, source.latest_by)))
            onward = "id"
        else:
            steps.append(Step(at, "id", onward))
            onward = slot
        at = hop.reaches if hop.reaches is not None else at
    return steps[::-1]


def _latest(model: Model, hop: Hop, latest_by: str | None) -> Latest | None:
    owner, _, name = (latest_by or "").partition(".")
    if owner != str(hop.holder):
        return None
    dated = model.by_id[hop.holder].field[name].type in (FieldType.DATE, FieldType.DATETIME)
    return Latest(name, "timestamptz" if dated else "numeric")


@lru_cache(maxsize=2_000)
def compose(route: Route) -> tuple[Statement, tuple[Any, ...]]:
    """The route's statement, and its parameters from $5 on. $2 holds the distinct contacts, $3 and $4 the contact and
    product of each pair. A row per pair, in order: whether there is such a contact, outcome, record id, the fields'
    stored values as text."""
    text = _Text()
    links = [text.link(n, step) for n, step in enumerate(route.links, 1)]
    faults = "".join(_fault(n, step) for n, step in enumerate(route.links, 1))
    sql = _WALK.format(
        outcome=f"case{faults} end" if faults else "null::text",
        reached=_reached(len(links)),
        steps="".join(links),
        values="".join(f", p.v{n}" for n, _ in enumerate(route.fields, 1)),
        source=text.source(route),
    )
    return Statement("prices.walk", sql), tuple(text.parameters)


def _reached(n: int) -> str:
    """What leads on after n rows."""
    return f"s{n}.onward" if n else "c.id"


def _fault(n: int, step: Step) -> str:
    """Why a walk ends at its n-th row."""
    if step.column != "id":
        return f" when s{n}.id is null then 'NO_LINK'"
    return f" when s{n - 1}.onward is null then 'NO_LINK' when s{n}.id is null then 'DANGLING'"


class _Text:
    """Numbers the parameters while a statement's text is put together."""

    def __init__(self) -> None:
        self.parameters: list[Any] = []

    def parameter(self, value: Any) -> str:
        self.parameters.append(value)
        return f"${len(self.parameters) + 4}"

    def link(self, n: int, step: Step) -> str:
        return _ROW.format(
            columns=f"r.id, r.{step.onward} as onward", column=step.column, reached=_reached(n - 1), also="",
            alias=f"s{n}", **self._common(step),
        )  # fmt: skip

    def source(self, route: Route) -> str:
        step = route.source
        values = [f"r.data ->> {self.parameter(field)} as v{n}" for n, field in enumerate(route.fields, 1)]
        columns = ", ".join(["r.id", *values])
        if (step.column, route.product) == _PRICE_INDEX:
            row = _LATEST_PRICE_ROW if step.latest else _PRICE_ROW
            return row.format(columns=columns, **self._common(step))
        return _ROW.format(
            columns=columns, column=step.column, reached="w.reached", also=f" and r.{route.product} = pair.product",
            alias="p", **self._common(step),
        )  # fmt: skip

    def _common(self, step: Step) -> dict[str, str]:
        definition = f"{self.parameter(step.definition_id)}::bigint"
        if step.latest is None:
            return {"definition": definition, "order": ""}
        order = f"(r.data ->> {self.parameter(step.latest.field)})::{step.latest.type} desc nulls last, "
        return {"definition": definition, "order": order}
