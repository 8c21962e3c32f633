"""Triggers as proposed: checked against every rule, then planned as the store will keep them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from app.domain import limits
from app.domain.condition_parser import parse_condition, understand
from app.domain.condition_uses import own_columns, used_definitions
from app.domain.definitions import Definition, Model
from app.domain.entities import of_definition
from app.domain.kept_conditions import kept_condition, kept_text
from app.domain.naming import name_key, name_problem
from app.domain.periods import Calendar
from app.domain.problems import Code, Problem
from app.domain.triggers import WATCHED_IS_GONE, Transition, Trigger
from app.domain.webhooks import url_problem

_TIMES = ("created_at", "updated_at")


@dataclass(frozen=True, slots=True)
class DraftTrigger:
    """What was sent; None leaves it as it is. `definition` is the key of the one that a typed condition speaks of."""

    name: str | None
    when: Any
    transition: Transition | None
    url: str | None
    private: bool  # whether it may go to private addresses
    definition: str | None = None


@dataclass(frozen=True, slots=True)
class PlannedTrigger:
    """A trigger as it is to be stored."""

    name: str
    name_key: str
    definition_id: int
    text: str
    definition_ids: tuple[int, ...]
    transition: Transition
    url: str


def draft_trigger(
    model: Model, definition: Definition, others: Sequence[Trigger], draft: DraftTrigger, calendar: Calendar
) -> tuple[PlannedTrigger | None, list[Problem]]:
    """The trigger that is proposed, or everything that is wrong with it. `others` are those of the shop."""
    assert draft.name is not None
    assert draft.transition is not None
    assert draft.url is not None
    problems = [*_name_problems(draft.name.strip(), others), *_url_problems(draft.url, private=draft.private)]
    if len(others) >= limits.TRIGGERS_PER_SHOP:
        message = f"The shop has {limits.TRIGGERS_PER_SHOP} triggers, which is the limit: delete an unused one."
        problems.append(Problem(Code.LIMIT_EXCEEDED, message))
    text, uses, problem = _kept(model, definition, draft.when, calendar)
    if problem is not None:
        problems.append(problem)
    if problems:
        return None, problems
    name = draft.name.strip()
    return PlannedTrigger(name, name_key(name), definition.id, text, uses, draft.transition, draft.url), []


def change_trigger(
    model: Model, trigger: Trigger, others: Iterable[Trigger], draft: DraftTrigger, calendar: Calendar
) -> tuple[PlannedTrigger | None, list[Problem]]:
    """The trigger with what is to change, or everything that is wrong with that. Its definition stays."""
    name = trigger.name if draft.name is None else draft.name.strip()
    problems = list(_name_problems(name, others))
    if draft.url is not None:
        problems += _url_problems(draft.url, private=draft.private)
    text, uses = trigger.text, trigger.definition_ids
    if draft.when is not None:
        definition = model.by_id.get(trigger.definition_id)
        if definition is None:
            return None, [*problems, Problem(Code.DEFINITION_NOT_FOUND, WATCHED_IS_GONE, "when")]
        if draft.definition not in (None, definition.key):
            message = f"This trigger watches {definition.key}, which cannot be changed: create another trigger."
            return None, [*problems, Problem(Code.INVALID_CONDITION, message, "when")]
        text, uses, problem = _kept(model, definition, draft.when, calendar)
        problems += [problem] if problem is not None else []
    if problems:
        return None, problems
    transition, url = draft.transition or trigger.transition, draft.url or trigger.url
    return PlannedTrigger(name, name_key(name), trigger.definition_id, text, uses, transition, url), []


def _kept(
    model: Model, definition: Definition, when: Any, calendar: Calendar
) -> tuple[str, tuple[int, ...], Problem | None]:
    """The condition as text, and the definitions it uses. Segments are named by their ids, so that a new name changes
    nothing."""
    entity = of_definition(definition)
    meant, problem = understand(model, entity, when, calendar, "when")
    if meant is None:
        return "", (), problem
    times = sorted(own_columns(meant.condition).intersection(_TIMES))
    if times:
        message = f"A trigger cannot ask for {times[0]}: it is not known of the record before a change."
        return "", (), Problem(Code.INVALID_CONDITION, message, f"when.{times[0]}")
    segment_ids = {steps[1:]: str(each.id) for steps, each in meant.segments.items()}
    text = kept_text(when, segment_ids)
    if len(text) > limits.WHEN_LENGTH:
        message = f"The condition has {len(text):,} characters as JSON; at most {limits.WHEN_LENGTH:,} are kept."
        return "", (), Problem(Code.LIMIT_EXCEEDED, message, "when")
    again, problem = parse_condition(model, entity, kept_condition(text), calendar, "when")
    if again is None:
        return "", (), problem
    return text, tuple(sorted(used_definitions(again) | {definition.id})), None


def _name_problems(name: str, others: Iterable[Trigger]) -> Iterator[Problem]:
    problem = name_problem(name)
    if problem:
        yield problem.under("name")
        return
    if any(name_key(each.name) == name_key(name) for each in others):
        message = f"There is a trigger called {name!r} (case and accents do not count): choose another name."
        yield Problem(Code.NAME_TAKEN, message, "name")


def _url_problems(url: str, *, private: bool) -> Iterator[Problem]:
    problem = url_problem(url, private=private)
    if problem:
        yield problem.under("deliver")
