"""What a file begins with, where that tells a frequent mistake: said before anything is read of it."""

import re

from app.bulk.lines import Unreadable
from app.domain import exact_json

_KINDS = (
    (b"\x1f\x8b", "The file is not UTF-8 but packed with gzip: unpack it."),
    (
        b"PK\x03\x04",
        "The file is not UTF-8 but a workbook or an archive: save the sheet as CSV UTF-8, or unpack it.",
    ),
    (b"\xff\xfe", "The file is not UTF-8 but UTF-16: save it as UTF-8 (in Excel: CSV UTF-8)."),
    (b"\xfe\xff", "The file is not UTF-8 but UTF-16: save it as UTF-8 (in Excel: CSV UTF-8)."),
)
_EXCEL = re.compile(r"\s*sep=.?\s*", re.IGNORECASE)


def refuse_kinds(first: bytes) -> None:
    """Raises Unreadable for a file that is no text in UTF-8, told by its first line."""
    for beginning, said in _KINDS:
        if first.startswith(beginning):
            raise Unreadable(said)


def refuse_headers(first: str) -> None:
    """Raises Unreadable for a first line that cannot name columns."""
    if not first.strip():
        raise Unreadable("The first line is blank, and should name the columns: take it out.")
    if _EXCEL.fullmatch(first):
        raise Unreadable(f'The first line, "{first.strip()}", is for Excel only: take it out. The header tells '
                         "the delimiter, or --delimiter (over HTTP delimiter) does.")  # fmt: skip


def refuse_arrays(first: bytes, *, alone: bool) -> None:
    """Raises Unreadable for one JSON array instead of lines of JSON. `alone`: nothing follows that line."""
    if first.lstrip()[:1] == b"[" and (alone or not _is_json(first)):
        raise Unreadable("The file is one JSON array. JSON Lines have an object on each line and nothing between them: "
                         "jq -c '.[]' makes such of it.")  # fmt: skip


def _is_json(line: bytes) -> bool:
    try:
        exact_json.decode(line.decode().strip())
    except ValueError:
        return False
    return True
