"""Changes: what happened to records and definitions, as the change log keeps it.

A change is told to subscribers, triggers and webhooks (EMIT), told as one with the others of its call (SUMMARY), or
kept but told to nobody (SUPPRESS). Nothing that changes nothing is a change.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any, NamedTuple

from app.domain.records import Data


class Kind(Enum):
    """What happened."""

    CREATED = "CREATED"
    UPDATED = "UPDATED"
    DELETED = "DELETED"
    SUMMARY = "SUMMARY"  # several of these in one call, by counts and ids
    DEFINITION_CREATED = "DEFINITION_CREATED"
    DEFINITION_UPDATED = "DEFINITION_UPDATED"  # extended, activated or deactivated
    DEFINITION_DELETED = "DEFINITION_DELETED"  # its records go with it
    OVERRIDES_SET = "OVERRIDES_SET"
    CONTACT_ERASED = "CONTACT_ERASED"  # a person: once for each definition that had records of it, and once for all


class Events(Enum):
    """Who is told of the changes of a call."""

    EMIT = "EMIT"
    SUMMARY = "SUMMARY"
    SUPPRESS = "SUPPRESS"


class Change(NamedTuple):
    """One thing that happened. `version` is the record's after the change; a deletion counts as one, too."""

    kind: Kind
    record_id: int | None = None
    version: int | None = None
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None
    summary: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Logged:
    """A change as the log has it. Sequences of a shop have no gaps and grow in the order of commits."""

    sequence: int
    definition_id: int | None
    change: Change
    suppressed: bool
    operation: str
    api_key_id: int
    idempotency_key: str | None
    made_at: datetime
    erased: bool = False  # what it held went with the person that it was about

    @property
    def id(self) -> int:
        """What lists are ordered by."""
        return self.sequence


def created(record_id: int, version: int, data: Data) -> Change:
    return Change(Kind.CREATED, record_id, version, None, data)


def updated(record_id: int, version: int, before: Data, after: Data) -> Change:
    return Change(Kind.UPDATED, record_id, version, before, after)


def deleted(record_id: int, version: int, before: Data) -> Change:
    """`version` is the one that the record had."""
    return Change(Kind.DELETED, record_id, version + 1, before)


def summary(changes: Sequence[Change]) -> Change:
    """Changes of records as one."""
    ids = {kind: [each.record_id for each in changes if each.kind is kind] for kind in _RECORDS}
    counts = {kind.value.lower(): len(found) for kind, found in ids.items()}
    return Change(Kind.SUMMARY, summary=counts | {"ids": [id_ for found in ids.values() for id_ in found]})


def changed_fields(change: Change) -> list[str]:
    """The fields whose values differ before and after; absent and null are the same."""
    before, after = change.before or {}, change.after or {}
    return [name for name in dict.fromkeys([*before, *after]) if before.get(name) != after.get(name)]


_RECORDS = (Kind.CREATED, Kind.UPDATED, Kind.DELETED)
