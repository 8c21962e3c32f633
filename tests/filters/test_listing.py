"""Pages in an order: the same rows as a sort in plain Python gives, from either end, and right while rows are inserted
and removed between pages."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from functools import cmp_to_key
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.condition_parser import parse_condition
from app.domain.conditions import TRUE
from app.domain.definitions import FieldType
from app.domain.entities import CONTACTS, Entity, attribute_names, followed
from app.domain.orders import Direction, Nulls, Order, SentField, parse_order
from app.domain.periods import Calendar
from app.store import contacts, marks, narrowing
from app.store.listing import Listing, count, page
from app.store.orders import Mark
from app.store.paging import Page
from app.store.session import Session
from app.store.statements import Statement
from tests.domain.test_conditions import CARDS, MODEL
from tests.filters.evaluator import Row, World, fulfils, own_kind, target
from tests.filters.questions import Questioner, entities
from tests.filters.test_differential import inhabited, rows, shard
from tests.filters.ways import take
from tests.filters.worlds import TEXTS

EXAMPLES = 60  # orders in each shard


def random_order(random: Random, world: World, entity: Entity) -> tuple[Order, list[SentField]]:
    while True:
        sent = [
            SentField(_path(random, world, entity), random.choice([*Direction]), random.choice([*Nulls]))
            for _ in range(random.choice([0, 1, 1, 2, 3]))
        ]
        order, _ = parse_order(world.model, entity, sent)
        if order is not None:
            return order, sent


def _path(random: Random, world: World, entity: Entity) -> str:
    if entity.definition is None or random.random() < 0.7:
        return random.choice(attribute_names(entity))
    relation = random.choice(entity.definition.relationships).field
    return f"{relation}.{_path(random, world, followed(world.model, entity, relation))}"


def value(world: World, row: Row | None, path: str) -> Any:
    way, dot, rest = path.partition(".")
    if row is None or not dot:
        return None if row is None or row.get(way) is None else own_kind(row, way)[0](row[way])
    return value(world, target(world, row["of"], way, row.get(way)), rest)


def sorted_ids(world: World, entity: Entity, sent: list[SentField]) -> list[Any]:
    def compare(a: tuple[Any, Row], b: tuple[Any, Row]) -> int:
        for field in sent:
            one, other = (value(world, row, field.path) for _, row in (a, b))
            if one is None or other is None:
                if (one is None) != (other is None):
                    return -1 if (one is None) == (field.nulls is Nulls.FIRST) else 1
            elif one != other:
                return (-1 if one < other else 1) * (-1 if field.direction is Direction.DESC else 1)
        return (-1 if a[0] < b[0] else 1) * (-1 if sent and sent[-1].direction is Direction.DESC else 1)

    return [id_ for id_, _ in sorted(rows(world, entity).items(), key=cmp_to_key(compare))]


async def walked(session: Session, listing: Listing, size: int, *, backward: bool) -> list[Any]:
    """All ids, page by page; marks travel as text."""
    found: list[Any] = []
    mark = None
    while True:
        asked = Page(size, before=mark, backward=True) if backward else Page(size, after=mark)
        listed = await page(session, listing, asked)
        found += [each.row.id for each in listed]
        if len(listed) < size:
            return found
        mark = marks.read(listing.entity, listing.order, marks.written(listing.order, listed[-1].mark))
        assert mark is not None


@pytest.mark.parametrize("seed", range(100, 104))
def test_pages_follow_the_order_from_either_end(admin_url: str, gateway_url: str, seed: int) -> None:
    with inhabited(admin_url, gateway_url, seed) as (ask, world):

        @shard(EXAMPLES)
        @given(st.integers(0, 2**64))
        def follow(number: int) -> None:
            random = Random(number)
            entity = random.choice(entities(world))
            order, sent = random_order(random, world, entity)
            listing, size = Listing(entity, TRUE, order), random.randint(1, 9)
            expected = sorted_ids(world, entity, sent)
            backward = random.random() < 0.5
            found = ask(lambda session: walked(session, listing, size, backward=backward))
            assert found == (expected[::-1] if backward else expected), (entity.name, sent)
            assert ask(lambda session: count(session, listing, 1000)) == len(expected)
            assert ask(lambda session: count(session, listing, 3)) == 3

        follow()


@pytest.mark.parametrize("seed", range(200, 202))
def test_a_page_lies_between_two_marks(admin_url: str, gateway_url: str, seed: int) -> None:
    with inhabited(admin_url, gateway_url, seed) as (ask, world):

        @shard(EXAMPLES)
        @given(st.integers(0, 2**64))
        def lie(number: int) -> None:
            random = Random(number)
            entity = random.choice(entities(world))
            order, _ = random_order(random, world, entity)
            listing = Listing(entity, TRUE, order)
            everything = ask(lambda session: page(session, listing, Page(100)))
            low, high = sorted(random.sample(range(len(everything)), 2))
            for backward in (False, True):
                asked = Page(3, everything[low].mark, everything[high].mark, backward)
                between = everything[low + 1 : high]
                expected = between[::-1][:3] if backward else between[:3]
                assert ask(lambda session, asked=asked: page(session, listing, asked)) == expected

        lie()


ORDERS = {
    "by name": [SentField("last_name")],
    "by name, downward, nulls first": [SentField("last_name", Direction.DESC, Nulls.FIRST)],
    "by the latest": [SentField("created_at", Direction.DESC)],
    "by two": [SentField("lang"), SentField("first_name", Direction.DESC)],
    "by ids": [],
}


@pytest.mark.parametrize("backward", [False, True])
@pytest.mark.parametrize("case", ORDERS)
def test_pages_stay_right_while_rows_come_and_go(admin_url: str, gateway_url: str, case: str, backward: bool) -> None:
    """Who was there all the time is listed once and in order, whatever was inserted and removed between the pages."""
    with inhabited(admin_url, gateway_url, 400) as (ask, world):
        order, _ = parse_order(world.model, CONTACTS, ORDERS[case])
        assert order is not None
        listing, random = Listing(CONTACTS, TRUE, order), Random(case)
        everything = [each.row.id for each in ask(lambda session: page(session, listing, Page(100, backward=backward)))]
        gone, found, mark = set[int](), list[int](), None
        while len(found) < 1000:
            asked = Page(3, before=mark, backward=True) if backward else Page(3, after=mark)
            listed = ask(lambda session, asked=asked: page(session, listing, asked))
            if not listed:
                break
            found += [each.row.id for each in listed]
            mark = listed[-1].mark
            names = [(None, random.choice([*TEXTS[1:20], None]), random.choice([*TEXTS[1:20], None]), None)]
            if len(found) < 20:
                ask(lambda session, names=names: contacts.insert(session, names * 2), write=True)
            removed = random.choice([listed[-1].row.id, *everything])  # also the very row the mark is of
            gone.add(removed)
            ask(lambda session, removed=removed: session.fetch(_REMOVE, removed), write=True)
        assert len(set(found)) == len(found)
        stayed = [id_ for id_ in everything if id_ not in gone]
        assert [id_ for id_ in found if id_ in stayed] == stayed


_REMOVE = Statement(
    "remove",
    "with left_behind as (delete from customers where shop_id = $1 and contact_id = $2)"
    " delete from contacts where shop_id = $1 and id = $2",
)

VALUES: dict[FieldType, list[Any]] = {
    # what a mark may say of a field without a slot, and what it never said
    FieldType.STRING: ["", "x", 1, 1.5, True, [], {}, "\0", "\ud800", "x" * 2001],
    FieldType.NUMBER: [1, 1.5, "1", True, float("inf"), float("nan"), 10**400, []],
    FieldType.DECIMAL: ["1.0", "x", "NaN", "1e999999", True, []],
    FieldType.BOOLEAN: [True, 1, "true", []],
    FieldType.DATETIME: ["2026-01-01T00:00:00+00:00", "x", 1, "0001-01-01T00:00:00+14:00", []],
}


def test_forged_marks_are_no_marks_or_harmless(admin_url: str, gateway_url: str) -> None:
    """Whatever stands in a cursor, it is refused or read, and the database takes it."""
    taken = set()
    with inhabited(admin_url, gateway_url, 300) as (ask, world):
        for entity in entities(world)[:3]:
            for name in attribute_names(entity):
                order, _ = parse_order(world.model, entity, [SentField(name)])
                if order is None:
                    continue
                for forged in [None, *(each for pool in VALUES.values() for each in pool)]:
                    for id_ in (1, "1", None, 2**63, 1.5):
                        text = f"\0{order.digest}{json.dumps([forged, id_])}"
                        mark = marks.read(entity, order, text)
                        taken.add(mark is not None)
                        if mark is not None:
                            listing = Listing(entity, TRUE, order)
                            ask(lambda session, listing=listing, mark=mark: page(session, listing, Page(2, mark)))
    assert taken == {True, False}  # some of them are marks, some are not


@pytest.mark.parametrize(
    "text", ["", "[", "{}", "[]", "[1]", "[1, 2, 3]", "null", "[" * 100_000, "[" + "1" * 5000 + "]"]
)
def test_what_is_no_list_is_no_mark(text: str) -> None:
    order, _ = parse_order(MODEL, CARDS, [SentField("created_at")])
    assert order is not None
    assert marks.read(CARDS, order, f"\0{order.digest}{text}") is None


def test_marks_are_read_as_they_were_written() -> None:
    order, _ = parse_order(MODEL, CARDS, [SentField(path) for path in ("fee", "seen", "tier")])
    assert order is not None
    for mark in (
        Mark((Decimal("1.000000000000000000000001"), datetime(2026, 1, 1, 0, 0, 0, 1, UTC), None), 7),
        Mark((None, None, None), 2**63 - 1),
    ):
        assert marks.read(CARDS, order, marks.written(order, mark)) == mark


@pytest.mark.parametrize("seed", range(600, 604))
def test_pages_of_what_fulfils_a_condition_follow_the_order(
    admin_url: str, gateway_url: str, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    take(monkeypatch, seed)
    with inhabited(admin_url, gateway_url, seed) as (ask, world):

        @shard(EXAMPLES)
        @given(st.integers(0, 2**64))
        def follow(number: int) -> None:
            random = Random(number)
            entity = random.choice(entities(world))
            order, sent = random_order(random, world, entity)
            where = Questioner(world, random).condition(
                entity, depth=random.choice([0, 0, 1]), hops=random.choice([0, 1])
            )
            condition, problem = parse_condition(world.model, entity, where, Calendar(world.now, world.zone))
            assert condition is not None, problem
            listing, size = Listing(entity, condition, order), random.randint(1, 9)
            own = rows(world, entity)
            expected = [id_ for id_ in sorted_ids(world, entity, sent) if fulfils(world, own[id_], where)]
            backward = random.random() < 0.5
            found = ask(lambda session: walked(session, listing, size, backward=backward))
            assert found == (expected[::-1] if backward else expected), (entity.name, where, sent)
            looked.append(narrowing.narrowing(entity, condition, order.fields[0].attribute if order.fields else None))

        looked: list[Any] = []
        follow()
        for number in range(500):  # in a world where it is rare
            if any(looked):
                break
            follow.hypothesis.inner_test(number)  # type: ignore[attr-defined]
        assert any(looked)
