"""Rows that some record leads back to, found by the record's index or along their ids: both ways agree with the
evaluator, whatever else is asked of the rows."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.condition_parser import parse_condition
from app.domain.conditions import Some
from app.domain.entities import Entity, links, of_definition
from app.domain.periods import Calendar
from app.store import link_pages, narrowing
from tests.filters.evaluator import World, fulfils
from tests.filters.questions import Questioner, Sent, entities
from tests.filters.test_differential import found, inhabited, rows, shard


def _condition(world: World, random: Random, entity: Entity) -> Sent:
    """Some record behind a link, and maybe something of the row itself."""
    ask = Questioner(world, random)
    back = random.choice(list(links(world.model, entity)))
    inner = ask.condition(of_definition(back.definition), depth=1, hops=0)
    own = ask.condition(entity, depth=0, hops=0) if random.random() < 0.3 else {}
    return {"and": [own, {"custom": {back.definition.key: {"field": back.field, "some": inner}}}]}


@pytest.mark.parametrize("rare", [0, 1, 1_000])
def test_both_ways_to_rows_that_records_lead_back_to_agree_with_the_evaluator(
    admin_url: str, gateway_url: str, rare: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(link_pages, "_FEW", rare)
    monkeypatch.setattr(link_pages, "_STEPS", 1)
    with inhabited(admin_url, gateway_url, rare) as (ask, world):

        @shard(120)
        @given(st.integers(0, 2**64))
        def agree(number: int) -> None:
            random = Random(number)
            entity = random.choice([each for each in entities(world) if any(links(world.model, each))])
            sent = _condition(world, random, entity)
            expected = [id_ for id_, row in rows(world, entity).items() if fulfils(world, row, sent)]
            assert ask(lambda session: found(session, world, entity, sent)) == expected, (entity.name, sent)
            condition, _ = parse_condition(world.model, entity, sent, Calendar(world.now, world.zone))
            assert condition is not None
            narrowed = narrowing.narrowing(entity, condition)
            if narrowed is not None and isinstance(narrowed.chosen, Some):
                taken.append(len(expected))

        taken: list[int] = []
        agree()
        assert len(taken) > 10
        assert max(taken) > 0  # and so more than is rare in the first world
