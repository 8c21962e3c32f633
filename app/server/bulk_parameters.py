"""What the address of a request to /bulk says, and what its headers must not."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from app.domain.changes import Events
from app.server.refusals import Refused

_FORMS = {"text/csv": "csv", "application/x-ndjson": "jsonl", "application/jsonl": "jsonl", "application/json": "jsonl"}
_IDEMPOTENCY = ("idempotency-key", "x-idempotency-key")


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address says."""

    definition: str = ""
    events: Events = Events.SUMMARY
    delimiter: str | None = None
    keep_empty: bool = False
    decimal_comma: bool = False
    reject_ambiguous: bool = False
    dry_run: bool = False
    restart: bool = False
    form: str | None = None


def read_address(query_string: bytes, method: str, what: str) -> Asked:
    """Raises Refused for what this method does not know of these rows, and for what is said twice: it would be ignored,
    and who said it would not know."""
    try:
        pairs = parse_qsl(query_string.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=20)
    except ValueError:
        raise Refused("BAD_REQUEST", "The address is not UTF-8 in percent-encoding, or has too many parts.") from None
    known = [*(("definition",) if what == "records" else ()), *_OF_METHOD[method]]
    for name, times in Counter(name for name, _ in pairs).items():
        if name not in known:
            told = f"There is no parameter {name!r} of {method} /bulk/{what}. Known: {', '.join(known)}."
            raise Refused("BAD_REQUEST", told)
        if times > 1:
            raise Refused("BAD_REQUEST", f"The parameter {name} is there {times} times. Send it once.")
    if what == "records" and not dict(pairs).get("definition"):
        raise Refused("BAD_REQUEST", "Say whose records: /bulk/records?definition=KEY.")
    return Asked(**{field: value for name, sent in pairs for field, value in _PARAMETERS[name](name, sent).items()})


def read_form(headers: Mapping[str, str]) -> str:
    """In what form rows come: csv or jsonl. Raises Refused for other forms, and for an idempotency key."""
    if any(name in headers for name in _IDEMPOTENCY):
        told = "A file is known by what it begins with, and goes on where it was. Send it without Idempotency-Key."
        raise Refused("BAD_REQUEST", told)
    media = headers.get("content-type", "").partition(";")[0].strip().lower()
    if media not in _FORMS or headers.get("content-encoding", "identity") != "identity":
        raise Refused("UNSUPPORTED_MEDIA_TYPE", f"Send {' or '.join(list(_FORMS)[:2])}, not compressed.")
    return _FORMS[media]


def _one_of(field: str, values: Mapping[str, Any]) -> Callable[[str, str], dict[str, Any]]:
    def read(name: str, value: str) -> dict[str, Any]:
        if value not in values:
            raise Refused("BAD_REQUEST", f"{name} is one of {', '.join(values)}.")
        return {field: values[value]}

    return read


_FLAG = {"true": True, "false": False}
_PARAMETERS: dict[str, Callable[[str, str], dict[str, Any]]] = {
    "definition": lambda _, value: {"definition": value},
    "events": _one_of("events", {each.value: each for each in Events}),
    "delimiter": _one_of("delimiter", {each: each for each in (",", ";", "|", "\t")}),
    "emptyCells": _one_of("keep_empty", {"clear": False, "keep": True}),
    "decimalComma": _one_of("decimal_comma", _FLAG),
    "rejectAmbiguous": _one_of("reject_ambiguous", _FLAG),
    "dryRun": _one_of("dry_run", _FLAG),
    "restart": _one_of("restart", _FLAG),
    "format": _one_of("form", {"csv": "csv", "jsonl": "jsonl"}),
}
_OF_METHOD = {
    "GET": ("delimiter", "format"),
    "POST": ("events", "delimiter", "emptyCells", "decimalComma", "rejectAmbiguous", "dryRun", "restart"),
}
