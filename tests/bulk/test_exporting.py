"""What is exported comes back as it was, through an import."""

import io
import json
from pathlib import Path
from typing import Any

import pytest

from app.bulk import exporting
from app.bulk.exporting import CsvWriter, JsonWriter, Source, export
from app.domain.imports import Kind
from tests.bulk.files import every_record, import_text
from tests.processes import run
from tests.shops import ShopClient, VetShop, to

TYPES: dict[str, Any] = {
    "contact_id": "NUMBER", "product_id": "STRING", "code": "STRING", "amount": "DECIMAL", "points": "NUMBER",
    "active": "BOOLEAN", "day": "DATE", "moment": "DATETIME", "tags": "LIST", "extra": "JSON", "place": "GEOLOCATION",
    "note": {"type": "STRING", "default": "none"},
}  # fmt: skip


async def exported(shop: ShopClient, source: Source, form: str, delimiter: str = ",") -> bytes:
    writer = CsvWriter(source, delimiter) if form == "csv" else JsonWriter(source.columns)
    file = io.BytesIO()
    async for _, piece in export(shop.database, shop.id, source, writer):
        file.write(piece)
    return file.getvalue()


@pytest.mark.parametrize("form", ["csv", "jsonl"])
async def test_records_come_back_as_they_were(vets: VetShop, form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporting, "_PAGE", 3)
    shop = vets.shop
    relations = [to("contact_id", "contacts"), to("product_id", "products")]
    for name in ("One", "Two"):
        await shop.define(name, TYPES, uniqueKeys=["code"], relationships=relations)
    full = {
        "contact_id": vets.dubois, "product_id": "diet", "code": 'a,"b"\n;c', "amount": "1.10", "points": 0.1,
        "active": False, "day": "2026-01-31", "moment": "2026-01-31T10:00:00.5Z", "tags": ["x", ""],
        "extra": {"a": [1, 2.5, None, "é"]}, "place": {"lat": 1.5, "lng": -2}, "note": None,
    }  # fmt: skip
    others = [{"code": f"{n}", "extra": json.loads('"text"') if n % 2 else [n], "points": 10**n} for n in range(9)]
    await shop.save("one", full, *others)
    text = await exported(shop, await exporting.of_records(shop.database, shop.id, "one"), form)
    imported = await import_text(shop, text, "two", form=form)
    assert imported.counts == (10, 0, 0, 0), imported.noted
    by_code = [
        sorted(await every_record(shop, key), key=lambda each: str(each["data"]["code"])) for key in ("one", "two")
    ]  # fmt: skip
    assert by_code[0] == by_code[1]
    assert (await import_text(shop, text, "one", form=form)).counts == (0, 0, 10, 0)


_NASTY = ["\r", "a\rb", "\r\n", "\n", '"', '""', 'a "b" c', ",", ";", "|", "\t", " x ", "'", "=1+1", "\\", "\u2028",
          "\x85", "\ufeff", "é\U0001f408", "#raw", "null", "5"]  # fmt: skip
_JSON = [*_NASTY, "true", "[1]", "{bad", '"quoted"', "", 5, 1.5, -0.1, 10**15, True, False, [], {}, [None], ["5", 5],
         {"a": "5", "b\r": {"c": [True, "true"]}}, "x" * 3_000]  # fmt: skip


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("form", ["csv", "jsonl"])
async def test_values_of_all_sorts_come_back_in_another_shop(
    shop: ShopClient, other_shop: ShopClient, form: str, delimiter: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Texts that look like something else, in JSON and beside it; records of nothing but nulls."""
    monkeypatch.setattr(exporting, "_PAGE", 7)
    rows: list[dict[str, Any]] = [{"text": each, "tags": [each, "x"]} for each in _NASTY]
    rows += [{"extra": each, "long": "x"} for each in _JSON]
    rows += [{"text": first, "long": second} for first in _NASTY[:6] for second in _NASTY[:6]] + [{}, {}]
    for each in (shop, other_shop):
        await each.define("Thing", {"text": "STRING", "long": "LONGTEXT", "extra": "JSON", "tags": "LIST"})
    for start in range(0, len(rows), 50):
        await shop.save("thing", *rows[start : start + 50])
    source = await exporting.of_records(shop.database, shop.id, "thing")
    text = await exported(shop, source, form, delimiter)
    imported = await import_text(other_shop, text, "thing", form=form)
    assert imported.counts == (len(rows), 0, 0, 0), imported.noted
    assert await _data(other_shop) == await _data(shop)
    theirs = await exporting.of_records(other_shop.database, other_shop.id, "thing")
    assert await exported(other_shop, theirs, form, delimiter) == text


async def _data(shop: ShopClient) -> list[str]:
    return sorted(json.dumps(each["data"], sort_keys=True) for each in await every_record(shop, "thing"))


async def test_rejects_hold_carriage_returns_too(shop: ShopClient, tmp_path: Path) -> None:
    await shop.define("Thing", {"text": "STRING", "number": "NUMBER"})
    await import_text(shop, 'text,number\n"a\rb",many\n', "thing", rejects=tmp_path / "r.csv")
    again = (tmp_path / "r.csv").read_bytes().replace(b"many", b"5")
    assert (await import_text(shop, again, "thing")).counts == (1, 0, 0, 0)
    assert [each["data"] for each in await every_record(shop, "thing")] == [{"text": "a\rb", "number": 5}]


@pytest.mark.parametrize("form", ["csv", "jsonl"])
async def test_customers_and_products_come_back_as_they_were(
    shop: ShopClient, other_shop: ShopClient, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "_PAGE", 2)
    await shop.customers(
        {"idCustomer": "1", "source": "b", "email": "a@x.test", "emailVerified": True, "firstName": "Ann"},
        {"idCustomer": "2", "source": "b", "email": "A@x.test", "emailVerified": True},
        {"idCustomer": "1", "source": "a", "lastName": "Li;u", "lang": "fr"}, {"idCustomer": "3"},
    )  # fmt: skip
    await shop.products(
        {"idProduct": "012", "name": "A, B", "price": "1.10", "priceDiscount": "1", "reference": "R"},
        {"idProduct": "12", "name": "C", "price": 100000, "isActive": False},
        {"idProduct": "x", "name": "D", "price": 3},
    )  # fmt: skip
    for source, kind, count in ((exporting.CUSTOMERS, Kind.CUSTOMERS, 4), (exporting.PRODUCTS, Kind.PRODUCTS, 3)):
        text = await exported(shop, source, form)
        imported = await import_text(other_shop, text, kind=kind, form=form)
        assert imported.counts == (count, 0, 0, 0)
        assert await exported(other_shop, source, form) == text
        assert (await import_text(shop, text, kind=kind, form=form)).counts == (0, 0, count, 0)
    assert len((await exported(shop, exporting.CONTACTS, form)).splitlines()) == (4 if form == "csv" else 3)


async def test_the_commands_of_export(vets: VetShop, admin_url: str, gateway_url: str) -> None:
    given = {"DATABASE_URL": gateway_url, "DATABASE_ADMIN_URL": admin_url}
    prices = run("export", "records", "--shop", str(vets.shop.id), "--definition", "vet_pricing", **given)
    assert prices.stdout.splitlines() == [
        "veto_id,product_id,price,price_discount", f"{vets.martin},diet,64,", f"{vets.durand},diet,71,",
    ]  # fmt: skip
    assert prices.stderr == "2 rows.\n"
    people = run("export", "contacts", "--shop", str(vets.shop.id), "--format", "jsonl", **given).stdout
    assert [json.loads(line)["email"] for line in people.splitlines()] == ["dubois@example.com", "alone@example.com"]
    unknown = run("export", "records", "--shop", str(vets.shop.id), "--definition", "prices", **given)
    assert (unknown.returncode, len(unknown.stderr.splitlines())) == (1, 1)
