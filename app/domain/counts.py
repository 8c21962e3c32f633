"""How many records there are behind a link, compared: `{"gte": 1, "lt": 5}`."""

from collections.abc import Iterable
from typing import Any

from app.domain.conditions import FALSE, TRUE, Condition, Counted, Not, Some, every
from app.domain.entities import Link, unknown
from app.domain.limits import RECORDS_COUNTED
from app.domain.operators import two
from app.domain.problems import Code, Unfit

OPERATORS = ("eq", "ne", "lt", "lte", "gt", "gte", "between", "notBetween")

_Bounds = tuple[int, int | None]


def counted(link: Link, condition: Condition, comparisons: Iterable[tuple[str, Any]]) -> Condition:
    """That the number of records fulfilling the condition satisfies all comparisons. Raises Unfit."""
    least, most, negated = 0, None, []
    for operator, sent in comparisons:
        low, high = _bounds(operator, sent)
        if operator in ("ne", "notBetween"):
            negated.append(Not(_between(link, condition, low, high)))
        else:
            least, most = max(least, low), high if most is None else min(most, most if high is None else high)
    return every((_between(link, condition, least, most), *negated))


def _between(link: Link, condition: Condition, least: int, most: int | None) -> Condition:
    """Simple ones become what asks less of the database."""
    if most is not None and most < max(least, 0):
        return FALSE
    if least <= 0 and most is None:
        return TRUE
    if least == 1 and most is None:
        return Some(link, condition)
    if most == 0:
        return Not(Some(link, condition))
    return Counted(link, condition, max(least, 0), most)


def _bounds(operator: str, sent: Any) -> _Bounds:
    if operator not in OPERATORS:
        raise Unfit(Code.UNKNOWN_OPERATOR, unknown(operator, "operator of count", ["where", *OPERATORS]))
    if operator in ("between", "notBetween"):
        low, high = map(_number, two(sent))
        return low, high
    number = _number(sent)
    if operator in ("eq", "ne"):
        return number, number
    if operator in ("lt", "lte"):
        return 0, number - (operator == "lt")
    return number + (operator == "gt"), None


def _number(sent: Any) -> int:
    if not isinstance(sent, int) or isinstance(sent, bool) or not 0 <= sent <= RECORDS_COUNTED:
        raise Unfit(Code.INVALID_VALUE, f"A count is compared with a whole number from 0 to {RECORDS_COUNTED:,}.")
    return sent
