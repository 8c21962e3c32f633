"""Segments as proposed: checked against every rule, then planned as the store will keep them."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from app.domain import limits
from app.domain.condition_parser import Understood, parse_segment, understand
from app.domain.definitions import Model
from app.domain.entities import CONTACTS
from app.domain.kept_conditions import kept_condition, kept_text
from app.domain.naming import name_key, name_problem
from app.domain.periods import Calendar
from app.domain.problems import Code, Problem
from app.domain.segments import Segment


@dataclass(frozen=True, slots=True)
class PlannedSegment:
    """A whole segment as it is to be stored."""

    name: str
    name_key: str
    text: str
    definition_ids: frozenset[int]
    segment_ids: frozenset[int]


def draft_segment(
    model: Model, name: str, where: Any, calendar: Calendar
) -> tuple[PlannedSegment | None, list[Problem]]:
    """The segment that is proposed, or everything that is wrong with it."""
    problems = list(_name_problems(model, name.strip(), None))
    if len(model.segments) >= limits.SEGMENTS_PER_SHOP:
        message = f"The shop has {limits.SEGMENTS_PER_SHOP} segments, which is the limit: delete an unused one."
        problems.append(Problem(Code.LIMIT_EXCEEDED, message))
    understood, text, problem = _kept(model, where, calendar, None)
    if understood is None or problems:
        return None, [*problems, *([problem] if problem else [])]
    return _planned(name, text, understood), []


def change_segment(
    model: Model, segment: Segment, name: str | None, where: Any, calendar: Calendar
) -> tuple[PlannedSegment | None, list[Problem]]:
    """The segment with a new name or condition (None leaves the old one), or everything that is wrong with it. It may
    not lead back to itself, nor may what uses it become too large by it."""
    name = segment.name if name is None else name.strip()
    problems = list(_name_problems(model, name, segment))
    if where is None:
        planned = PlannedSegment(name, name_key(name), segment.text, segment.definition_ids, segment.segment_ids)
        return (None, problems) if problems else (planned, [])
    understood, text, problem = _kept(model, where, calendar, segment)
    if understood is None:
        return None, [*problems, *([problem] if problem else [])]
    planned = _planned(name, text, understood)
    problems += _broken_users(model, segment, planned, calendar)
    return (None, problems) if problems else (planned, [])


def _planned(name: str, text: str, understood: Understood) -> PlannedSegment:
    named = frozenset(each.id for each in understood.segments.values())
    return PlannedSegment(name.strip(), name_key(name), text, understood.definition_ids, named)


def _kept(
    model: Model, where: Any, calendar: Calendar, of: Segment | None
) -> tuple[Understood | None, str, Problem | None]:
    """The condition as text: segments are named by their ids, so that a new name changes no audience."""
    understood, problem = understand(model, CONTACTS, where, calendar, of=of)
    if understood is None:
        return None, "", problem
    ids = {steps[1:]: str(each.id) for steps, each in understood.segments.items()}
    text = kept_text(where, ids)
    if len(text) > limits.SEGMENT_LENGTH:
        message = f"The condition has {len(text):,} characters as JSON; at most {limits.SEGMENT_LENGTH:,} are kept."
        return None, "", Problem(Code.LIMIT_EXCEEDED, message, "where")
    again, problem = understand(model, CONTACTS, kept_condition(text), calendar, of=of)
    return again, text, problem


def _name_problems(model: Model, name: str, own: Segment | None) -> Iterator[Problem]:
    problem = name_problem(name)
    if problem:
        yield problem.under("name")
        return
    if name.isascii() and name.isdigit():
        message = "A name of digits alone would be taken for an id: add a word."
        yield Problem(Code.INVALID_NAME, message, "name")
    others = (each for each in model.segments if own is None or each.id != own.id)
    same = next((each for each in others if name_key(each.name) == name_key(name)), None)
    if same:
        message = f"There is a segment called {same.name!r} (case and accents do not count): choose another name."
        yield Problem(Code.NAME_TAKEN, message, "name")


def _broken_users(model: Model, segment: Segment, planned: PlannedSegment, calendar: Calendar) -> Iterator[Problem]:
    """The segments that could be answered before the change and could not after it."""
    changed = replace(
        segment, text=planned.text, definition_ids=planned.definition_ids, segment_ids=planned.segment_ids,
        updated_at=datetime.now(UTC),
    )  # fmt: skip
    after = replace(model, segments=tuple(changed if each.id == segment.id else each for each in model.segments))
    for other in model.segments:
        if other.id == segment.id or parse_segment(model, other, calendar)[1] is not None:
            continue
        problem = parse_segment(after, other, calendar)[1]
        if problem is not None:
            message = f"The segment {other.name!r} uses this one and could no longer be answered: {problem.message}"
            yield Problem(problem.code, message, "where")
