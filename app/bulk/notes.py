"""Notes for people in a file of rejects: where a row stood, what is wrong with it, and what could not be read of it."""

import json
import re

from app.bulk.columns import IGNORED
from app.domain.problems import Code, Problem

LINE, ERRORS, RAW = f"{IGNORED}line", f"{IGNORED}errors", f"{IGNORED}raw"

_BLANK = re.compile(r"[ \t\r\n]*")
_DECODER = json.JSONDecoder(parse_int=str)  # only to find where a value ends

STILL_RAW = Problem(
    Code.NOT_AN_OBJECT, f"{RAW} holds a row that could not be read: put its values where they belong, and empty {RAW}."
)  # fmt: skip
ONLY_NOTES = Problem(Code.NOT_AN_OBJECT, f"This row has nothing but what begins with {IGNORED}: put in its values.")


def members(line: str) -> list[str]:
    """The members of an object of JSON as they were written, to the digit, without notes of an earlier round."""
    found: list[str] = []
    at = _after(line, line.index("{") + 1)
    while line[at] != "}":
        begins = at
        name, at = _DECODER.raw_decode(line, at)
        _, ends = _DECODER.raw_decode(line, _after(line, _after(line, at) + 1))
        if name not in (LINE, ERRORS):
            found.append(line[begins:ends])
        at = _after(line, ends)
        if line[at] == ",":
            at = _after(line, at + 1)
    return found


def _after(line: str, at: int) -> int:
    """Behind the blanks there."""
    match = _BLANK.match(line, at)
    assert match is not None
    return match.end()
