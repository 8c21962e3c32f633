"""What a look at a deployment finds."""

from dataclasses import dataclass
from enum import Enum


class Health(Enum):
    """WORTH_KNOWING is no fault, but may become one."""

    SOUND = "ok"
    WORTH_KNOWING = "note"
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class Finding:
    """What was looked at, how it is, and what to do if it is not well."""

    subject: str
    health: Health
    told: str
    mend: str = ""


def sound(subject: str, told: str) -> Finding:
    return Finding(subject, Health.SOUND, told)


def fault(subject: str, told: str, mend: str) -> Finding:
    return Finding(subject, Health.FAULT, told, mend)


def note(subject: str, told: str, mend: str = "") -> Finding:
    return Finding(subject, Health.WORTH_KNOWING, told, mend)
