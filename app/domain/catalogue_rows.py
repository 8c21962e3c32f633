"""Customers and products as rows of a file: each part of the right type, as GraphQL sees to it in a mutation."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any, NamedTuple

from app.domain.contacts import DEFAULT_SOURCE
from app.domain.definitions import Field, FieldType
from app.domain.problems import Code, Problem
from app.domain.references import product_id
from app.domain.values import parser


class Part(NamedTuple):
    """One part of a row. `name` is the domain's, `api` the one in the graph; a row may use either."""

    name: str
    api: str
    type: FieldType
    required: bool = False
    default: Any = None


_TEXT, _FLAG, _AMOUNT = FieldType.STRING, FieldType.BOOLEAN, FieldType.DECIMAL

CUSTOMER = (
    Part("id_customer", "idCustomer", _TEXT, required=True),
    Part("source", "source", _TEXT, default=DEFAULT_SOURCE),
    Part("email", "email", _TEXT),
    Part("email_verified", "emailVerified", _FLAG, default=False),
    Part("first_name", "firstName", _TEXT),
    Part("last_name", "lastName", _TEXT),
    Part("lang", "lang", _TEXT),
)
PRODUCT = (
    Part("id_product", "idProduct", _TEXT, required=True),
    Part("name", "name", _TEXT, required=True),
    Part("price", "price", _AMOUNT, required=True),
    Part("reference", "reference", _TEXT),
    Part("price_discount", "priceDiscount", _AMOUNT),
    Part("currency", "currency", _TEXT),
    Part("lang", "lang", _TEXT),
    Part("is_active", "isActive", _FLAG, default=True),
)


def read_row(parts: tuple[Part, ...], sent: Any) -> tuple[dict[str, Any], list[Problem]]:
    """All parts by the domain's names, absent and null ones as their defaults, and what is wrong with them."""
    if not isinstance(sent, dict):
        message = f'A row is an object: send {{"{parts[0].api}": ...}}.'
        return {}, [Problem(Code.NOT_AN_OBJECT, message)]
    known = {name: part for part in parts for name in (part.name, part.api)}
    item, problems = {part.name: part.default for part in parts}, []
    for name, value in sent.items():
        if name not in known:
            names = ", ".join(part.api for part in parts)
            problems.append(Problem(Code.UNKNOWN_FIELD, f"There is no {name[:60]!a} here. Known: {names}.", name[:60]))
        elif value is not None:
            # a Problem is what could not be read of a file
            stored = value if isinstance(value, Problem) else _READERS[known[name].type](known[name], value)
            if isinstance(stored, Problem):
                problems.append(stored.under(known[name].api))
            else:
                item[known[name].name] = stored
    for part in parts:
        if part.required and item[part.name] is None and not any(each.path == part.api for each in problems):
            problems.append(Problem(Code.REQUIRED, f"{part.api} is required: send a value.", part.api))
    return item, problems


def _text(part: Part, value: Any) -> Any:
    if part.name == "id_product":
        value = product_id(value)
    return value if isinstance(value, str) else Problem(Code.INVALID_VALUE, "Send text, in quotes.")


def _flag(_: Part, value: Any) -> Any:
    return _PARSE_FLAG(value)


def _amount(_: Part, value: Any) -> Any:
    stored = _PARSE_AMOUNT(value)
    return stored if isinstance(stored, Problem) else Decimal(stored)


_PARSE_FLAG = parser(Field("", FieldType.BOOLEAN, ""))
_PARSE_AMOUNT = parser(Field("", FieldType.DECIMAL, ""))
_READERS: dict[FieldType, Callable[[Part, Any], Any]] = {_TEXT: _text, _FLAG: _flag, _AMOUNT: _amount}
