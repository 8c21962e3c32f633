"""The database and the evaluator agree on what fulfils a condition: random definitions, rows and conditions.

1,200 conditions in the ordinary run, in shards that pytest-xdist spreads over cores, each with a shop of its own.
`FILTER_EXAMPLES=50000` (any number) makes it a long run.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from app.domain.condition_parser import parse_condition
from app.domain.conditions import Condition
from app.domain.definitions import Definition
from app.domain.entities import Entity
from app.domain.orders import Order
from app.domain.periods import Calendar
from app.domain.problems import Code
from app.store import records
from app.store.administration import administering
from app.store.database import Database
from app.store.listing import Listing, count, page
from app.store.matching import State, matching
from app.store.paging import Page
from app.store.session import Session
from app.store.shops import create_shop
from tests.filters.evaluator import Row, World, fulfils
from tests.filters.questions import Questioner, entities
from tests.filters.ways import take
from tests.filters.worlds import random_world

Ask = Callable[..., Any]  # runs a question in a session; one with `write` in one that writes

EXAMPLES = int(os.environ.get("FILTER_EXAMPLES", "1200"))
SHARDS = 8


@contextmanager
def inhabited(admin_url: str, gateway_url: str, seed: int) -> Iterator[tuple[Ask, World]]:
    """A random world in a shop of its own, and what asks it on a loop of its own."""

    async def begin() -> tuple[Database, int, World]:
        async with administering(admin_url) as connection:
            shop = await create_shop(connection, "random")
        database = await Database.connect(gateway_url, size=2)
        world = await random_world(database, shop.id, seed)
        return database, shop.id, world

    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        database, shop_id, world = runner.run(begin())

        async def ask(question: Callable[[Session], Awaitable[Any]], *, write: bool) -> Any:
            async with (database.writing if write else database.reading)(shop_id) as session:
                return await question(session)

        try:
            yield lambda question, write=False: runner.run(ask(question, write=write)), world
        finally:
            runner.run(database.close())


async def found(session: Session, world: World, entity: Entity, sent: Any) -> list[Any]:
    """The ids of the rows that the database finds."""
    condition, problem = parse_condition(world.model, entity, sent, Calendar(world.now, world.zone))
    assert condition is not None, problem
    listing = Listing(entity, condition, Order((), ""))
    listed = await page(session, listing, Page(1000))
    assert await count(session, listing, 1000) == len(listed)
    ids = [each.row.id for each in listed]
    if entity.definition is not None and "created_at" not in str(sent):
        assert await matched(session, entity.definition, condition) == ids
    return ids


async def matched(session: Session, definition: Definition, condition: Condition) -> list[int]:
    """The same, of the records' states as they would stand in the change log."""
    stored, _ = await records.page(session, definition.id, Page(1000))
    states = [State(each.id, each.version, each.data, each.updated_at) for each in stored]
    found = await matching(session, definition, condition, states)
    return [state.id for state, fulfilled in zip(states, found, strict=True) if fulfilled]


def too_large(world: World, entity: Entity, sent: Any) -> bool:
    """Whether the question is beyond what a condition may hold."""
    _, problem = parse_condition(world.model, entity, sent, Calendar(world.now, world.zone))
    return problem is not None and problem.code is Code.LIMIT_EXCEEDED


def rows(world: World, entity: Entity) -> dict[Any, Row]:
    if entity.definition is None:
        return dict(world.contacts if entity.name == "contacts" else world.products)
    return {id_: row for id_, row in world.records.items() if row["of"] == entity.definition}


def shard(examples: int) -> settings:
    return settings(
        max_examples=examples, database=None, phases=[Phase.generate], deadline=None,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip


@pytest.mark.parametrize("seed", range(SHARDS))
def test_the_database_and_the_evaluator_agree(
    admin_url: str, gateway_url: str, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    take(monkeypatch, seed)
    with inhabited(admin_url, gateway_url, seed) as (ask, world):

        @shard(-(-EXAMPLES // SHARDS))
        @given(st.integers(0, 2**64))
        def agree(number: int) -> None:
            random = Random(number)
            entity = random.choice(entities(world))
            sent = Questioner(world, random).condition(entity)
            if too_large(world, entity, sent):
                return
            expected = [id_ for id_, row in rows(world, entity).items() if fulfils(world, row, sent)]
            assert ask(lambda session: found(session, world, entity, sent)) == expected, (entity.name, sent)
            telling.append(0 < len(expected) < len(rows(world, entity)))

        telling: list[bool] = []
        agree()
        assert sum(telling) > 0.2 * len(telling)  # found some rows, but not all
