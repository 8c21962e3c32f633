"""Aggregates: of contacts, products, the records of a definition, and the records behind each of many parents."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, cast

from app.domain import limits
from app.domain.aggregate_parser import SentKey, SentMeasure, SentRank, parse_aggregation, parse_measure
from app.domain.aggregates import Aggregation, Function, Measure
from app.domain.conditions import TRUE, Condition
from app.domain.definitions import Definition, Model
from app.domain.entities import Entity, of_definition
from app.domain.having import parse_having
from app.domain.orders import Direction, Nulls
from app.domain.problems import Problem
from app.execution import Column
from app.graphql.access import only_keys
from app.graphql.aggregate_types import Aggregate, Aggregates, GroupBy, GroupFigure, GroupOrder, ShownGroup
from app.graphql.context import Info
from app.graphql.errors import Refusal, limit
from app.graphql.listing import refuse_where, understood
from app.graphql.measuring import selected
from app.graphql.nested import Ways
from app.graphql.records import find_definition
from app.graphql.scalars import JSON
from app.graphql.typed.translated import TypedGroupOrder, TypedKey
from app.loaders.asked import Asked
from app.loaders.operation import AggregateKey
from app.store import aggregates as store
from app.store.aggregates import Group


class GroupArguments(NamedTuple):
    """What a field was asked for. `selected` tells the figures that a selection asks for."""

    where: JSON | None
    group_by: Sequence[GroupBy | TypedKey] | None
    order_by: Sequence[GroupOrder | TypedGroupOrder] | None
    first: int | None
    having: JSON | None = None
    selected: Callable[[Info], Sequence[SentMeasure]] = selected


class _Question(NamedTuple):
    """What was asked, understood; `first` groups are shown."""

    aggregation: Aggregation
    keys: list[SentKey]
    places: dict[SentMeasure, int | Problem]
    first: int


async def aggregate(info: Info, entity: Entity, asked: GroupArguments) -> Aggregates:
    """The groups of all rows of an entity."""
    question = await _understood(info, entity, asked)
    return _shown(question, await store.groups(info.context.session, question.aggregation, question.first + 1))


async def aggregate_records(info: Info, definition: str, asked: GroupArguments) -> Aggregates:
    return await aggregate(info, of_definition(await find_definition(info, definition)), asked)


async def aggregate_behind(info: Info, definition: Definition, ways: Ways, asked: GroupArguments) -> Column[Aggregates]:
    """For each parent the groups of its records."""
    only_keys(info)
    question = await _understood(info, of_definition(definition), asked)
    told = (definition.id, asked.where, _sent_keys(asked), _sent_ranks(asked), list(question.places), asked.having)
    same = Asked(repr(told), question.aggregation)
    keys = [None if isinstance(way, Exception) else AggregateKey(same, *way, question.first + 1) for way in ways]
    found = await info.context.loaders.aggregates.load_many(keys)
    return [
        way if isinstance(way, Exception) else _shown(question, groups or ())
        for way, groups in zip(ways, found, strict=True)
    ]


async def _understood(info: Info, entity: Entity, asked: GroupArguments) -> _Question:
    """Raises Refusal, which tells where something is wrong; a wrong figure fails by itself, where it is told."""
    first = _first(asked.first)
    condition = (await understood(info, entity, asked.where, None)).condition
    model = await info.context.model()
    measures, places = _measures(model, entity, asked.selected(info))
    keys, having = _sent_keys(asked), _having(info, model, entity, asked.having)
    aggregation, problem = parse_aggregation(
        model, entity, condition, keys, measures, _sent_ranks(asked), info.context.shop.time_zone, having
    )
    if aggregation is None:
        refuse_where(problem)
    return _Question(aggregation, keys, places, first)


def _having(info: Info, model: Model, entity: Entity, sent: JSON | None) -> Condition:
    if sent is None:
        return TRUE
    having, problem = parse_having(model, entity, sent, info.context.calendar)
    if having is None:
        refuse_where(problem, sent)
    return having


def _measures(
    model: Model, entity: Entity, sent: Sequence[SentMeasure]
) -> tuple[list[Measure], dict[SentMeasure, int | Problem]]:
    """The figures that can be told, and where each that was asked for stands among them, or what is wrong with it."""
    measures: dict[Measure, int] = {}
    places: dict[SentMeasure, int | Problem] = {}
    for each in sent:
        measure, problem = parse_measure(model, entity, each)
        places[each] = cast(Problem, problem) if measure is None else measures.setdefault(measure, len(measures))
    return [*measures], places


def _first(sent: int | None) -> int:
    first = limits.DEFAULT_GROUPS if sent is None else sent
    if not 1 <= first <= limits.GROUPS:
        message = f"first is {first}; it may be 1 to {limits.GROUPS:,} groups."
        raise Refusal("LIMIT_EXCEEDED", message, **limit("first", first, limits.GROUPS))
    return first


def _sent_keys(asked: GroupArguments) -> list[SentKey]:
    return [SentKey(each.field, each.unit) for each in asked.group_by or ()]


def _sent_ranks(asked: GroupArguments) -> list[SentRank]:
    return [
        SentRank(_ranked(each), each.direction is Direction.DESC, each.nulls is Nulls.FIRST)
        for each in asked.order_by or ()
    ]


def _ranked(sent: GroupOrder | TypedGroupOrder) -> SentKey | SentMeasure:
    if sent.by is not GroupFigure.KEY:
        return SentMeasure(Function[sent.by.name], sent.field)
    if sent.field is None:
        raise Refusal("INVALID_ORDER", "orderBy: name the field of the key to order by.")
    return SentKey(sent.field)


def _shown(question: _Question, groups: Sequence[Group]) -> Aggregates:
    nodes: Any = [ShownGroup(group, question.keys, question.places) for group in groups[: question.first]]
    return Aggregates(groups=cast(list[Aggregate], nodes), has_more=len(groups) > question.first)
