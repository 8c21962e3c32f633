"""Calendar words: whole days of the shop, counted from its today.

`{this: WEEK}` is the calendar week today is in, from Monday. `{last: {days: 30}}` is today and the 29 days before it,
`{next: {weeks: 2}}` today and the 13 days behind it. A DATE lies in a period by its day, a DATETIME by its moment: a
day begins at midnight of the shop's time zone (or at the first moment after it, where the clock skips midnight), so
that a day may have 23 or 25 hours.
"""

from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any

from app.domain.limits import PERIOD_LENGTH
from app.domain.problems import Code, Unfit

SPELLING = (
    '{"this": "DAY" | "WEEK" | "MONTH" | "QUARTER" | "YEAR"}, {"last": {"days": 30}} or {"next": {"weeks": 2}} '
    "(days, weeks, months, quarters, years)"
)

_DAY = timedelta(days=1)
_MONTHS = {"months": 1, "quarters": 3, "years": 12}
_DAYS = {"days": 1, "weeks": 7}


@dataclass(frozen=True, slots=True)
class Period:
    """From a day up to, not including, another."""

    first: date
    end: date


@dataclass(frozen=True, slots=True)
class Calendar:
    """A shop's calendar at a moment."""

    now: datetime
    zone: tzinfo

    @property
    def today(self) -> date:
        return self.now.astimezone(self.zone).date()

    def beginning(self, day: date) -> datetime:
        """The first moment of a day, in UTC. Raises Unfit at the ends of time."""
        try:
            return datetime(day.year, day.month, day.day, tzinfo=self.zone).astimezone(UTC)
        except OverflowError:
            raise _beyond() from None

    def period(self, sent: Any) -> Period:
        """The days that a calendar word means. Raises Unfit for what is none."""
        word, value = next(iter(sent.items())) if isinstance(sent, dict) and len(sent) == 1 else (None, None)
        try:
            if word == "this" and isinstance(value, str) and value in _THIS:
                return _THIS[value](self.today)
            if word in ("last", "next"):
                return self._counted(word, *_length(value))
        except (OverflowError, ValueError):
            raise _beyond() from None
        raise Unfit(Code.INVALID_PERIOD, f"This is no period. Possible: {SPELLING}.")

    def _counted(self, word: str, unit: str, count: int) -> Period:
        today = self.today
        if word == "last":
            return Period(_moved(today, unit, -count) + _DAY, today + _DAY)
        return Period(today, _moved(today, unit, count))


def day(first: date) -> Period:
    """One day. Raises Unfit at the end of time."""
    try:
        return Period(first, first + _DAY)
    except OverflowError:
        raise _beyond() from None


def _length(sent: Any) -> tuple[str, int]:
    unit, count = next(iter(sent.items())) if isinstance(sent, dict) and len(sent) == 1 else (None, None)
    if unit not in _MONTHS | _DAYS:
        raise Unfit(Code.INVALID_PERIOD, f"This is no period. Possible: {SPELLING}.")
    if not isinstance(count, int) or isinstance(count, bool) or not 1 <= count <= PERIOD_LENGTH:
        raise Unfit(Code.INVALID_PERIOD, f"{unit} is a whole number from 1 to {PERIOD_LENGTH:,}.")
    return unit, count


def _moved(start: date, unit: str, count: int) -> date:
    """So many units later. A month too short for the day gives its last one."""
    if unit in _DAYS:
        return start + timedelta(days=_DAYS[unit] * count)
    year, month = divmod(start.year * 12 + start.month - 1 + _MONTHS[unit] * count, 12)
    if not 1 <= year <= 9999:
        raise _beyond()
    return date(year, month + 1, min(start.day, monthrange(year, month + 1)[1]))


def _week(today: date) -> Period:
    monday = today - timedelta(days=today.weekday())
    return Period(monday, monday + 7 * _DAY)


def _months(count: int) -> Callable[[date], Period]:
    """The part of the year, so many months long, that a day is in."""

    def part(today: date) -> Period:
        first = date(today.year, (today.month - 1) // count * count + 1, 1)
        return Period(first, _moved(first, "months", count))

    return part


_THIS: dict[str, Callable[[date], Period]] = {
    "DAY": day, "WEEK": _week, "MONTH": _months(1), "QUARTER": _months(3), "YEAR": _months(12),
}  # fmt: skip


def _beyond() -> Unfit:
    return Unfit(Code.INVALID_PERIOD, "This reaches beyond the years 1 to 9999.")
