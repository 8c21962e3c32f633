"""JSON, decoded exactly: no number is rounded, no duplicate key dropped; and how much of it there is."""

import json
from decimal import Decimal, InvalidOperation
from typing import Any

_LONGEST_INTEGER = 4_000  # digits that Python turns into an int without complaint


class NotJson(ValueError):
    """Why a text is not JSON, in a sentence."""


def decode(text: str) -> Any:
    """Integers stay int (Decimal when huge), other numbers become Decimal. Raises NotJson, also for NaN and Infinity,
    for duplicate keys and for nesting beyond reason."""
    try:
        return _DECODER.decode(text)
    except RecursionError:
        raise NotJson("The JSON is nested too deeply.") from None
    except ValueError as error:
        raise NotJson(f"This is not JSON: {error}.") from None


def size(value: Any) -> int:
    """The bytes of a value of doubles and integers as the database writes it: 1e308 with all its 309 digits."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    longer = []
    if "e+" in text or "e-" in text:  # as exponents are written; texts may have them, too
        json.loads(text, parse_float=lambda number: longer.append(len(format(Decimal(number), "f")) - len(number)))
    return len(text.encode()) + sum(longer)


def _number(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        raise ValueError(f"the exponent of {text[:60]} is beyond reason") from None


def _integer(text: str) -> int | Decimal:
    return int(text) if len(text) <= _LONGEST_INTEGER else Decimal(text)


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a JSON number")


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        twice = next(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]
        raise ValueError(f"the key {twice[:60]!r} stands twice in one object")
    return found


_DECODER = json.JSONDecoder(
    parse_float=_number, parse_int=_integer, parse_constant=_no_constant, object_pairs_hook=_distinct
)
