"""Calendar words: year ends, weeks from Monday, months of different lengths, and days of 23 and 25 hours."""

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from app.domain.periods import Calendar, Period
from app.domain.problems import Code, Unfit

PARIS, NEW_YORK = "Europe/Paris", "America/New_York"


def at(moment: str, zone: str = "UTC") -> Calendar:
    return Calendar(datetime.fromisoformat(moment), ZoneInfo(zone))


def noon(day: str) -> Calendar:
    return at(f"{day}T12:00:00Z")


PERIODS: dict[str, tuple[str, Any, str, str]] = {
    # today, what is sent, the first day, the first day behind
    "today": ("2026-03-04", {"this": "DAY"}, "2026-03-04", "2026-03-05"),
    "a week begins on Monday": ("2026-03-04", {"this": "WEEK"}, "2026-03-02", "2026-03-09"),
    "Monday is the first of its week": ("2026-03-02", {"this": "WEEK"}, "2026-03-02", "2026-03-09"),
    "Sunday is the last of its week": ("2026-03-08", {"this": "WEEK"}, "2026-03-02", "2026-03-09"),
    "a week across the year's end": ("2026-01-01", {"this": "WEEK"}, "2025-12-29", "2026-01-05"),
    "a month": ("2026-02-28", {"this": "MONTH"}, "2026-02-01", "2026-03-01"),
    "the last month of a year": ("2026-12-31", {"this": "MONTH"}, "2026-12-01", "2027-01-01"),
    "the first quarter": ("2026-03-31", {"this": "QUARTER"}, "2026-01-01", "2026-04-01"),
    "the last quarter": ("2026-10-01", {"this": "QUARTER"}, "2026-10-01", "2027-01-01"),
    "a year": ("2026-07-01", {"this": "YEAR"}, "2026-01-01", "2027-01-01"),
    "the last day of a year": ("2026-12-31", {"this": "YEAR"}, "2026-01-01", "2027-01-01"),
    "the first day of a year": ("2027-01-01", {"this": "YEAR"}, "2027-01-01", "2028-01-01"),
    "one day back is today": ("2026-03-04", {"last": {"days": 1}}, "2026-03-04", "2026-03-05"),
    "thirty days, today the last of them": ("2026-03-04", {"last": {"days": 30}}, "2026-02-03", "2026-03-05"),
    "days across the year's end": ("2026-01-02", {"last": {"days": 3}}, "2025-12-31", "2026-01-03"),
    "a leap day": ("2028-03-01", {"last": {"days": 2}}, "2028-02-29", "2028-03-02"),
    "weeks back": ("2026-03-04", {"last": {"weeks": 2}}, "2026-02-19", "2026-03-05"),
    "a month back": ("2026-03-04", {"last": {"months": 1}}, "2026-02-05", "2026-03-05"),
    "a month back from the 31st": ("2026-03-31", {"last": {"months": 1}}, "2026-03-01", "2026-04-01"),
    "a quarter back, into the old year": ("2026-01-15", {"last": {"quarters": 1}}, "2025-10-16", "2026-01-16"),
    "a year back from a leap day": ("2028-02-29", {"last": {"years": 1}}, "2027-03-01", "2028-03-01"),
    "one day on is today": ("2026-03-04", {"next": {"days": 1}}, "2026-03-04", "2026-03-05"),
    "two weeks on, today the first day": ("2026-12-24", {"next": {"weeks": 2}}, "2026-12-24", "2027-01-07"),
    "a month on from the 31st": ("2026-01-31", {"next": {"months": 1}}, "2026-01-31", "2026-02-28"),
    "years on": ("2026-01-31", {"next": {"years": 2}}, "2026-01-31", "2028-01-31"),
}


@pytest.mark.parametrize("case", PERIODS)
def test_a_period_is_whole_days(case: str) -> None:
    today, sent, first, end = PERIODS[case]
    assert noon(today).period(sent) == Period(date.fromisoformat(first), date.fromisoformat(end))


TODAYS = {
    "a new year comes to Paris before UTC": ("2025-12-31T23:30:00Z", PARIS, "2026-01-01"),
    "and to New York after": ("2026-01-01T04:30:00Z", NEW_YORK, "2025-12-31"),
    "in summer Paris is two hours ahead": ("2026-06-30T22:15:00Z", PARIS, "2026-07-01"),
    "in winter one": ("2026-01-30T22:15:00Z", PARIS, "2026-01-30"),
    "the hour that comes twice": ("2026-10-25T00:30:00Z", PARIS, "2026-10-25"),
}


@pytest.mark.parametrize("case", TODAYS)
def test_today_is_the_shops(case: str) -> None:
    now, zone, expected = TODAYS[case]
    assert at(now, zone).today == date.fromisoformat(expected)


def test_the_new_year_of_a_shop_begins_when_it_does_there() -> None:
    assert at("2025-12-31T23:30:00Z", PARIS).period({"this": "YEAR"}).first == date(2026, 1, 1)
    assert at("2026-01-01T04:30:00Z", NEW_YORK).period({"this": "YEAR"}).first == date(2025, 1, 1)


BEGINNINGS = {
    "UTC": ("UTC", "2026-03-29", "2026-03-29T00:00:00Z"),
    "Paris, the day the clock goes forward": (PARIS, "2026-03-29", "2026-03-28T23:00:00Z"),
    "Paris, the day after, 23 hours later": (PARIS, "2026-03-30", "2026-03-29T22:00:00Z"),
    "Paris, the day the clock goes back": (PARIS, "2026-10-25", "2026-10-24T22:00:00Z"),
    "Paris, the day after, 25 hours later": (PARIS, "2026-10-26", "2026-10-25T23:00:00Z"),
    "New York, the day the clock goes forward": (NEW_YORK, "2026-03-08", "2026-03-08T05:00:00Z"),
    "New York, the day after, 23 hours later": (NEW_YORK, "2026-03-09", "2026-03-09T04:00:00Z"),
    "New York, the day the clock goes back": (NEW_YORK, "2026-11-01", "2026-11-01T04:00:00Z"),
    "New York, the day after, 25 hours later": (NEW_YORK, "2026-11-02", "2026-11-02T05:00:00Z"),
    "Santiago skips midnight: its first moment is one o'clock": (
        "America/Santiago", "2026-09-06", "2026-09-06T04:00:00Z",
    ),
    "Havana has midnight twice: the first one": ("America/Havana", "2026-11-01", "2026-11-01T04:00:00Z"),
}  # fmt: skip


@pytest.mark.parametrize("case", BEGINNINGS)
def test_a_day_begins_at_midnight_of_the_shop(case: str) -> None:
    zone, day, expected = BEGINNINGS[case]
    beginning = at("2026-06-01T00:00:00Z", zone).beginning(date.fromisoformat(day))
    assert beginning == datetime.fromisoformat(expected)
    assert beginning.tzinfo is UTC


WRONG: dict[str, Any] = {
    "no object": "YEAR",
    "nothing": {},
    "two words": {"this": "DAY", "last": {"days": 1}},
    "an unknown word": {"previous": "DAY"},
    "an unknown unit": {"this": "DECADE"},
    "a unit in lower case": {"this": "day"},
    "a unit that is no text": {"this": ["DAY"]},
    "a length that is no object": {"last": 30},
    "two lengths": {"last": {"days": 1, "weeks": 1}},
    "an unknown length": {"last": {"hours": 1}},
    "no days": {"last": {"days": 0}},
    "days in the wrong direction": {"last": {"days": -1}},
    "too many days": {"last": {"days": 10_001}},
    "days that are true": {"last": {"days": True}},
    "half a day": {"last": {"days": 0.5}},
    "before the first year": {"last": {"years": 2026}},
    "long before": {"last": {"years": 10_000}},
    "behind the last year": {"next": {"years": 7974}},
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_no_period_is_refused(case: str) -> None:
    with pytest.raises(Unfit) as caught:
        noon("2026-03-04").period(WRONG[case])
    assert caught.value.problem.code is Code.INVALID_PERIOD
    assert caught.value.problem.message.endswith(".")


@pytest.mark.parametrize(("now", "sent"), [("9999-12-31", "DAY"), ("9999-12-31", "WEEK"), ("9999-12-01", "YEAR")])
def test_time_ends_with_the_year_9999(now: str, sent: str) -> None:
    with pytest.raises(Unfit):
        noon(now).period({"this": sent})


def test_time_begins_with_the_year_1() -> None:
    with pytest.raises(Unfit):
        at("2026-01-01T00:00:00Z", "Asia/Tokyo").beginning(date.min)
