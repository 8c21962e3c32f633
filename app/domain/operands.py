"""The values that attributes are compared with: taken into comparable form, or refused with what to send instead."""

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from typing import Any

from app.domain import limits
from app.domain.contacts import email_key
from app.domain.definitions import Field, FieldType
from app.domain.entities import Attribute, Kind
from app.domain.problems import Code, Unfit
from app.domain.references import product_id
from app.domain.text import text_problem
from app.domain.values import parse


def operand(kind: Kind, sent: Any) -> Any:
    """A comparable value: a text, int, float, Decimal, bool, date or datetime in UTC. Raises Unfit."""
    if sent is None:
        message = 'Nothing equals null, nor is less or greater: ask for it with {"isNull": true}.'
        raise Unfit(Code.INVALID_VALUE, message)
    return _OPERANDS[kind](sent)


def equalled(attribute: Attribute, sent: Any) -> Any:
    """The same of what an attribute is to equal: of a field with options one of them, since nothing else is ever its
    value. A condition that misspells one would be true of nobody, and its negation of everybody."""
    value = operand(attribute.kind, sent)
    if attribute.field is not None and attribute.field.options:
        _check_option(attribute.field, sent)
    return value


def element(field: Field, sent: Any) -> Any:
    """The same of what a list is to hold, in stored form."""
    value = stored(field.element_type or FieldType.STRING, sent)
    if field.options:
        _check_option(field, [sent])
    return value


def _check_option(field: Field, sent: Any) -> None:
    _, problem = parse(field, sent)
    if problem is not None:
        raise Unfit(problem.code, problem.message)


def stored(scalar: FieldType, sent: Any) -> Any:
    """An element of a list, in stored form. Raises Unfit."""
    if sent is None:
        raise Unfit(Code.INVALID_VALUE, "A list holds no nulls: send a value.")
    value, problem = parse(Field("", scalar, ""), sent)
    if problem is not None:
        raise Unfit(problem.code, problem.message)
    return value


def text(sent: Any, longest: int = limits.STRING_LENGTH) -> str:
    """A text to be looked for. Raises Unfit."""
    if not isinstance(sent, str):
        raise Unfit(Code.INVALID_VALUE, "Send text, in quotes.")
    if message := text_problem(sent, longest):
        raise Unfit(Code.INVALID_VALUE, message)
    return sent


def _id(sent: Any) -> int:
    """A whole number of 64 bits; ids are also taken as GraphQL gives them, as texts of digits."""
    if isinstance(sent, str) and sent.isascii() and sent.isdigit() and len(sent) < 20:
        sent = int(sent)
    if isinstance(sent, Decimal) and sent.is_finite() and sent.adjusted() < 20 and sent % 1 == 0:
        sent = int(sent)
    if not isinstance(sent, int) or isinstance(sent, bool) or abs(sent) > limits.LARGEST_ID:
        hint = ' To find it by something else, use {"is": {...}}.' if isinstance(sent, dict) else ""
        raise Unfit(Code.INVALID_VALUE, f"Send a whole number.{hint}")
    return sent


_OPERANDS: dict[Kind, Callable[[Any], Any]] = {
    Kind.TEXT: text,
    Kind.LONGTEXT: text,
    Kind.EMAIL: lambda sent: email_key(text(sent, limits.EMAIL_LENGTH)),
    Kind.PRODUCT: lambda sent: text(product_id(sent)),
    Kind.ID: _id,
    Kind.NUMBER: partial(stored, FieldType.NUMBER),
    Kind.DECIMAL: lambda sent: Decimal(stored(FieldType.DECIMAL, sent)),
    Kind.BOOLEAN: partial(stored, FieldType.BOOLEAN),
    Kind.DATE: lambda sent: date.fromisoformat(stored(FieldType.DATE, sent)),
    Kind.DATETIME: lambda sent: datetime.fromisoformat(stored(FieldType.DATETIME, sent)),
}
