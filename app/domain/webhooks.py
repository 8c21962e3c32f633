"""Webhooks: where they may go, how they are signed, and when a failed one is sent again."""

import hashlib
import hmac
import secrets
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

from app.domain.limits import URL_LENGTH
from app.domain.problems import Code, Problem

TIMESTAMP_HEADER = "custom-data-timestamp"
SIGNATURE_HEADER = "custom-data-signature"
EVENT_HEADER = "custom-data-event"
_VERSION = "v1"
_LONGEST_WAIT = 6 * 60 * 60
_FRESH_SECONDS = 300  # of a timestamp, either way
_FOR_DEVELOPMENT = "For development the setting CUSTOM_DATA_PRIVATE_WEBHOOKS=true allows http and private hosts."
_TRANSLATED = IPv6Network("64:ff9b::/96")  # IPv4 addresses as an IPv6-only network writes them


class DeliveryStatus(Enum):
    """Where a delivery stands."""

    PENDING = "PENDING"
    DELIVERED = "DELIVERED"
    DEAD = "DEAD"


@dataclass(frozen=True, slots=True)
class Delivery:
    """One change to be told to a trigger's endpoint. `record_id` is None of what is not about one record. `answered` is
    the HTTP status of the last attempt, `error` what kept it from succeeding."""

    id: int
    trigger_id: int
    sequence: int
    record_id: int | None
    status: DeliveryStatus
    body: str
    attempts: int
    next_at: datetime
    answered: int | None
    error: str | None
    created_at: datetime
    settled_at: datetime | None


def event_id(shop_id: int, trigger_id: int, sequence: int) -> str:
    """The same at every attempt and replay, and of no other change or trigger: what receivers tell repeats by."""
    return f"{shop_id}-{trigger_id}-{sequence}"


def new_secret() -> str:
    """256 random bits."""
    return f"whsec_{secrets.token_urlsafe(32)}"


def signature(secrets_: Sequence[str], timestamp: int, body: bytes) -> str:
    """The signature header: for each secret that is valid "v1=" and the HMAC-SHA256, in hexadecimal, of the timestamp
    (Unix seconds), a point and the body; joined by commas, the newest secret first."""
    signed = b"%d.%s" % (timestamp, body)
    return ",".join(
        f"{_VERSION}={hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()}" for secret in secrets_
    )


def forgery(secrets_: Sequence[str], timestamp: str, sent: str, body: bytes, now: float) -> str | None:
    """Why a receiver should not believe what came: the headers' timestamp is not of the last five minutes, or none of
    the signatures fits any of the secrets. None where all is well."""
    if not timestamp.isdecimal() or abs(now - int(timestamp)) > _FRESH_SECONDS:
        return f"the timestamp {timestamp[:20]!r} is not of the last five minutes"
    expected = signature(secrets_, int(timestamp), body).encode().split(b",")
    given = sent.encode("utf-8", "replace").split(b",")
    if not any(hmac.compare_digest(one, other) for one in expected for other in given):
        return "the signature fits none of the secrets, which were read when this receiver started"
    return None


def pause(attempts: int, first_seconds: float, chance: float) -> float:
    """Seconds to wait after so many failed attempts: doubled with each, six hours at most, and then between half and
    all of that, by a chance from 0 to 1."""
    longest = min(first_seconds * 2.0 ** min(attempts - 1, 60), _LONGEST_WAIT)
    return longest * (0.5 + 0.5 * chance)


def public(address: str) -> bool:
    """Whether an IP address belongs to the open internet: not private, loopback, link-local, multicast or reserved,
    nor such an IPv4 address written as an IPv6 one."""
    found: IPv4Address | IPv6Address = ip_address(address.partition("%")[0])
    if isinstance(found, IPv6Address):
        inside = found.ipv4_mapped or found.sixtofour or (found.teredo[1] if found.teredo else None)
        if found in _TRANSLATED:
            inside = IPv4Address(int(found) & 0xFFFFFFFF)
        if inside is not None:
            return public(str(inside))
        if int(found) >> 32 == 0:  # ::/96, the oldest way to write an IPv4 address
            return False
    return found.is_global and not found.is_multicast and not found.is_reserved


def url_problem(url: str, *, private: bool) -> Problem | None:
    """Why nothing may be sent there. `private` allows http, and addresses of the own machine and network. Names are
    resolved, and what they give is checked, whenever something is sent."""
    if len(url) > URL_LENGTH:
        return _bad(f"The URL has {len(url):,} characters; at most {URL_LENGTH:,} fit.")
    if "://" not in url:
        return _bad("This is no URL. Write it as https://shop.example.com/hooks.")
    if not url.isascii() or any(each <= " " or each == "\x7f" for each in url):
        return _bad("The URL holds blanks or characters beyond ASCII: write the host in punycode, the rest with %XX.")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return _bad("This is no URL. Write it as https://shop.example.com/hooks.")
    schemes = ("https", "http") if private else ("https",)
    if parts.scheme not in schemes or not host or port == 0:
        return _bad(f"Webhooks go to https. Write the URL as https://shop.example.com/hooks. {_FOR_DEVELOPMENT}")
    if parts.username is not None or parts.password is not None or parts.fragment:
        return _bad("The URL holds a user name or a fragment: leave them out. What is sent is signed.")
    if not private and _closed(host):
        message = f"{host} is not on the open internet: webhooks do not go there. {_FOR_DEVELOPMENT}"
        return Problem(Code.PRIVATE_ADDRESS, message, "url")
    return None


def _closed(host: str) -> bool:
    """Whether a host can be told to be private by its name."""
    try:
        return not public(_plain(host))
    except ValueError:
        name = host.rstrip(".").lower()
        return name == "localhost" or name.endswith((".localhost", ".local", ".internal"))


def _plain(host: str) -> str:
    """An IPv4 address as it is usually written: resolvers also take 127.1, 2130706433 and 0x7f000001."""
    try:
        return socket.inet_ntoa(socket.inet_aton(host.rstrip(".")))
    except OSError:
        return host


def _bad(message: str) -> Problem:
    return Problem(Code.INVALID_URL, message, "url")
