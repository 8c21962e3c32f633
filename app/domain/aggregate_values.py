"""The values of aggregates in the form that values have in the data: NUMBER as numbers, DECIMAL, DATE and DATETIME as
texts. Decimals are in their shortest form: equal ones are written alike."""

from datetime import UTC, date, datetime
from decimal import Context, Decimal
from fractions import Fraction
from typing import Any

from app.domain.entities import Kind
from app.domain.limits import DECIMAL_FRACTION_DIGITS
from app.domain.moments import aware

_EXACT = Context(prec=1_000_000)  # digits enough for any sum
_LARGEST_INTEGER = 2**53


def shown(kind: Kind, value: Any) -> Any:
    """A value of that kind as the database gives it. Raises OverflowError for a number that no double is near."""
    match value:
        case None | bool():
            return value
        case _ if kind is Kind.NUMBER:
            return _number(Fraction(value))
        case Decimal():
            return _shortest(value)
        case datetime() if kind is Kind.DATE:
            return value.date().isoformat()
        case datetime():
            return aware(value).astimezone(UTC).isoformat().replace("+00:00", "Z")
        case date():
            return value.isoformat()
    return value


def average(kind: Kind, total: Decimal | None, count: int) -> Any:
    """The average of so many values, null of none: of NUMBER the nearest double, of DECIMAL rounded half to even at the
    30th digit after the point."""
    if total is None or not count:
        return None
    if kind is Kind.NUMBER:
        return _number(Fraction(total) / count)
    exact = Fraction(total) / count
    return _shortest(_rounded(exact))


def _rounded(exact: Fraction) -> Decimal:
    scaled = round(exact * 10**DECIMAL_FRACTION_DIGITS)  # half to even
    return Decimal(scaled).scaleb(-DECIMAL_FRACTION_DIGITS, _EXACT)


def _number(exact: Fraction) -> int | float:
    """As NUMBER is stored: an integer where it is one that doubles have."""
    double = float(exact)  # the nearest
    return int(double) if double.is_integer() and abs(double) <= _LARGEST_INTEGER else double


def _shortest(value: Decimal) -> str:
    if not value:
        return "0"
    return f"{value.normalize(_EXACT):f}"
