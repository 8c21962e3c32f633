"""Records, and what creating and merging mean."""

from datetime import datetime
from typing import Any, NamedTuple

from app.domain import exact_json, limits
from app.domain.definitions import Definition
from app.domain.moments import Moment, moment
from app.domain.problems import Code, Problem
from app.domain.values import same

Data = dict[str, Any]  # stored values by field name; absent and null mean the same


class Record(NamedTuple):
    """One row of a definition. `version` starts at 1 and grows with every change."""

    id: int
    definition_id: int
    version: int
    data: Data
    created: Moment
    updated: Moment

    @property
    def created_at(self) -> datetime:
        return moment(self.created)

    @property
    def updated_at(self) -> datetime:
        return moment(self.updated)


def created(definition: Definition, sent: Data) -> tuple[Data, list[Problem]]:
    """The data of a new record: defaults fill absent fields, required ones must be there. An explicit null is not
    absent: it keeps the default out. The whole must not be too large."""
    data = {}
    missing = []
    for field in definition.fields:
        value = sent.get(field.name, field.default)
        if value is not None:
            data[field.name] = value
        elif field.required:
            missing.append(_required(field.name))
    return data, [*missing, *_size_problems(definition, data)]


def merged(definition: Definition, data: Data, sent: Data) -> tuple[Data, bool, list[Problem]]:
    """The data after an update, and whether anything changed: absent fields are left alone, null clears. A value that
    equals the stored one leaves that one as it was written ("1.00" stays when 1.0 is sent). Changed, the whole must not
    be too large."""
    result = dict(data)
    changed = False
    problems = []
    for name, value in sent.items():
        field = definition.field[name]
        if value is None:
            if field.required:
                problems.append(_required(name))
            changed |= result.pop(name, None) is not None
        elif name not in data or not same(field, data[name], value):
            result[name] = value
            changed = True
    return result, changed, [*problems, *_size_problems(definition, result)] if changed else problems


def _size_problems(definition: Definition, data: Data) -> list[Problem]:
    """By its bytes as JSON. Records without a field that may be long never come near the limit."""
    if not definition.may_be_large:
        return []
    size = exact_json.size(data)
    if size <= limits.RECORD_BYTES:
        return []
    message = f"The record would take {size:,} bytes as JSON: at most {limits.RECORD_BYTES:,} are kept. Split it."
    return [Problem(Code.LIMIT_EXCEEDED, message)]


def _required(name: str) -> Problem:
    return Problem(Code.REQUIRED, f"{name!r} is required: send a value.", name)
