"""Triggers: which changes of records are told to an endpoint.

The condition is looked at on the record before and after a change; where there is no record, it is false. What was
suppressed, and what was summed up, fires nothing.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import Enum

from app.domain.changes import Kind, Logged
from app.domain.condition_parser import parse_condition
from app.domain.conditions import Condition
from app.domain.definitions import Definition, Model
from app.domain.entities import of_definition
from app.domain.periods import Calendar
from app.domain.problems import Code, Problem

WATCHED_IS_GONE = "The definition that this trigger watches has been deleted: delete the trigger, and create another."
FIRING = frozenset({Kind.CREATED, Kind.UPDATED, Kind.DELETED})


class Transition(Enum):
    """When a trigger fires."""

    BECOMES_TRUE = "BECOMES_TRUE"  # false before, or no record; true after
    EVERY_MATCH = "EVERY_MATCH"  # true after, whatever it was before
    BECOMES_FALSE = "BECOMES_FALSE"  # true before; false after, or no record any more


@dataclass(frozen=True, slots=True)
class Trigger:
    """`text` is the condition as it was sent, JSON; it is read anew whenever changes are judged. `definition_ids` are
    the definitions that it was made for, `reached` is the sequence up to which changes have been judged."""

    id: int
    name: str
    definition_id: int
    text: str
    definition_ids: tuple[int, ...]
    transition: Transition
    url: str
    enabled: bool
    reached: int
    created_at: datetime
    updated_at: datetime


def fires(transition: Transition, before: bool, after: bool) -> bool:
    """Whether a change fires that took the condition from `before` to `after`."""
    match transition:
        case Transition.BECOMES_TRUE:
            return after and not before
        case Transition.EVERY_MATCH:
            return after
        case Transition.BECOMES_FALSE:
            return before and not after


def concerned(trigger: Trigger, changes: Sequence[Logged]) -> list[Logged]:
    """The changes that may fire it."""
    return [
        each for each in changes
        if each.definition_id == trigger.definition_id and each.change.kind in FIRING and not each.suppressed
    ]  # fmt: skip


def understood(
    model: Model, trigger: Trigger, calendar: Calendar
) -> tuple[tuple[Definition, Condition] | None, Problem | None]:
    """The trigger's definition and condition as of now, or why it is broken: something that it uses has gone. A broken
    trigger fires nothing."""
    if trigger.definition_id not in model.by_id:
        return None, Problem(Code.DEFINITION_NOT_FOUND, WATCHED_IS_GONE, "when")
    if not all(id_ in model.by_id for id_ in trigger.definition_ids):
        message = "A definition that this trigger uses has been deleted. Update its condition, or delete the trigger."
        return None, Problem(Code.DEFINITION_NOT_FOUND, message, "when")
    definition = model.by_id[trigger.definition_id]
    sent = json.loads(trigger.text, parse_float=Decimal)
    condition, problem = parse_condition(model, of_definition(definition), sent, calendar, "when")
    return (None, problem) if condition is None else ((definition, condition), None)
