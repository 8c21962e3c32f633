"""Parts of conditions in words."""

from decimal import Decimal
from typing import Any

import pytest

from app.domain import wording
from app.domain.entities import CONTACTS, PRODUCTS

COMPARED: dict[str, tuple[str, Any]] = {
    # what is said: operator and value
    'contact.x is "a"': ("eq", "a"),
    "contact.x is not true": ("ne", True),
    'contact.x is one of "a", "b"': ("in", ["a", "b"]),
    "contact.x is one of no values": ("in", []),
    "contact.x is none of 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 15 more": ("notIn", list(range(25))),
    "contact.x is at most 1.5": ("lte", Decimal("1.5")),
    "contact.x is not between 1 and 2": ("notBetween", [1, 2]),
    'contact.x starts with "é"': ("startsWith", "é"),
    "contact.x is empty": ("isNull", True),
    "contact.x is not empty": ("isNull", False),
    "contact.x is within today": ("within", {"this": "DAY"}),
    "contact.x is within this year": ("within", {"this": "YEAR"}),
    "contact.x is before the last 30 days": ("before", {"last": {"days": 30}}),
    "contact.x is after the next 1 week": ("after", {"next": {"weeks": 1}}),
    "contact.x is after 2026-01-31": ("after", "2026-01-31"),
    f'contact.x is "{"x" * 59}...': ("eq", "x" * 100),
}


@pytest.mark.parametrize("text", COMPARED)
def test_a_comparison_reads_as_a_sentence(text: str) -> None:
    assert wording.compared(CONTACTS, "x", *COMPARED[text]) == text


def test_it_names_what_is_compared() -> None:
    assert wording.compared(PRODUCTS, "price", "gt", 5) == "product.price is more than 5"
    assert wording.counts({"gte": 1, "lt": 3}) == "is at least 1 and is less than 3"
