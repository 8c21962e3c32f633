"""CSV as people have it: headers, delimiters, quotes, empty cells, and what is said of mistakes."""

from typing import Any

import pytest

from app.bulk.lines import Unreadable
from tests.bulk.files import every_record, import_text
from tests.shops import ShopClient, VetShop


@pytest.fixture
async def cards(vets: VetShop) -> ShopClient:
    """A shop with loyalty cards, one of each contact."""
    await vets.shop.define(
        "Loyalty",
        {"contact_id": {"type": "NUMBER", "label": "Member"}, "points": {"type": "NUMBER", "label": "Points balance"},
         "rate": "DECIMAL", "active": "BOOLEAN", "tags": "LIST", "note": {"type": "STRING", "default": "new"}},
        uniqueKeys=["contact_id"],
        relationships=[{"sourceField": "contact_id", "targetSchemaType": "SYSTEM", "targetSchema": "contacts"}],
    )  # fmt: skip
    return vets.shop


async def data(shop: ShopClient) -> list[dict[str, Any]]:
    return [record["data"] for record in await every_record(shop, "loyalty")]


@pytest.mark.parametrize(
    "header",
    ["contact_id.email,points", "Member.email;Points balance", " MEMBER.email |points",
     "contact_id.email\tPOINTS BALANCE"],
    ids=["names", "labels", "any case", "tabs"],
)  # fmt: skip
async def test_columns_go_by_name_or_label_and_the_header_tells_the_delimiter(cards: ShopClient, header: str) -> None:
    delimiter = next(each for each in ";|\t," if each in header)
    imported = await import_text(cards, f"{header}\nalone@example.com{delimiter}5\n", "loyalty")
    assert imported.counts == (1, 0, 0, 0)
    assert [each["points"] for each in await data(cards)] == [5]


@pytest.mark.parametrize("column", ["contact_id.customer", "contact_id.customer:default", "contact_id.id_customer"])
async def test_a_contact_is_named_by_a_customer_of_any_source_or_one(cards: ShopClient, column: str) -> None:
    imported = await import_text(cards, f"{column},points\nalone@example.com,5\nnobody,6\n", "loyalty")
    assert imported.counts == (1, 0, 0, 1)
    assert imported.errors == [(3, "CONTACT_NOT_FOUND", "contact_id")]


async def test_a_bare_column_holds_ids(vets: VetShop) -> None:
    text = f"contact_id,veto_id,since\n{vets.without},{vets.martin},2026-01-01\n{vets.dubois},none,2026-01-01\n"
    imported = await import_text(vets.shop, text, "vet_assignment")
    assert imported.counts == (1, 0, 0, 1)
    assert imported.errors == [(3, "INVALID_REFERENCE", "veto_id")]


async def test_a_record_is_named_by_its_unique_key_and_a_product_by_reference(vets: VetShop) -> None:
    text = "veto_id.nom;product_id.reference;price\nDr Martin;VD-12;63.50\nDr Nobody;VD-12;1\nDr Martin;VD-13;1\n"
    imported = await import_text(vets.shop, text, "vet_pricing")
    assert imported.counts == (0, 1, 0, 2)
    assert imported.errors == [(3, "RECORD_NOT_FOUND", "veto_id"), (4, "PRODUCT_NOT_FOUND", "product_id")]


async def test_excel_writes_a_mark_carriage_returns_semicolons_quotes_and_decimal_commas(cards: ShopClient) -> None:
    text = "\ufeffcontact_id.email;note;rate;tags\r\n"
    text += 'alone@example.com;"a ""quoted"";\r\nnote";12,50;"[""a"",""b""]"\r\n\r\n'
    imported = await import_text(cards, text, "loyalty", decimal_comma=True)
    assert imported.counts == (1, 0, 0, 0)
    [found] = await data(cards)
    assert (found["note"], found["rate"], found["tags"]) == ('a "quoted";\r\nnote', "12.50", ["a", "b"])


async def test_lines_are_counted_as_an_editor_counts_them(cards: ShopClient) -> None:
    text = 'contact_id.email,note\nalone@example.com,"two\nlines"\n\nnobody@example.com,x\n'
    imported = await import_text(cards, text, "loyalty")
    assert imported.errors == [(5, "CONTACT_NOT_FOUND", "contact_id")]


async def test_an_empty_cell_clears_unless_it_is_to_keep(cards: ShopClient) -> None:
    await import_text(cards, "contact_id.email,points\nalone@example.com,5\n", "loyalty")
    kept = await import_text(cards, "contact_id.email,points\nalone@example.com,\n", "loyalty", keep_empty=True)
    assert kept.counts == (0, 0, 1, 0)
    assert (await data(cards))[0]["points"] == 5
    cleared = await import_text(cards, "contact_id.email,points\nalone@example.com,\n", "loyalty")
    assert cleared.counts == (0, 1, 0, 0)
    assert (await data(cards))[0]["points"] is None


async def test_an_absent_column_leaves_its_field_to_the_default(cards: ShopClient) -> None:
    await import_text(cards, "contact_id.email\nalone@example.com\n", "loyalty")
    assert (await data(cards))[0]["note"] == "new"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("contact_id.email,pionts\n", "'pionts', is nothing that loyalty has. Did you mean points?"),
        ("contact_id.mail,points\n", "Did you mean contact_id.email?"),
        ("contact_id.email,points,Points balance\n", "names points again"),
        ("#line,#errors\n", "has no columns"),
        ("", "The file is empty"),
        (b"contact_id.email,note\nalone@example.com,caf\xe9\n", "Line 2 is not UTF-8"),
        ('contact_id.email,note\nalone@example.com,"' + "x\n" * 90_000, 'a quote (") is opened and never closed'),
    ],
    ids=["field", "identifier", "twice", "nothing", "empty", "Latin-1", "quote"],
)
async def test_a_file_that_cannot_be_meant_is_refused(cards: ShopClient, text: str | bytes, said: str) -> None:
    with pytest.raises(Unreadable) as refusal:
        await import_text(cards, text, "loyalty")
    assert said in str(refusal.value)
    assert await data(cards) == []


async def test_a_line_of_another_width_is_rejected_alone(cards: ShopClient) -> None:
    text = "contact_id.email,points\nalone@example.com\nalone@example.com,1,2\nalone@example.com,3\n"
    imported = await import_text(cards, text, "loyalty")
    assert imported.counts == (1, 0, 0, 2)
    assert [(line, code) for line, code, _ in imported.errors] == [(2, "NOT_AN_OBJECT"), (3, "NOT_AN_OBJECT")]


async def test_cells_of_the_wrong_type_are_told_as_the_field_tells_it(cards: ShopClient) -> None:
    text = "contact_id.email,points,rate,active,tags\nalone@example.com,many,dear,perhaps,a\n"
    imported = await import_text(cards, text, "loyalty")
    assert imported.errors == [(2, "INVALID_VALUE", field) for field in ("points", "rate", "active", "tags")]
