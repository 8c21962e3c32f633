"""How a relation field names what it points to: a bare id, or {by, value}."""

from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Any, NamedTuple

from app.domain import limits
from app.domain.contacts import email_key
from app.domain.definitions import Definition, Relationship, Target
from app.domain.keys import unique_key
from app.domain.problems import Code, Problem
from app.domain.text import text_problem
from app.domain.values import parse


class ContactReference(NamedTuple):
    by: str  # "id_contact" (value: int), "email" (value: lower-cased) or "id_customer" (value: str)
    value: int | str
    source: str | None = None  # with id_customer


class ProductReference(NamedTuple):
    by: str  # "id" or "reference"
    value: str


class RecordReference(NamedTuple):
    definition_id: int
    by: str  # "id_record" (value: int), or the definition's single unique-key field (value: the unique key's text)
    value: int | str


Reference = ContactReference | ProductReference | RecordReference

_CONTACT_BY = ("id_contact", "email", "id_customer")
_PRODUCT_BY = ("id", "reference")


Parsed = tuple[Reference | None, Problem | None]


def parser(relationship: Relationship, target: Definition | None) -> Callable[[Any], Parsed]:
    """What makes references of a relation's values. `target` is the definition pointed to, with Target.DEFINITION."""
    if relationship.target is Target.CONTACTS:
        return parse_contact
    if relationship.target is Target.PRODUCTS:
        return parse_product
    return partial(parse_record, target=target)


def parse_contact(value: Any) -> tuple[ContactReference | None, Problem | None]:
    """A bare number is id_contact; else {by, value} with by in id_contact, email, id_customer (and source)."""
    by, inner, source, problem = _take_apart(value, "id_contact", _CONTACT_BY, "contact", with_source=True)
    if problem:
        return None, problem
    if by == "id_contact":
        number = as_id(inner)
        return (ContactReference(by, number), None) if number else (None, _not_an_id(inner, _CONTACT_BY))
    if not isinstance(inner, str) or not inner.strip():
        return None, Problem(Code.INVALID_REFERENCE, f"{by} takes a text that is not blank.")
    longest = limits.EMAIL_LENGTH if by == "email" else limits.IDENTIFIER_LENGTH
    if message := text_problem(inner, longest):
        return None, Problem(Code.INVALID_REFERENCE, message)
    return ContactReference(by, email_key(inner) if by == "email" else inner, source), None


def parse_product(value: Any) -> tuple[ProductReference | None, Problem | None]:
    """A bare text or whole number is the product's id; else {by, value} with by in id, reference."""
    by, inner, _, problem = _take_apart(value, "id", _PRODUCT_BY, "product")
    if problem:
        return None, problem
    text = product_id(inner) if by == "id" else inner
    if not isinstance(text, str) or not text.strip():
        takes = "id takes a text or a whole number" if by == "id" else "reference takes a text"
        return None, Problem(Code.INVALID_REFERENCE, f"A product's {takes}, and may not be blank.")
    if message := text_problem(text, limits.IDENTIFIER_LENGTH):
        return None, Problem(Code.INVALID_REFERENCE, message)
    return ProductReference(by, text), None


def parse_record(value: Any, target: Definition | None) -> tuple[RecordReference | None, Problem | None]:
    """A bare whole number is id_record; else {by, value} with by in id_record or the single unique-key field."""
    if target is None:
        return None, Problem(Code.RECORD_NOT_FOUND, "The definition this relation points to has been deleted.")
    allowed = ("id_record", *target.unique_keys) if len(target.unique_keys) == 1 else ("id_record",)
    by, inner, _, problem = _take_apart(value, "id_record", allowed, f"{target.key} record")
    if problem:
        return None, problem
    if by == "id_record":
        number = as_id(inner)
        return (RecordReference(target.id, by, number), None) if number else (None, _not_an_id(inner, allowed))
    key, problem = _single_key(target, by, inner)
    return (RecordReference(target.id, by, key), None) if key else (None, problem)


def _single_key(target: Definition, by: str, value: Any) -> tuple[str | None, Problem | None]:
    relationship = target.relationship.get(by)
    if relationship is None:
        stored, problem = parse(target.field[by], value)
    else:
        stored = product_id(value) if relationship.target is Target.PRODUCTS else as_id(value)
        problem = None if stored else Problem(Code.INVALID_REFERENCE, f"{by} takes the id of what it points to.")
    if problem is not None:
        return None, problem
    key, problems = unique_key(target, {by: stored})
    return key, (problems[0] if problems else None)


def product_id(value: Any) -> str | None:
    """A product's id as text: text as sent, a whole number in decimal form, anything else None."""
    if isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value) if abs(value) <= limits.LARGEST_ID else None
    return None


def as_id(value: Any) -> int | None:
    """A canonical id: a whole number from 1 to 2^63 - 1 (1.0 counts); anything else is None."""
    if isinstance(value, Decimal) and value.is_finite() and value.adjusted() < 20 and value % 1 == 0:
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and 0 < value <= limits.LARGEST_ID:
        return value
    return None


def _take_apart(
    value: Any, bare: str, allowed: tuple[str, ...], what: str, *, with_source: bool = False
) -> tuple[str, Any, str | None, Problem | None]:
    if not isinstance(value, dict):
        return bare, value, None, None
    known = {"by", "value", "source"} if with_source else {"by", "value"}
    by = value.get("by")
    if not isinstance(by, str) or by not in allowed:
        fault = f"cannot be named by {by!r}" if "by" in value else 'is named by its id, or by {"by": ..., "value": ...}'
        message = f"A {what} {fault}. Allowed: {', '.join(allowed)}."
        return bare, None, None, Problem(Code.UNSUPPORTED_IDENTIFIER, message[:500])
    if "value" not in value or set(value) - known:
        message = f"A reference has the keys {', '.join(sorted(known))}."
        return bare, None, None, Problem(Code.INVALID_REFERENCE, message)
    source = value.get("source")
    if source is not None and (by != "id_customer" or not isinstance(source, str) or text_problem(source, 191)):
        return bare, None, None, Problem(Code.INVALID_REFERENCE, "source is a text, and goes with id_customer only.")
    return str(by), value["value"], source, None


def _not_an_id(value: Any, allowed: tuple[str, ...]) -> Problem:
    message = f"{allowed[0]} is a whole number from 1 to 2^63 - 1."
    if isinstance(value, str) and value.strip().isdigit():
        message += " Send it without quotes."
    elif isinstance(value, str) and allowed[1:]:
        message += f' Name it otherwise with {{"by": "{allowed[1]}", "value": ...}}. by may be {", ".join(allowed)}.'
    return Problem(Code.INVALID_REFERENCE, message)
