"""Marks as text, for cursors: read again exactly, and only by the order that made them."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from math import isfinite
from typing import Any

from app.domain.definitions import Field, FieldType
from app.domain.entities import Entity
from app.domain.limits import LARGEST_ID, STRING_LENGTH
from app.domain.moments import aware
from app.domain.orders import Order
from app.domain.text import text_problem
from app.domain.values import parse
from app.store.fragments import Fragments, Sql
from app.store.orders import Mark, sorting

_SIGN = "\0"  # stands in no id, so that nothing else is taken for a mark
_MARK = re.compile(f"{_SIGN}[0-9a-f]{{16}}\\[")


def is_mark(text: str) -> bool:
    """Whether a cursor's text is the mark of some order by fields."""
    return _MARK.match(text) is not None


def written(order: Order, mark: Mark) -> str:
    values = [_plain(value) for value in (*mark.values, mark.id)]
    return f"{_SIGN}{order.digest}{json.dumps(values)}"


def made_by(order: Order, text: str) -> bool:
    """Whether this order made the mark, as far as can be told."""
    return text.startswith(f"{_SIGN}{order.digest}")


def read(entity: Entity, order: Order, text: str) -> Mark | None:
    """The mark that this order wrote; None for what it never wrote."""
    expected = sorting(entity, order, Sql("r"), Fragments())
    types = [*(key.place.exact.type for key in expected.keys), expected.id.type]
    try:
        sent = json.loads(text.removeprefix(f"{_SIGN}{order.digest}"))
        if not isinstance(sent, list) or len(sent) != len(types):
            return None
        *values, id_ = [
            value if value is None else _READERS[kind](value) for kind, value in zip(types, sent, strict=True)
        ]
    except (ValueError, TypeError, OverflowError, RecursionError):
        return None
    return Mark(tuple(values), id_) if id_ is not None else None


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return aware(value).isoformat()
    return str(value) if isinstance(value, Decimal) else value


def _text(value: Any) -> str:
    if not isinstance(value, str) or text_problem(value, STRING_LENGTH):
        raise ValueError
    return value


def _whole(value: Any) -> int:
    if type(value) is not int or abs(value) > LARGEST_ID:
        raise ValueError
    return value


def _double(value: Any) -> float:
    if type(value) not in (int, float) or not isfinite(value):
        raise ValueError
    return float(value)


def _numeric(value: Any) -> Decimal:
    stored, problem = parse(Field("", FieldType.DECIMAL, ""), value)
    if problem is not None:
        raise ValueError
    return Decimal(stored)


def _boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError
    return value


def _moment(value: Any) -> datetime:
    return datetime.fromisoformat(value).astimezone(UTC)


_READERS: dict[str, Callable[[Any], Any]] = {
    "text": _text, "bigint": _whole, "float8": _double, "numeric": _numeric, "boolean": _boolean,
    "timestamptz": _moment,
}  # fmt: skip
