"""Text that can be stored, and text that is searched."""

import re

from app.domain import limits

_SURROGATE = re.compile("[\ud800-\udfff]")


def text_problem(value: str, longest: int) -> str | None:
    """Why this text cannot be stored, or None. `longest` is in characters."""
    if len(value) > longest:
        return f"This text has {len(value)} characters; at most {longest} fit."
    if "\0" in value:
        return "This text holds the character U+0000, which cannot be stored. Remove it."
    if not value.isascii() and _SURROGATE.search(value):
        return "This text holds half of a surrogate pair (U+D800 to U+DFFF), which is no character. Send valid Unicode."
    return None


def search_key(value: str) -> str:
    """What is searched by prefix: case folded, and only as long as a search may be."""
    return value.strip().casefold()[: limits.SEARCH_LENGTH]


def after_prefix(prefix: str) -> str | None:
    """The first text, in order of code points, behind everything that starts with the prefix; None if nothing is."""
    for end in range(len(prefix), 0, -1):
        last = ord(prefix[end - 1])
        if last < 0x10FFFF:
            following = 0xE000 if last == 0xD7FF else last + 1
            return prefix[: end - 1] + chr(following)
    return None
