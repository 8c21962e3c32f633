"""Times as the database sends them, made datetimes only when somebody asks: most queries never look at them, and making
two for each row took longer than all else of it."""

from datetime import UTC, datetime, timedelta
from typing import TypeAlias

Moment: TypeAlias = bytes
"""Microseconds since the beginning of 2000 in UTC, as 8 bytes, signed, the highest first: PostgreSQL's timestamptz."""

_BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)


def moment(sent: Moment) -> datetime:
    return _BEGINNING + timedelta(microseconds=int.from_bytes(sent, "big", signed=True))


def aware(found: datetime) -> datetime:
    """A time that a column gave. The driver gives the first and the last one there are without their zone, UTC."""
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)
