"""Whether what a backup says of definitions, and of the prices made of their records, is what the API would have taken:
the gateway makes names and columns of it without asking again."""

from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from app.bulk.manifest import BackupRefused
from app.domain import naming
from app.domain.definitions import Definition
from app.domain.kept_definitions import unlawful, unlawful_sources
from app.store.definitions import definition_of, source_of


def refuse_unlawful(definitions: Iterable[bytes], sources: Iterable[bytes]) -> None:
    """The lines of both members, of which each is a row of its table. Raises BackupRefused, with the line and the rule,
    and nothing of what is there."""
    kept: list[Definition] = []
    line = 0
    for line, text in enumerate(definitions, 1):
        try:
            row = orjson.loads(text)
            kept.append(definition_of(row))
            _named(row)
        except _NONE as error:
            raise _refused("definitions", line, "is none") from error
    lines = {id(each): line for line, each in enumerate(kept, 1)}
    try:
        for definition, problem in unlawful(kept):
            line = lines[id(definition)]
            what = f"is one that no shop can have ({problem.code.value} at {problem.path})"
            raise _refused("definitions", line, what)
        read = [source_of(orjson.loads(text)) for text in sources]
        for source in unlawful_sources(read, kept):
            raise _refused("override_sources", read.index(source) + 1, "is one that no price can have")
    except _NONE as error:
        raise _refused("definitions", line, "or one of its like, is none") from error


def _named(row: Mapping[str, Any]) -> None:
    if row["name_key"] != naming.name_key(row["name"]):
        raise ValueError("it is found by another name")


def _refused(table: str, line: int, what: str) -> BackupRefused:
    return BackupRefused(f"Line {line} of {table}.jsonl {what}. Nothing was restored.")


_NONE = (KeyError, TypeError, ValueError, AttributeError)
