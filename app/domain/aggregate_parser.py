"""Aggregates as they are sent, read into trees: the only place that knows what may be grouped, measured and ranked."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.domain import limits
from app.domain.aggregates import Aggregation, Function, GroupKey, Measure, Rank, Reached, Unit
from app.domain.conditions import TRUE, Condition
from app.domain.definitions import Model
from app.domain.entities import Entity, Kind
from app.domain.orders import UNORDERED, reach
from app.domain.problems import Code, Problem, Unfit

SUMMED = (Kind.NUMBER, Kind.DECIMAL)
_IN_TIME = (Kind.DATE, Kind.DATETIME)
COMPARED = (*UNORDERED, Kind.BOOLEAN)  # these have no smallest and no largest


@dataclass(frozen=True, slots=True)
class SentKey:
    """What to group by. `path` leads along relations: "contact_id.lang"."""

    path: str
    unit: Unit | None = None


@dataclass(frozen=True, slots=True)
class SentMeasure:
    """A figure. Only COUNT goes without a path: then it is that of the rows."""

    function: Function
    path: str | None = None
    distinct: bool = False


@dataclass(frozen=True, slots=True)
class SentRank:
    """What to order groups by: the key of that path, or a measure."""

    by: SentKey | SentMeasure
    descending: bool = False
    nulls_first: bool = False


def parse_aggregation(
    model: Model, entity: Entity, condition: Condition, keys: Sequence[SentKey], measures: Sequence[Measure],
    ranks: Sequence[SentRank], zone: str, having: Condition = TRUE,
) -> tuple[Aggregation | None, Problem | None]:  # fmt: skip
    """What was asked of rows that fulfil a condition, or what is wrong with it. `measures` and `having` are read
    already."""
    for sent, most, name in (
        (keys, limits.GROUP_FIELDS, "groupBy"), (ranks, limits.ORDER_FIELDS, "orderBy"),
        (measures, limits.MEASURES, "groups"),
    ):  # fmt: skip
        if len(sent) > most:
            return None, Problem(Code.LIMIT_EXCEEDED, f"{len(sent)} were sent; at most {most} fit.", name)
    path = ""
    try:
        read_keys, read_ranks = [], []
        for index, key in enumerate(keys):
            path = f"groupBy.{index}"
            read_keys.append(_key(model, entity, key))
        for index, rank in enumerate(ranks):
            path = f"orderBy.{index}"
            by = _rank(model, entity, rank.by, keys, read_keys)
            read_ranks.append(Rank(by, rank.descending, rank.nulls_first))
    except Unfit as unfit:
        return None, Problem(unfit.problem.code, unfit.problem.message, path)
    return Aggregation(entity, condition, tuple(read_keys), tuple(measures), tuple(read_ranks), zone, having), None


def parse_measure(model: Model, entity: Entity, sent: SentMeasure) -> tuple[Measure | None, Problem | None]:
    """One figure that was asked for, or what is wrong with it."""
    try:
        return read_measure(model, entity, sent), None
    except Unfit as unfit:
        return None, unfit.problem


def _key(model: Model, entity: Entity, sent: SentKey) -> GroupKey:
    of = _reached(model, entity, sent.path)
    if of.kind in UNORDERED:
        raise _unfit(of, "nothing is grouped by that")
    if sent.unit is not None and of.kind not in _IN_TIME:
        raise _unfit(of, f"only DATE and DATETIME fall in a {sent.unit.value}")
    return GroupKey(of, sent.unit)


def read_measure(model: Model, entity: Entity, sent: SentMeasure) -> Measure:
    """The same. Raises Unfit."""
    if sent.path is None:
        if sent.function is not Function.COUNT or sent.distinct:
            raise Unfit(Code.INVALID_AGGREGATE, "Name the field whose values are meant.")
        return Measure(Function.COUNT)
    of = _reached(model, entity, sent.path)
    if sent.function in (Function.SUM, Function.AVG) and of.kind not in SUMMED:
        raise _unfit(of, "only NUMBER and DECIMAL are summed up")
    if sent.function in (Function.MIN, Function.MAX) and of.kind in COMPARED:
        raise _unfit(of, "it has no smallest and no largest")
    if sent.distinct and of.kind in UNORDERED:
        raise _unfit(of, "its different values are not counted")
    return Measure(sent.function, of, sent.distinct)


def _rank(
    model: Model, entity: Entity, sent: SentKey | SentMeasure, keys: Sequence[SentKey], read: Sequence[GroupKey]
) -> GroupKey | Measure:
    if isinstance(sent, SentMeasure):
        return read_measure(model, entity, sent)
    for key, found in zip(keys, read, strict=True):
        if key.path == sent.path and sent.unit in (None, key.unit):
            return found
    grouped = ", ".join(key.path for key in keys) or "nothing"
    raise Unfit(Code.INVALID_ORDER, f"{sent.path[:50]!r} is no key of the groups: they are grouped by {grouped}.")


def _reached(model: Model, entity: Entity, path: str) -> Reached:
    return Reached(*reach(model, entity, path))


def _unfit(of: Reached, why: str) -> Unfit:
    field = of.attribute.field
    kind = field.type.value if field is not None else of.kind.name
    return Unfit(Code.INVALID_AGGREGATE, f"{of.attribute.name} is {kind}: {why}. Choose another field.")
