"""Conditions as segments and triggers keep them: the JSON that was sent, as text."""

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

_LARGEST = 2**53  # whole numbers up to here are doubles, too


def kept_text(sent: Any, segment_ids: Mapping[tuple[str, ...], str]) -> str:
    """The condition's text. Segments are named by their ids, which are given by where their names stand in it, so that
    a new name changes nothing."""
    return json.dumps(_plain(sent, segment_ids), ensure_ascii=False, separators=(",", ":"))


def kept_condition(text: str) -> Any:
    """The condition again, its numbers exact."""
    return json.loads(text, parse_float=Decimal)


def _plain(sent: Any, segment_ids: Mapping[tuple[str, ...], str], at: tuple[str, ...] = ()) -> Any:
    """JSON that every client can read: a number that a double would change becomes a text."""
    if at in segment_ids:
        return segment_ids[at]
    if isinstance(sent, dict):
        return {key: _plain(value, segment_ids, (*at, key)) for key, value in sent.items()}
    if isinstance(sent, list):
        return [_plain(value, segment_ids, (*at, str(index))) for index, value in enumerate(sent)]
    if isinstance(sent, Decimal):
        short = float(sent)
        return short if Decimal(repr(short)) == sent else format(sent, "f")
    if isinstance(sent, int) and abs(sent) > _LARGEST:
        return str(sent)
    return sent
