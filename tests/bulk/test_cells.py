"""What a cell may hold, and what is said of one that holds something else."""

from decimal import Decimal
from typing import Any

import pytest

from app.bulk.cells import decoder
from app.domain.definitions import FieldType
from app.domain.problems import Code, Problem
from tests.bulk.files import import_text
from tests.shops import VetShop


@pytest.mark.parametrize(
    ("type_", "cell", "value"),
    [
        ("NUMBER", " 12 ", 12), ("NUMBER", "\u00a01.50", Decimal("1.50")), ("DECIMAL", " 64.00 ", "64.00"),
        ("DECIMAL", "1e2", "100"), ("DATE", " 2026-01-31\t", "2026-01-31"),
        ("DATETIME", " 2026-01-31T10:00:00+02:00 ", "2026-01-31T10:00:00+02:00"), ("BOOLEAN", " Yes ", True),
        ("LIST", '["a"]', ["a"]), ("JSON", "text", "text"), ("JSON", '"5"', "5"), ("JSON", "5", 5),
        ("JSON", '{"a": 1.10}', {"a": Decimal("1.10")}), ("GEOLOCATION", '{"lat": 1, "lng": 2}', {"lat": 1, "lng": 2}),
    ],
)  # fmt: skip
def test_a_cell_is_read_as_its_type(type_: str, cell: str, value: Any) -> None:
    decode = decoder(FieldType[type_], decimal_comma=False)
    assert decode is not None
    assert decode(cell) == value


@pytest.mark.parametrize(
    ("type_", "cell", "said"),
    [
        ("NUMBER", "1 250", "digits and a point"), ("NUMBER", "12,50", "say --decimal-comma"),
        ("DECIMAL", "EUR 5", "a number such as 64.00"), ("DECIMAL", "1,5", "say --decimal-comma"),
        ("DECIMAL", "9" * 31, "at most 30 digits before"), ("BOOLEAN", "perhaps", "yes or no, 1 or 0"),
        ("DATE", "31.01.2026", "2026-01-31 and nothing else"), ("DATE", "2026-01-31 10:00", "and nothing else"),
        ("DATETIME", "2026-01-31T10:00:00", "with an offset"), ("DATETIME", "2026-01-31 10:00", "with an offset"),
        ("LIST", "a,b", 'such as ["a","b"]'), ("LIST", "[1", 'such as ["a","b"]'), ("LIST", "5", "a list as JSON"),
        ("GEOLOCATION", "1,2", '{"lat": 48.85'), ("GEOLOCATION", "[1, 2]", '{"lat": 48.85'),
        ("JSON", "{bad", "begins like JSON"), ("JSON", "[1", "begins like JSON"), ("JSON", '"a', "begins like JSON"),
        ("JSON", '{"a":1,"a":2}', "begins like JSON"),
    ],
)  # fmt: skip
def test_a_cell_that_does_not_read_so_is_told_in_words_for_cells(type_: str, cell: str, said: str) -> None:
    decode = decoder(FieldType[type_], decimal_comma=False)
    assert decode is not None
    problem = decode(cell)
    assert isinstance(problem, Problem)
    assert (problem.code, said in problem.message) == (Code.INVALID_VALUE, True), problem.message


@pytest.mark.parametrize("type_", ["NUMBER", "DECIMAL"])
def test_the_decimal_comma_is_suggested_where_there_is_one_and_it_was_not_said(type_: str) -> None:
    for cell, commas, suggested in (("1,5x", False, True), ("1,5x", True, False), ("x", False, False)):
        decode = decoder(FieldType[type_], decimal_comma=commas)
        assert decode is not None
        assert ("--decimal-comma" in decode(cell).message) is suggested


async def test_a_relation_tells_what_its_column_may_be_headed(vets: VetShop) -> None:
    text = f"contact_id,veto_id,since\nann@x.test, {vets.martin} ,2026-01-01\n{vets.dubois},Dr Martin,soon\n"
    imported = await import_text(vets.shop, text, "vet_assignment")
    said = [(each["code"], each["path"], each["message"]) for row in imported.noted for each in row["errors"]]
    assert said == [
        ("INVALID_REFERENCE", "contact_id", "Write the id, or head the column contact_id.email, contact_id.customer, "
         "contact_id.customer:SOURCE."),
        ("INVALID_REFERENCE", "veto_id", "Write the id, or head the column veto_id.nom."),
        ("INVALID_VALUE", "since", "Write the day as 2026-01-31 and nothing else."),
    ]  # fmt: skip
