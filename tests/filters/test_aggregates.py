"""The database and the evaluator agree on aggregates: random groups, conditions on them, figures and orders of random
rows, of all of them and behind each of many parents. 640 of them in the ordinary run."""

from dataclasses import replace
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.aggregate_parser import SentKey, SentMeasure, SentRank, parse_aggregation, parse_measure
from app.domain.aggregates import Aggregation, Function, Unit
from app.domain.condition_parser import parse_condition
from app.domain.definitions import Target
from app.domain.entities import Entity, Kind, attribute, attribute_names, followed, of_definition
from app.domain.having import parse_having
from app.domain.operators import OPERATORS
from app.domain.periods import Calendar
from app.domain.problems import Code, Problem
from app.store import aggregates
from app.store.aggregates import Group
from tests.filters.aggregate_evaluator import chosen, figure, grouped, ordered, reached_kind, same, told
from tests.filters.evaluator import Row, World, fulfils
from tests.filters.questions import Questioner, entities
from tests.filters.test_differential import inhabited, rows, shard
from tests.filters.ways import take

EXAMPLES = 80  # in each shard, of each test
_LISTS = ("in", "between", "notBetween")


class Maker:
    """Makes up aggregates that mean something."""

    def __init__(self, world: World, random: Random, entity: Entity) -> None:
        self._world = world
        self._random = random
        self._entity = entity

    def path(self, entity: Entity | None = None) -> str:
        entity = entity or self._entity
        if entity.definition is None or self._random.random() < 0.8:
            return self._random.choice(attribute_names(entity))
        relation = self._random.choice(entity.definition.relationships).field
        return f"{relation}.{self._random.choice(attribute_names(followed(self._world.model, entity, relation)))}"

    def keys(self) -> list[SentKey]:
        """Without two of one field, which an order could not tell apart."""
        found: dict[str, SentKey] = {}
        for _ in range(self._random.choice([0, 1, 1, 1, 2, 3])):
            path = self.path()
            kind = reached_kind(self._world, self._entity, path)
            units = [*Unit] if kind in (Kind.DATE, Kind.DATETIME) else []
            key = SentKey(path, self._random.choice([*units, None]))
            aggregation, _ = self.parsed([key], [], [], {})
            if aggregation is not None:
                found[path] = key
        return [*found.values()]

    def measures(self, most: int = 5) -> list[SentMeasure]:
        found = [SentMeasure(Function.COUNT)]
        while len(found) < most:
            function = self._random.choice([*Function])
            measure = SentMeasure(function, self.path(), function is Function.COUNT and self._random.random() < 0.5)
            if parse_measure(self._world.model, self._entity, measure)[0] is not None:
                found.append(measure)
        return found[-self._random.randint(1, most) :]

    def ranks(self, keys: list[SentKey], measures: list[SentMeasure]) -> list[SentRank]:
        pool: list[Any] = [*(SentKey(key.path) for key in keys), *measures]
        flip = self._random.random
        return [
            SentRank(self._random.choice(pool), flip() < 0.5, flip() < 0.5)
            for _ in range(self._random.choice([0, 1, 2]))
        ]

    def having(self, depth: int = 2) -> Row:
        """A condition on groups."""
        match self._random.randrange(8) if depth else 7:
            case 0:
                return {"and": [self.having(depth - 1) for _ in range(self._random.randrange(3))]}
            case 1:
                return {"or": [self.having(depth - 1) for _ in range(self._random.randrange(3))]}
            case 2:
                return {"not": self.having(depth - 1)}
        [measure] = self.measures(1)
        if measure.function is Function.COUNT:
            operator = self._random.choice(["eq", "ne", "lt", "lte", "gt", "gte", "in", "between", "notBetween"])
            number = self._random.choice
            value: Any = [number([0, 1, 2, 3]), number([3, 9])] if operator in _LISTS else number([0, 1, 2, 3, 25])
            of = {"of": measure.path, "distinct": measure.distinct} if measure.path else {}
            return {"count": {operator: value, **of}}
        path = measure.path or ""
        return {measure.function.value.lower(): {path: self._compared(path, measure.function)}}

    def _compared(self, path: str, function: Function) -> Row:
        entity = self._entity
        *ways, name = path.split(".")
        for way in ways:
            entity = followed(self._world.model, entity, way)
        found = attribute(entity, name)
        if function in (Function.SUM, Function.AVG):
            found = replace(found, kind=Kind.DECIMAL)
        operator = self._random.choice(OPERATORS[found.kind])
        return {operator: Questioner(self._world, self._random).operand(entity, found, operator)}

    def parsed(
        self, keys: list[SentKey], measures: list[SentMeasure], ranks: list[SentRank], where: Row,
        having: Row | None = None,
    ) -> tuple[Aggregation | None, Problem | None]:  # fmt: skip
        world, calendar = self._world, Calendar(self._world.now, self._world.zone)
        condition, problem = parse_condition(world.model, self._entity, where, calendar)
        assert condition is not None, problem
        of_groups, problem = parse_having(world.model, self._entity, having or {}, calendar)
        assert of_groups is not None, problem
        read = [parse_measure(world.model, self._entity, each)[0] for each in measures]
        assert None not in read
        return parse_aggregation(
            world.model, self._entity, condition, keys, [each for each in read if each], ranks, str(world.zone),
            of_groups,
        )  # fmt: skip


def agree(
    world: World, entity: Entity, own: list[Row], asked: tuple[list[SentKey], list[SentMeasure], list[SentRank]],
    having: Row, found: list[Group], limit: int,
) -> bool:  # fmt: skip
    """The groups found are the first of those rows', in order, with the same figures. Whether the condition on them
    left some out, and some not."""
    keys, measures, ranks = asked
    kinds = [reached_kind(world, entity, key.path) if key.unit is None else Kind.DATE for key in keys]
    made = grouped(world, own, keys)
    expected = {key: rows for key, rows in made.items() if chosen(world, entity, rows, having)}
    in_order = ordered(world, expected, keys, ranks)[:limit]
    assert len(found) == len(in_order)
    for group, exact in zip(found, in_order, strict=True):
        assert all(same(kind, None, one, other) for kind, one, other in zip(kinds, group.keys, exact, strict=True))
        for measure, shown in zip(measures, group.values, strict=True):
            value = figure(world, expected[exact], measure)
            if measure.function is Function.COUNT:
                assert shown == value, measure
            elif isinstance(shown, Problem):
                assert shown.code is Code.OUT_OF_RANGE
                assert abs(value) > 1.7976931348623157e308
            else:
                assert same(reached_kind(world, entity, measure.path or ""), measure.function, shown, value), measure
    return 0 < len(expected) < len(made)


@pytest.mark.parametrize("seed", range(500, 504))
def test_aggregates_of_all_rows(admin_url: str, gateway_url: str, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    take(monkeypatch, seed)
    with inhabited(admin_url, gateway_url, seed) as (ask, world):

        def asked(number: int) -> bool:
            """Whether `having` chose some of several groups."""
            random = Random(number)
            entity = random.choice(entities(world))
            maker = Maker(world, random, entity)
            where = Questioner(world, random).condition(entity, depth=1, hops=1) if random.random() < 0.5 else {}
            keys, measures = maker.keys(), list(dict.fromkeys(maker.measures()))
            ranks, limit = maker.ranks(keys, measures), random.choice([2, 1000])
            having = maker.having() if random.random() < 0.5 else {}
            aggregation, problem = maker.parsed(keys, measures, ranks, where, having)
            assert aggregation is not None, problem
            own = [row for row in rows(world, entity).values() if fulfils(world, row, where)]
            found = ask(lambda session: aggregates.groups(session, aggregation, limit))
            telling.append(len(found) > 1)
            return agree(world, entity, own, (keys, measures, ranks), having, found, limit)

        @shard(EXAMPLES)
        @given(st.integers(0, 2**64))
        def follow(number: int) -> None:
            choosing.append(asked(number))

        telling: list[bool] = []
        choosing: list[bool] = []
        follow()
        assert sum(telling) > 0.25 * len(telling)
        assert any(choosing) or any(map(asked, range(1_000)))  # a world that seldom chooses is asked until it does


@pytest.mark.parametrize("seed", range(504, 508))
def test_aggregates_behind_parents(admin_url: str, gateway_url: str, seed: int) -> None:
    with inhabited(admin_url, gateway_url, seed) as (ask, world):

        @shard(EXAMPLES)
        @given(st.integers(0, 2**64))
        def follow(number: int) -> None:
            random = Random(number)
            definition = random.choice(world.model.definitions)
            entity, relation = of_definition(definition), random.choice(definition.relationships)
            maker = Maker(world, random, entity)
            where = Questioner(world, random).condition(entity, depth=1, hops=1) if random.random() < 0.3 else {}
            keys, measures = maker.keys(), list(dict.fromkeys(maker.measures()))
            ranks, limit = maker.ranks(keys, measures), random.choice([2, 1000])
            having = maker.having() if random.random() < 0.5 else {}
            aggregation, problem = maker.parsed(keys, measures, ranks, where, having)
            assert aggregation is not None, problem
            values: list[Any] = [*world.contacts, *world.records, 8_000_000_000]
            if relation.target is Target.PRODUCTS:
                values = [*world.products, "gone"]
            found = ask(lambda session: aggregates.groups_behind(session, aggregation, relation.field, values, limit))
            for value in values:
                own = [
                    row for row in rows(world, entity).values()
                    if row.get(relation.field) == value and fulfils(world, row, where)
                ]  # fmt: skip
                agree(world, entity, own, (keys, measures, ranks), having, found.get(value, []), limit)
            telling.append(any(len(groups) > 1 or not keys for groups in found.values()))

        telling: list[bool] = []
        follow()
        assert sum(telling) > 0.25 * len(telling)


def test_the_evaluator_reads_shortest_decimals() -> None:
    for wrong in ("1.0", "1.", "1E3"):
        with pytest.raises(AssertionError):
            told(Kind.DECIMAL, wrong)
