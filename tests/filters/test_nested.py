"""Lists behind many parents: each parent's page is the one that a list of its own records would give, from either end,
and the counts are those of the whole."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.condition_parser import parse_condition
from app.domain.definitions import Target
from app.domain.entities import of_definition
from app.domain.periods import Calendar
from app.store import marks, nested
from app.store.listing import Listed, Listing
from app.store.paging import Page
from app.store.session import Session
from tests.filters.evaluator import Row, World, fulfils
from tests.filters.questions import Questioner
from tests.filters.test_differential import inhabited, rows, shard
from tests.filters.test_listing import random_order, sorted_ids

EXAMPLES = 60  # in each shard


async def walked(
    session: Session, listing: Listing, field: str, values: list[int | str], size: int, *, backward: bool
) -> dict[int | str, list[int]]:
    """The ids behind each value, page by page; marks travel as text."""
    found: dict[int | str, list[int]] = {value: [] for value in values}
    waiting = dict.fromkeys(values)
    while waiting:
        for mark in set(waiting.values()):
            group = [value for value, stands in waiting.items() if stands == mark]
            asked = Page(size, before=mark, backward=True) if backward else Page(size, after=mark)
            pages = await nested.pages(session, listing, field, group, asked)
            for value in group:
                listed = pages.get(value, [])
                found[value] += [each.row.id for each in listed]
                del waiting[value]
                if len(listed) == size:
                    waiting[value] = _read(listing, listed[-1])
    return found


def _read(listing: Listing, last: Listed) -> marks.Mark:
    if not listing.order.fields:
        return last.mark
    mark = marks.read(listing.entity, listing.order, marks.written(listing.order, last.mark))
    assert mark is not None
    return mark


@pytest.mark.parametrize("seed", range(400, 404))
def test_each_parent_has_its_own_page(admin_url: str, gateway_url: str, seed: int) -> None:
    with inhabited(admin_url, gateway_url, seed) as (ask, world):

        @shard(EXAMPLES)
        @given(st.integers(0, 2**64))
        def follow(number: int) -> None:
            random = Random(number)
            definition = random.choice(world.model.definitions)
            entity, relation = of_definition(definition), random.choice(definition.relationships)
            sent = Questioner(world, random).condition(entity, depth=1, hops=2) if random.random() < 0.7 else {}
            condition, problem = parse_condition(world.model, entity, sent, Calendar(world.now, world.zone))
            assert condition is not None, problem
            order, by = random_order(random, world, entity)
            listing, size, backward = Listing(entity, condition, order), random.randint(1, 4), random.random() < 0.5
            values = list(world.products) if relation.target is Target.PRODUCTS else _numbers(world)
            expected = _expected(world, rows(world, entity), sorted_ids(world, entity, by), sent, relation.field)
            found = ask(lambda session: walked(session, listing, relation.field, values, size, backward=backward))
            for value in values:
                ids = expected.get(value, [])
                assert found[value] == (ids[::-1] if backward else ids), (relation.field, value, sent, by)
            counted = ask(lambda session: nested.counts(session, listing, relation.field, values, 2))
            assert counted == {value: min(len(expected.get(value, [])), 2) for value in values}
            telling.append(any(len(ids) > size for ids in expected.values()))

        telling: list[bool] = []
        follow()
        assert sum(telling) > 0.2 * len(telling)


def _numbers(world: World) -> list[int | str]:
    return [*world.contacts, *world.records, 8_000_000_000]


def _expected(
    world: World, own: dict[int, Row], ordered: list[int], sent: Row, field: str
) -> dict[int | str, list[int]]:
    found: dict[int | str, list[int]] = {}
    for id_ in ordered:
        value = own[id_].get(field)
        if value is not None and fulfils(world, own[id_], sent):
            found.setdefault(value, []).append(id_)
    return found
