"""Why a contact is in a segment or not: the answer never contradicts membership, and each part of it is what the
evaluator says of that part. Random definitions, records and segments, that use each other."""

import os
from dataclasses import replace
from datetime import UTC, datetime
from random import Random
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.condition_parser import QUANTIFIERS, parse_segment, understand
from app.domain.entities import CONTACTS, Link
from app.domain.explanations import ConditionKind, Part, Way, explain_segment
from app.domain.limits import WHY_RECORDS
from app.domain.orders import Hop, Order
from app.domain.periods import Calendar
from app.domain.problems import Code
from app.domain.segments import Segment
from app.store.explaining import Finding, findings
from app.store.listing import Listing, count, page
from app.store.membership import memberships
from app.store.paging import Page
from app.store.session import Session
from tests.filters.evaluator import Row, World, behind, fulfils, target
from tests.filters.questions import Questioner
from tests.filters.test_differential import inhabited, shard

EXAMPLES = int(os.environ.get("WHY_EXAMPLES", "240"))
SHARDS = 4


def with_segments(world: World, random: Random) -> World:
    """The same world with three segments; each may use those before it."""
    segments: list[Segment] = []
    for number in range(3):
        model = replace(world.model, segments=tuple(segments))
        world = replace(world, model=model)
        sent = _condition(world, random, [each.name for each in segments])
        understood, problem = understand(model, CONTACTS, sent, Calendar(world.now, world.zone))
        if problem is not None and problem.code is Code.LIMIT_EXCEEDED:  # written out it is too large
            sent = {"email": {"isNull": False}}
            understood, problem = understand(model, CONTACTS, sent, Calendar(world.now, world.zone))
        assert understood is not None, problem
        text, now = orjson.dumps(sent).decode(), datetime(2026, 1, 1, tzinfo=UTC)
        named = frozenset(each.id for each in understood.segments.values())
        segments.append(Segment(number + 1, f"s{number}", text, understood.definition_ids, named, now, now))
    return replace(world, model=replace(world.model, segments=tuple(segments)))


def _condition(world: World, random: Random, names: list[str]) -> dict[str, Any]:
    sent = Questioner(world, random).condition(CONTACTS, depth=2, hops=2)
    if not names or random.random() < 0.3:
        return sent
    word = random.choice(["in", "in", "notIn"])
    used = {"segment": {word: random.sample(names, random.randint(0, len(names)))}}
    back = {"custom": {"d0": {"field": "contact_id", "some": {"contact_id": {"is": used}}}}}
    return random.choice([{**sent, **used}, {"or": [sent, used]}, {"and": [used, {"not": sent}]}, {"or": [sent, back]}])


async def asked(
    session: Session, world: World, segment: Segment
) -> tuple[tuple[Part, ...], dict[int, tuple[Finding, ...]]]:
    """The parts and what came of them, after all ways of asking for members have said the same."""
    calendar, everyone = Calendar(world.now, world.zone), list(world.contacts)
    condition, problem = parse_segment(world.model, segment, calendar)
    assert condition is not None, problem
    parts, problem = explain_segment(world.model, segment, calendar)
    assert problem is None
    found = await findings(session, everyone, parts)
    listing = Listing(CONTACTS, condition, Order((), ""))
    members = [each.row.id for each in await page(session, listing, Page(1000))]
    assert await count(session, listing, 1000) == len(members)
    assert [id_ for id_, (inside,) in (await memberships(session, everyone, [condition])).items() if inside] == members
    assert [id_ for id_ in found if found[id_][0].is_true] == members
    return parts, found


def reached(world: World, rows: list[Row], way: Way) -> list[Row]:
    """The rows at the end of a way, each once, in order of their ids."""
    for step in way.steps:
        found = [each for row in rows for each in _next(world, row, step)]
        rows = list({id_of(each): each for each in found}.values())
    return sorted(rows, key=id_of)


def _next(world: World, row: Row, step: Link | Hop) -> list[Row]:
    if isinstance(step, Link):
        if step.definition is None:
            return [each for each in world.customers if each["contact_id"] == row["id_contact"]]
        return behind(world, row, step.definition.key, step.field)
    pointed = target(world, row["of"], step.field, row.get(step.field))
    return [] if pointed is None else [pointed]


def id_of(row: Row) -> Any:
    if "id_customer" in row:
        return f"{row['source']}:{row['id_customer']}"
    return next(row[name] for name in ("id_record", "id_contact", "id") if name in row)


def deciders(world: World, contact: Row, part: Part) -> list[str]:
    """The ids of the rows that decide a part, by what it says."""
    if part.deciding is None:
        return []
    rows = reached(world, [contact], part.deciding.way)
    fulfilling = [each for each in rows if fulfils(world, each, _of_the_rows(part))]
    chosen = fulfilling if fulfilling or part.kind is ConditionKind.COUNT else rows
    return [str(id_of(each)) for each in chosen[:WHY_RECORDS]]


def _of_the_rows(part: Part) -> Any:
    """The condition on the rows that decide."""
    if part.kind is ConditionKind.RELATED:
        [operators] = part.sent.values()
        return operators["is"]
    if part.kind.value.lower() not in QUANTIFIERS:
        return part.sent
    [quantified] = part.sent.get("custom", part.sent).values()
    inner = quantified[part.kind.value.lower()]
    if part.kind is ConditionKind.COUNT:
        return inner.get("where", {})
    return {"not": inner} if part.kind is ConditionKind.EVERY else inner


@pytest.mark.parametrize("seed", range(SHARDS))
def test_why_agrees_with_membership_and_with_the_evaluator(admin_url: str, gateway_url: str, seed: int) -> None:
    with inhabited(admin_url, gateway_url, seed) as (ask, world):

        @shard(-(-EXAMPLES // SHARDS))
        @given(st.integers(0, 2**64))
        def agree(number: int) -> None:
            told = with_segments(world, Random(number))
            segment = told.model.segments[-1]
            parts, found = ask(lambda session: asked(session, told, segment))
            for id_, contact in told.contacts.items():
                assert found[id_][0].is_true is fulfils(told, contact, segment.where)
                for part, finding in zip(parts, found[id_], strict=True):
                    rows = reached(told, [contact], part.way)
                    assert finding.is_true is any(fulfils(told, row, part.sent) for row in rows), part.text
                    assert [each.id for each in finding.deciders] == deciders(told, contact, part), part.text
                    seen.add((part.kind, finding.is_true, bool(part.way.steps)))

        seen: set[tuple[ConditionKind, bool, bool]] = set()
        agree()
        assert {kind for kind, _, _ in seen} == set(ConditionKind)
        assert len({(kind, true) for kind, true, _ in seen}) > 1.6 * len(ConditionKind)  # most are true and false
