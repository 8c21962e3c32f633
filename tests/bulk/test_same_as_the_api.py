"""Rows come out of an import as they come out of saveCustomDataRecords: the same verdicts, the same records."""

import csv
import io
import json
import random
from decimal import Decimal
from typing import Any

import pytest

from tests.bulk.files import Imported, every_record, import_text
from tests.shops import Raw, ShopClient, encode, to

_FIELDS: dict[str, Any] = {
    "contact_id": "NUMBER", "product_id": "STRING", "vet_id": "NUMBER", "code": "STRING",
    "amount": "DECIMAL", "points": "NUMBER", "tier": {"type": "STRING", "options": ["gold", "silver"]},
    "active": "BOOLEAN", "day": "DATE", "moment": "DATETIME", "tags": "LIST", "extra": "JSON", "place": "GEOLOCATION",
    "note": {"type": "STRING", "default": "none", "required": False},
    "must": {"type": "STRING", "required": True},
}  # fmt: skip


async def _shop_with_twins(shop: ShopClient, unique_keys: list[str]) -> tuple[list[int], int]:
    """Two definitions alike, and what their records refer to."""
    contacts = [
        *await shop.customers(
            {"idCustomer": "C1", "source": "web", "email": "a@x.test"},
            {"idCustomer": "C1", "source": "till", "email": "b@x.test"},
            {"idCustomer": "C2", "email": "both@x.test"},
            {"idCustomer": "C3", "email": "both@x.test"},
        )
    ]
    await shop.products(
        {"idProduct": "p1", "reference": "R1", "name": "One", "price": 1},
        {"idProduct": "12", "reference": "R", "name": "Two", "price": 2},
        {"idProduct": "p3", "reference": "R", "name": "Three", "price": 3},
    )
    await shop.define("Vet", {"nom": "STRING"}, uniqueKeys=["nom"])
    vet = await shop.save_one("vet", {"nom": "Martin"})
    relations = [to("contact_id", "contacts"), to("product_id", "products"), to("vet_id", "vet")]
    for name in ("Twin A", "Twin B"):
        await shop.define(name, _FIELDS, uniqueKeys=unique_keys, relationships=relations)
    return contacts, vet


def _values(contacts: list[int], vet: int) -> dict[str, list[Any]]:
    """Good and bad ones for each field; all of them can be said in JSON."""
    return {
        "contact_id": [
            *contacts, *contacts, {"by": "email", "value": "A@x.test "}, {"by": "email", "value": "both@x.test"},
            {"by": "id_customer", "value": "C1"}, {"by": "id_customer", "value": "C1", "source": "till"},
            {"by": "phone", "value": "1"}, {"by": "email", "value": "nobody@x.test"}, 7, "7", None, {"by": "email"},
        ],
        "product_id": ["p1", "12", 12, {"by": "reference", "value": "R1"}, {"by": "reference", "value": "R"}, "none",
                       1.5],
        "vet_id": [vet, {"by": "nom", "value": "Martin"}, {"by": "nom", "value": "Nobody"}, 3, None, True],
        "code": ["a", "b", "c", "d", "a", "b", "x" * 3000, 5, None],
        "amount": ["1.0", "1.00", 1, "1e2", "NaN", "1,5", Raw("1.10"), Raw("1e999"), None],
        "points": [1, Raw("1.0"), Raw("0.1000000000000000000001"), "5", 2**70, None],
        "tier": ["gold", "silver", "lead", None], "active": [True, False, "yes", 1, None],
        "day": ["2026-01-31", "2026-02-31", "2026-01-31T10:00:00Z", None],
        "moment": ["2026-01-31T10:00:00Z", "2026-01-31T12:00:00+02:00", "2026-01-31T10:00:00", None],
        "tags": [["a", "b"], [], "a", [1], None], "extra": [{"a": [1, None]}, "text", None],
        "place": [{"lat": 48.5, "lng": 2}, {"lat": 99, "lng": 2}, None], "note": ["n", None], "must": ["m", "m", None],
    }  # fmt: skip


def _rows(chance: random.Random, values: dict[str, list[Any]], count: int) -> list[Any]:
    rows: list[Any] = []
    for _ in range(count):
        row = {name: chance.choice(choices[: 2 if chance.random() < 0.6 else None]) for name, choices in values.items()
               if chance.random() < 0.9}  # fmt: skip
        if chance.random() < 0.05:
            row["unknown"] = 1
        rows.append(row if chance.random() > 0.02 else chance.choice(["text", 5, [row]]))
    return rows


async def _through_the_api(shop: ShopClient, definition: str, rows: list[Any]) -> list[tuple[Any, ...]]:
    """Outcome, codes and paths of each row."""
    seen: list[tuple[Any, ...]] = []
    for start in range(0, len(rows), 50):
        payload = await shop.save(definition, *rows[start : start + 50])
        assert payload["userErrors"] == []
        seen += [
            (each["outcome"], _said(each["errors"]), _said(each["warnings"])) for each in payload["results"]
        ]  # fmt: skip
    return seen


async def _records(shop: ShopClient, definition: str) -> list[str]:
    """Of any order: within a transaction records are made in the order of their keys."""
    return sorted(json.dumps(record, sort_keys=True) for record in await every_record(shop, definition))


def _said(problems: list[dict[str, Any]]) -> list[tuple[str, str, str]]:
    """Code, message and path inside the row."""
    return sorted(
        (each["code"], each["message"].replace("twin_a", "twin_b"), each["path"].partition(".")[2].partition(".")[2])
        for each in problems
    )


def _compare(api: list[tuple[Any, ...]], imported: Imported, first_line: int) -> None:
    """What is wrong with a cell is told in words for cells ("Write ..."); code and path are the API's."""
    noted = {row["line"] - first_line: row for row in imported.noted}
    outcomes = ("CREATED", "UPDATED", "UNCHANGED", "REJECTED")
    assert imported.counts == tuple([outcome for outcome, _, _ in api].count(each) for each in outcomes)
    for index, (outcome, errors, warnings) in enumerate(api):
        row = noted.get(index, {"errors": [], "warnings": [], "outcome": outcome})
        assert row["outcome"] == outcome
        said = {(code, path): message for code, message, path in errors}
        assert sorted(
            (e["code"], _of_both(e["message"], said.get((e["code"], e["path"] or ""), "")), e["path"] or "")
            for e in row["errors"]
        ) == errors, index  # fmt: skip
        assert sorted((e["code"], e["message"], e["path"] or "") for e in row["warnings"]) == warnings, index
    assert len({outcome for outcome, _, _ in api}) >= 2


def _of_both(imported: str, api: str) -> str:
    return api if imported.startswith("Write ") else imported


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("unique_keys", [["code"], ["contact_id", "product_id"], []], ids=["one", "resolved", "none"])
async def test_random_rows_of_jsonl(shop: ShopClient, seed: int, unique_keys: list[str]) -> None:
    contacts, vet = await _shop_with_twins(shop, unique_keys)
    rows = _rows(random.Random(f"{seed} {unique_keys}"), _values(contacts, vet), 120)
    text = b"\n".join(encode(row) for row in rows)
    imported = await import_text(shop, text, "twin_b", form="jsonl")
    _compare(await _through_the_api(shop, "twin_a", rows), imported, 1)
    assert await _records(shop, "twin_b") == await _records(shop, "twin_a")


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("unique_keys", [["code"], ["contact_id", "product_id"]], ids=["one", "resolved"])
async def test_random_rows_of_csv(shop: ShopClient, seed: int, unique_keys: list[str]) -> None:
    """With the references that columns can name, and values that cells can hold."""
    contacts, vet = await _shop_with_twins(shop, unique_keys)
    values = _values(contacts, vet) | {
        "contact_id": [{"by": "email", "value": v} for v in ("a@x.test", "B@x.test", "both@x.test", "no@x.test", " ")],
        "product_id": [{"by": "reference", "value": v} for v in ("R1", "R1", "R", "none")],
        "vet_id": [vet, vet, 3, None], "code": ["a", "b", "c", "d", "x" * 3000, None],
        "amount": ["1.0", "1.00", "1e2", "NaN", "1,5", None], "active": [True, False, "perhaps", None],
        "points": [1, 2, "many", 2**70, Decimal("1.0"), None],
    }  # fmt: skip
    rows = _rows(random.Random(f"{seed} {unique_keys}"), {name: values[name] for name in _FIELDS}, 120)
    rows = [{name: row.get(name) for name in _FIELDS} for row in rows if isinstance(row, dict)]
    text = io.StringIO()
    header = [
        {"contact_id": "contact_id.email", "product_id": "product_id.reference"}.get(name, name) for name in _FIELDS
    ]
    csv.writer(text, delimiter=";").writerows([header, *([_cell(value) for value in row.values()] for row in rows)])
    imported = await import_text(shop, text.getvalue(), "twin_b")
    _compare(await _through_the_api(shop, "twin_a", rows), imported, 2)
    assert await _records(shop, "twin_b") == await _records(shop, "twin_a")


def _cell(value: Any) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    if isinstance(value, dict) and "by" in value:
        return str(value["value"])
    return str(value) if isinstance(value, Decimal) else json.dumps(value)
