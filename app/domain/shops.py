"""Shops, the tenants, and the API keys that speak for them."""

import hashlib
import re
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import available_timezones

from app.domain.access import Scope
from app.domain.limits import LARGEST_ID, NAME_LENGTH
from app.domain.problems import Code, Problem
from app.domain.text import text_problem

_KEY = re.compile(r"cdg_([1-9][0-9]{0,18})_[A-Za-z0-9_-]{43}")
_SHOWN_CHARACTERS = 6  # of a key's secret, so that a person can tell keys apart in a list


@dataclass(frozen=True, slots=True)
class Shop:
    """A tenant. `time_zone` is an IANA name; `unify_by_email` is VERIFIED or ALWAYS; `model_version` grows with every
    change of its definitions or overrides."""

    id: int
    name: str
    time_zone: str
    unify_by_email: str
    model_version: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class ApiKey:
    """What is known of a key: never its text. `prefix` is its beginning, for people."""

    id: int
    shop_id: int
    name: str
    prefix: str
    created_at: datetime
    revoked_at: datetime | None
    scopes: frozenset[Scope]


def name_problem(name: str) -> Problem | None:
    """A shop or a key has a name that can be stored: 1 to 100 characters, not only blanks."""
    if not name.strip():
        return Problem(Code.INVALID_NAME, "A name is needed: it is blank.", "name")
    message = text_problem(name, NAME_LENGTH)
    return Problem(Code.INVALID_NAME, message, "name") if message else None


def time_zone_problem(name: str) -> Problem | None:
    """A shop's time zone is an IANA name, spelled as the IANA spells it."""
    if name in available_timezones() - {"localtime"}:  # the machine's own, which the database does not know
        return None
    message = f"{name!a} is no IANA time zone. Use a name such as 'Europe/Paris' or 'UTC'."
    return Problem(Code.INVALID_VALUE, message, "timeZone")


def scopes_problem(names: Collection[str]) -> Problem | None:
    """Scopes are named as `Scope` names them, and at least one is needed."""
    known = [scope.value for scope in Scope]
    unknown = sorted(set(names) - set(known))
    if names and not unknown:
        return None
    fault = f"{', '.join(map(ascii, unknown))} is no scope." if unknown else "A key needs at least one scope."
    return Problem(Code.INVALID_VALUE, f"{fault} Scopes: {', '.join(known)}.", "scopes")


def new_key(shop_id: int) -> tuple[str, bytes, str]:
    """A key of 256 random bits: its text, to be shown once; its SHA-256, to be stored; its prefix, to be listed."""
    text = f"cdg_{shop_id}_{secrets.token_urlsafe(32)}"
    return text, _digest(text), text[: -43 + _SHOWN_CHARACTERS]


def parse_key(text: str) -> tuple[int, bytes] | None:
    """The shop that a key names and the digest to look for; None for what cannot be a key, whatever it is."""
    match = _KEY.fullmatch(text)
    if match is None or int(match[1]) > LARGEST_ID:
        return None
    return int(match[1]), _digest(text)


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
