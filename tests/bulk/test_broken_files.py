"""Files that are broken, or something else than they are taken for: nothing of them is taken quietly."""

import codecs
import gzip
from pathlib import Path

import pytest

from app.bulk.lines import Unreadable
from app.domain.limits import LINE_BYTES
from tests.bulk.files import every_record, import_text
from tests.bulk.test_http import post
from tests.shops import ShopClient


@pytest.fixture
async def things(shop: ShopClient) -> ShopClient:
    """A shop with a definition without a unique key."""
    await shop.define("Thing", {"code": "STRING", "d": "NUMBER", "note": "LONGTEXT", "extra": "JSON"})
    return shop


async def data(shop: ShopClient) -> list[tuple[str | None, ...]]:
    return [tuple(each["data"].get(n) for n in ("code", "d")) for each in await every_record(shop, "thing")]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('code,note\nA,"5 inch\nB,"6 inch\nC,x\n', "Line 2 cannot be read: a quote"),
        ('code,note\nA,x\nB,"cut of', "Line 3 cannot be read: a cell is too large, or a quote"),
        ('code,note\nA,x\rB,y\n', "Line 2 cannot be read: a carriage return"),
        ("code,note\rA,x\rB,y\r", "Line 1 cannot be read: a carriage return"),
        ('code,"note\nA,x\n' + "B,y\n" * 50_000, "Line 1 cannot be read: a cell is too large, or a quote"),
        ("\ncode,note\nA,x\n", "The first line is blank"),
        ("sep=;\ncode;note\nA;x\n", 'The first line, "sep=;", is for Excel'),
        ("code,note,\nA,x,\n", "Column 3 has no name"),
        (gzip.compress(b"code,note\nA,x\n"), "not UTF-8 but packed with gzip"),
        (b"PK\x03\x04\x14\x00\n", "not UTF-8 but a workbook"),
        (codecs.BOM_UTF16_LE + "code,note\nA,x\n".encode("utf-16-le"), "not UTF-8 but UTF-16"),
        (codecs.BOM_UTF16_BE + "code,note\nA,x\n".encode("utf-16-be"), "not UTF-8 but UTF-16"),
    ],
    ids=["quote", "cut off", "carriage return", "old Mac", "quote in the header", "blank", "sep", "trailing", "gzip",
         "workbook", "UTF-16 LE", "UTF-16 BE"],
)  # fmt: skip
async def test_a_broken_csv_is_refused_with_what_to_do(things: ShopClient, text: str | bytes, said: str) -> None:
    with pytest.raises(Unreadable) as refusal:
        await import_text(things, text, "thing")
    assert said in str(refusal.value)
    assert await data(things) == []
    response = await post(things, "/bulk/records?definition=thing", text)
    if "Line 2" in said or "Line 3" in said:  # the answer had begun by then
        assert said in response.text
    else:
        assert (response.status_code, response.json()["errors"][0]["extensions"]["code"]) == (400, "BAD_REQUEST")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[\n{"code": "A"},\n{"code": "B"}\n]\n', "one JSON array"),
        ('[{"code": "A"},\n{"code": "B"}]\n', "one JSON array"),
        ('[{"code": "A"}, {"code": "B"}]', "one JSON array"),
        (gzip.compress(b'{"code": "A"}\n'), "not UTF-8 but packed with gzip"),
    ],
    ids=["spread", "begun", "one line", "gzip"],
)  # fmt: skip
async def test_something_else_than_lines_of_json_is_refused(things: ShopClient, text: str | bytes, said: str) -> None:
    with pytest.raises(Unreadable, match=said):
        await import_text(things, text, "thing", form="jsonl")
    assert (await post(things, "/bulk/records?definition=thing", text, "application/json")).status_code == 400


async def test_a_row_that_is_a_list_is_rejected_alone(things: ShopClient) -> None:
    imported = await import_text(things, '["A"]\n{"code": "B"}\n', "thing", form="jsonl")
    assert (imported.counts, imported.errors) == ((1, 0, 0, 1), [(1, "NOT_AN_OBJECT", None)])


async def test_what_was_read_before_a_broken_quote_stays_and_the_mended_file_goes_on(things: ShopClient) -> None:
    good = "code,note\n" + "".join(f"{n},x\n" for n in range(5_001))
    with pytest.raises(Unreadable, match="Line 5003"):
        await import_text(things, good + 'B,"5" pipe"\nC,x\n', "thing")
    mended = await import_text(things, good + 'B,"5"" pipe"\nC,x\n', "thing")
    assert (mended.begun[0].tally.created, mended.counts) == (5_000, (5_003, 0, 0, 0))


async def test_a_value_that_is_too_large_rejects_its_row_and_the_largest_ones_are_taken(things: ShopClient) -> None:
    escaped = "\\u00e9" * 49_000  # 294,000 characters, and 98,000 bytes when it is stored
    rows = ["x," + "y" * 200_000 + ",", "y," + "y" * 100_000 + ",", f'z,,"""{escaped}"""']
    imported = await import_text(things, "code,note,extra\n" + "\n".join(rows) + "\n", "thing")
    assert (imported.counts, imported.errors) == ((2, 0, 0, 1), [(2, "INVALID_VALUE", "note")])
    assert [code for code, _ in await data(things)] == ["y", "z"]


async def test_a_line_beyond_the_bound_stops_the_file(things: ShopClient) -> None:
    with pytest.raises(Unreadable, match="Line 2 is longer"):
        await import_text(things, "code,note\nA," + "x" * LINE_BYTES + "\n", "thing")


async def test_lines_of_empty_cells_are_none(things: ShopClient, tmp_path: Path) -> None:
    """As spreadsheets leave them behind the last row."""
    imported = await import_text(things, "code,d\nA,1\n,\n\n,,,\nB,2\n,\n", "thing", rejects=tmp_path / "r.csv")
    assert (imported.counts, await data(things)) == ((2, 0, 0, 0), [("A", 1), ("B", 2)])
    assert (await import_text(things, "code,d\nA,1\n,\n\n,,,\nB,2\n,\n", "thing")).ended.repeated
