"""The database and the evaluator agree on aggregates: random groups, figures and orders of random rows, of all of them
and behind each of many parents. 640 of them in the ordinary run."""

from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.aggregate_parser import SentKey, SentMeasure, SentRank, parse_aggregation, parse_measure
from app.domain.aggregates import Aggregation, Function, Unit
from app.domain.condition_parser import parse_condition
from app.domain.definitions import Target
from app.domain.entities import Entity, Kind, attribute_names, followed, of_definition
from app.domain.periods import Calendar
from app.domain.problems import Code, Problem
from app.store import aggregates
from app.store.aggregates import Group
from tests.filters.aggregate_evaluator import figure, grouped, ordered, reached_kind, same, told
from tests.filters.evaluator import Row, World, fulfils
from tests.filters.questions import Questioner, entities
from tests.filters.test_differential import inhabited, rows, shard
from tests.filters.ways import take

EXAMPLES = 80  # in each shard, of each test


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

    def parsed(
        self, keys: list[SentKey], measures: list[SentMeasure], ranks: list[SentRank], where: Row
    ) -> tuple[Aggregation | None, Problem | None]:
        world = self._world
        condition, problem = parse_condition(world.model, self._entity, where, Calendar(world.now, world.zone))
        assert condition is not None, problem
        read = [parse_measure(world.model, self._entity, each)[0] for each in measures]
        assert None not in read
        return parse_aggregation(
            world.model, self._entity, condition, keys, [each for each in read if each], ranks, str(world.zone)
        )


def agree(
    world: World, entity: Entity, own: list[Row], asked: tuple[list[SentKey], list[SentMeasure], list[SentRank]],
    found: list[Group], limit: int,
) -> None:  # fmt: skip
    """The groups found are the first of those rows', in order, with the same figures."""
    keys, measures, ranks = asked
    kinds = [reached_kind(world, entity, key.path) if key.unit is None else Kind.DATE for key in keys]
    expected = grouped(world, own, keys)
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


@pytest.mark.parametrize("seed", range(500, 504))
def test_aggregates_of_all_rows(admin_url: str, gateway_url: str, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    take(monkeypatch, seed)
    with inhabited(admin_url, gateway_url, seed) as (ask, world):

        @shard(EXAMPLES)
        @given(st.integers(0, 2**64))
        def follow(number: int) -> None:
            random = Random(number)
            entity = random.choice(entities(world))
            maker = Maker(world, random, entity)
            where = Questioner(world, random).condition(entity, depth=1, hops=1) if random.random() < 0.5 else {}
            keys, measures = maker.keys(), list(dict.fromkeys(maker.measures()))
            ranks, limit = maker.ranks(keys, measures), random.choice([2, 1000])
            aggregation, problem = maker.parsed(keys, measures, ranks, where)
            assert aggregation is not None, problem
            own = [row for row in rows(world, entity).values() if fulfils(world, row, where)]
            found = ask(lambda session: aggregates.groups(session, aggregation, limit))
            agree(world, entity, own, (keys, measures, ranks), found, limit)
            telling.append(len(found) > 1)

        telling: list[bool] = []
        follow()
        assert sum(telling) > 0.4 * len(telling)


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
            aggregation, problem = maker.parsed(keys, measures, ranks, where)
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
                agree(world, entity, own, (keys, measures, ranks), found.get(value, []), limit)
            telling.append(any(len(groups) > 1 or not keys for groups in found.values()))

        telling: list[bool] = []
        follow()
        assert sum(telling) > 0.3 * len(telling)


def test_the_evaluator_reads_shortest_decimals() -> None:
    for wrong in ("1.0", "1.", "1E3"):
        with pytest.raises(AssertionError):
            told(Kind.DECIMAL, wrong)
