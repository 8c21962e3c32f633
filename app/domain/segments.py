"""Segments: conditions on contacts that a shop keeps under a name."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import Any

from app.domain.naming import name_key


@dataclass(frozen=True)
class Segment:
    """A named condition. `text` is the condition as it was sent, JSON; it is read anew whenever it is asked, so that
    calendar words move on. What it was made for is kept beside it: the definitions it leads to itself, and the segments
    it names, by their ids. A definition that takes the key of a deleted one is another."""

    id: int
    name: str
    text: str
    definition_ids: frozenset[int]
    segment_ids: frozenset[int]
    created_at: datetime
    updated_at: datetime

    @cached_property
    def where(self) -> Any:
        """The condition as the parser takes it, its numbers exact."""
        return json.loads(self.text, parse_float=Decimal)


def find_segment(segments: Iterable[Segment], name_or_id: str) -> Segment | None:
    """The segment of that id (digits), else of that name, ignoring case and accents. A name never consists of
    digits."""
    if name_or_id.isascii() and name_or_id.isdigit():
        return next((each for each in segments if str(each.id) == name_or_id), None)
    key = name_key(name_or_id[:1_000])
    return next((each for each in segments if name_key(each.name) == key), None)


def users(segments: Iterable[Segment], segment_id: int) -> list[Segment]:
    """The segments that name this one."""
    return [each for each in segments if segment_id in each.segment_ids]
