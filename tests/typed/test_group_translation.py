"""Groups in typed form mean what they mean in general form: random keys, orders and conditions on figures, each asked
both ways. And the groups that typed conditions choose are those that the evaluator in plain Python chooses."""

from collections.abc import Iterator
from random import Random
from typing import Any

import pytest
from graphql import GraphQLSchema, coerce_input_value
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain import naming
from app.domain.aggregate_parser import SentKey, SentMeasure, SentRank
from app.domain.aggregates import Function, Unit
from app.domain.definitions import Target
from app.domain.entities import Entity, Kind, followed
from app.domain.having import parse_having
from app.graphql.schema import schema as core
from app.graphql.typed.entities import type_name
from app.store import aggregates
from tests.filters.aggregate_evaluator import reached_kind
from tests.filters.evaluator import World, fulfils
from tests.filters.questions import Questioner, entities
from tests.filters.test_aggregates import Maker, agree
from tests.filters.test_differential import inhabited, rows, shard
from tests.typed.test_translation import CALENDAR, WORLDS, schema_of

EXAMPLES = 60  # in each shard, of the test that asks the database
_SUMS = ("sum", "avg")
_TOO_LARGE = 2**31 - 1  # of whole numbers: versions are integers of 32 bits in typed form


class Typist:
    """Writes what is asked of an entity's groups as a client with generated types does."""

    def __init__(self, world: World, entity: Entity, schema: GraphQLSchema) -> None:
        self._world = world
        self._entity = entity
        self._schema = schema

    def fit(self, sent: dict[str, Any]) -> dict[str, Any]:
        """A condition on groups, in general form, without what types do not have: counts along relations. NUMBER is
        compared with numbers."""
        found: dict[str, Any] = {}
        for key, value in sent.items():
            match key:
                case "and" | "or":
                    found[key] = [*map(self.fit, value)]
                case "not":
                    found[key] = self.fit(value)
                case "count":
                    along = "." in value.get("of", "")
                    found[key] = {word: each for word, each in value.items() if not along or word not in _OF}
                case _:
                    found[key] = {path: self._fit(key, path, asked) for path, asked in value.items()}
        return found

    def _fit(self, word: str, path: str, asked: dict[str, Any]) -> dict[str, Any]:
        kind = reached_kind(self._world, self._entity, path)

        def value(sent: Any) -> Any:
            if isinstance(sent, list):
                return [*map(value, sent)]
            if isinstance(sent, str | int) and not isinstance(sent, bool) and word in _SUMS and kind is Kind.NUMBER:
                return float(sent)
            return min(sent, _TOO_LARGE) if isinstance(sent, int) and path.split(".")[-1] == "version" else sent

        return {operator: value(sent) for operator, sent in asked.items()}

    def having(self, sent: dict[str, Any]) -> dict[str, Any]:
        """The same as `fit`, typed."""
        found: dict[str, Any] = {}
        for key, value in sent.items():
            match key:
                case "and" | "or":
                    found[key] = [*map(self.having, value)]
                case "not":
                    found[key] = self.having(value)
                case "count":
                    found[key] = value | ({"of": self._name(self._entity, value["of"])} if "of" in value else {})
                case _:
                    [(path, asked)] = value.items()
                    operands = {operator: _operand(operator, each) for operator, each in asked.items()}
                    found[key] = self.along(self._entity, path, operands)
        return found

    def along(self, entity: Entity, path: str, leaf: Any) -> dict[str, Any]:
        """What is said of a path, as objects inside each other."""
        way, dot, rest = path.partition(".")
        if not dot:
            return {self._name(entity, way): leaf}
        return {naming.object_name(way): self.along(followed(self._world.model, entity, way), rest, leaf)}

    def taken(self, suffix: str, sent: Any) -> Any:
        """What the gateway makes of an input."""
        kind: Any = self._schema.get_type(f"{type_name(self._entity)}{suffix}")
        return coerce_input_value(sent, kind)

    @staticmethod
    def _name(entity: Entity, name: str) -> str:
        return "idProduct" if (entity.target, name) == (Target.PRODUCTS, "id") else naming.field_name(name)


_OF = ("of", "distinct")


def _operand(operator: str, value: Any) -> Any:
    if operator in ("within", "before", "after") and isinstance(value, str):
        return {"moment" if "T" in value else "day": value}
    return value


def asked(number: int) -> tuple[World, Entity, Maker, Typist]:
    random = Random(number)
    world = random.choice(WORLDS)
    entity = random.choice(entities(world))
    return world, entity, Maker(world, random, entity), Typist(world, entity, schema_of(world.model))


@settings(max_examples=300)
@given(st.integers(0, 2**64))
def test_conditions_on_groups_mean_the_same(number: int) -> None:
    world, entity, maker, typist = asked(number)
    sent = typist.fit(maker.having())
    expected, problem = parse_having(world.model, entity, sent, CALENDAR)
    assert expected is not None, problem
    assert parse_having(world.model, entity, typist.taken("Having", typist.having(sent)), CALENDAR) == (expected, None)


@settings(max_examples=200)
@given(st.integers(0, 2**64))
def test_keys_and_orders_mean_the_same(number: int) -> None:
    world, entity, maker, typist = asked(number)
    keys = maker.keys()
    for key in (_with_unit(world, entity, each) for each in keys):
        taken = typist.taken("GroupBy", typist.along(entity, key.path, key.unit.value if key.unit else "VALUE"))
        assert SentKey(taken.field, taken.unit) == key
    for rank in _typed_ranks(maker.ranks(keys, maker.measures())):
        word = "key" if isinstance(rank.by, SentKey) else rank.by.function.value.lower()
        how = f"{'DESC' if rank.descending else 'ASC'}{'_NULLS_FIRST' if rank.nulls_first else ''}"
        sent = how if rank.by.path is None else typist.along(entity, rank.by.path, how)
        taken = typist.taken("AggregateOrderBy", {word: sent})
        assert (taken.by.value.lower(), taken.field) == (word, rank.by.path)
        assert (taken.direction.value == "DESC", taken.nulls.value == "FIRST") == (rank.descending, rank.nulls_first)


def _with_unit(world: World, entity: Entity, key: SentKey) -> SentKey:
    """Days and moments are grouped by units in typed form."""
    in_time = reached_kind(world, entity, key.path) in (Kind.DATE, Kind.DATETIME)
    return SentKey(key.path, key.unit or Unit.DAY) if in_time else key


def _typed_ranks(ranks: list[SentRank]) -> Iterator[SentRank]:
    """But those by a count of values."""
    for rank in ranks:
        counted = isinstance(rank.by, SentMeasure) and rank.by.function is Function.COUNT
        if not counted or rank.by.path is None:
            yield rank


@pytest.mark.parametrize("seed", range(510, 514))
def test_the_evaluator_chooses_the_same_groups(admin_url: str, gateway_url: str, seed: int) -> None:
    with inhabited(admin_url, gateway_url, seed) as (ask, world):
        schema = core.of_shop(world.model.definitions, contact=False)._schema

        @shard(EXAMPLES)
        @given(st.integers(0, 2**64))
        def follow(number: int) -> None:
            random = Random(number)
            entity = random.choice(entities(world))
            maker, typist = Maker(world, random, entity), Typist(world, entity, schema)
            where = Questioner(world, random).condition(entity, depth=1, hops=1) if random.random() < 0.3 else {}
            keys, measures = maker.keys(), list(dict.fromkeys(maker.measures()))
            having = typist.fit(maker.having())
            taken = typist.taken("Having", typist.having(having))
            aggregation, problem = maker.parsed(keys, measures, [], where, taken)
            assert aggregation is not None, problem
            own = [row for row in rows(world, entity).values() if fulfils(world, row, where)]
            found = ask(lambda session: aggregates.groups(session, aggregation, 1_000))
            agree(world, entity, own, (keys, measures, []), having, found, 1_000)
            kept.append(len(found))

        kept: list[int] = []
        follow()
        assert any(kept)
        assert not all(kept)
