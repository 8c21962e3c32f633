"""What a client sends and what it will take: Content-Type, Content-Encoding, Accept."""

import re
from collections.abc import Mapping
from functools import lru_cache

from app.server.refusals import Refused

JSON = "application/json"
MULTIPART = "multipart/form-data"
GRAPHQL = "application/graphql-response+json"
EVENTS = "text/event-stream"
UTF_8 = ("", "utf-8", "utf8")
_CHARSET = re.compile(r';\s*charset\s*=\s*"?([^\s;"]*)', re.IGNORECASE)
_QUALITY = re.compile(r";\s*q\s*=\s*(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)\s*(?:;|$)", re.IGNORECASE)


@lru_cache(maxsize=200)
def answer_type(accept: str) -> str | None:
    """The media type to answer with; None where neither of ours is wanted. Equal wishes go to the GraphQL type if it
    is named and to JSON if only a wildcard covers both, so a client that names nothing gets JSON."""
    ranges = _ranges(accept)
    named, plain = _quality(GRAPHQL, ranges), _quality(JSON, ranges)
    if not (named or plain):
        return None
    return GRAPHQL if named > plain or (named == plain and GRAPHQL in ranges) else JSON


def wants_events(accept: str) -> bool:
    """Whether answers are to come as server-sent events: they are preferred to single ones. Clients that name all they
    could read get a single one."""
    if EVENTS not in accept:
        return False
    ranges = _ranges(accept)
    return ranges.get(EVENTS, 0) > max(ranges.get(GRAPHQL, 0), ranges.get(JSON, 0))


def wants_page(accept: str) -> bool:
    """Whether a browser asks, which prefers a page to JSON."""
    return "text/html" in accept and _ranges(accept).get("text/html", 0) > 0


def check_content(headers: Mapping[str, str]) -> None:
    """Refuses a body that is not plain JSON in UTF-8. A type that a form can send is among them: a page elsewhere then
    cannot post here without being asked first (CORS preflight)."""
    if not _plain(headers.get("content-type", "")):
        message = "Send the request as JSON in UTF-8, with content-type: application/json."
        raise Refused("UNSUPPORTED_MEDIA_TYPE", message)
    if headers.get("content-encoding", "identity").strip().lower() not in ("", "identity"):
        raise Refused("UNSUPPORTED_MEDIA_TYPE", "Send the body as it is, without content-encoding.")


@lru_cache(maxsize=200)
def _plain(content_type: str) -> bool:
    charset = _CHARSET.search(content_type)
    return content_type.partition(";")[0].strip().lower() == JSON and not (charset and charset[1].lower() not in UTF_8)


@lru_cache(maxsize=200)
def _ranges(accept: str) -> dict[str, float]:
    """The quality of each media range, by its lower-case name. No header means anything."""
    ranges: dict[str, float] = {}
    for part in (accept.strip() or "*/*").split(","):
        name, charset, quality = part.partition(";")[0].strip().lower(), _CHARSET.search(part), _QUALITY.search(part)
        if name and not (charset and charset[1].lower() not in UTF_8):
            ranges[name] = float(quality[1]) if quality else 1.0
    return ranges


def _quality(media: str, ranges: dict[str, float]) -> float:
    """RFC 9110: the most specific range decides."""
    return next((ranges[name] for name in (media, "application/*", "*/*") if name in ranges), 0.0)
