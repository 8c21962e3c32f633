"""The largest record that is kept fits a line of a file, whatever the form; what does not, is not kept."""

import io
import json
from pathlib import Path
from typing import Any

import pytest

from app.bulk import exporting
from app.bulk.backup import backup, restore
from app.bulk.columns import Column
from app.bulk.lines import Lines
from app.bulk.reading import CsvRows, Dialect, JsonRows
from app.bulk.rejects import CsvForm, Form, JsonForm
from app.domain import exact_json
from app.domain.imports import Sent
from app.domain.limits import LINE_BYTES, RECORD_BYTES
from app.domain.problems import Code, Problem
from app.domain.verdicts import Outcome, Verdict
from app.store.administration import connected
from tests.bulk.files import every_record, import_text
from tests.bulk.test_exporting import exported
from tests.shops import ShopClient

FIELDS = 30
# what takes the most room: quotes, which CSV doubles, escapes and all; and numbers that the database writes out
WORST: dict[str, Any] = {"quotes": '"' * 49_000, "empty": [""] * 32_000, "numbers": [1.234567890123456e-05] * 4_000}


async def _grown(shop: ShopClient, value: Any) -> list[str]:
    """Makes a record that has this value in as many fields as there is room for; what it is told who adds another."""
    await shop.define("Thing", {"code": "STRING", **{f"f{n}": "JSON" for n in range(FIELDS)}}, uniqueKeys=["code"])
    number = RECORD_BYTES // (exact_json.size(value) + len('"f10":,'))
    row = {"code": "A", **{f"f{n}": value for n in range(number)}}
    assert (await import_text(shop, json.dumps(row) + "\n", "thing", form="jsonl")).counts == (1, 0, 0, 0)
    asked = {"definition": "thing", "records": [{"code": "A", f"f{number}": value}]}
    told = await shop.run("saveCustomDataRecords", "results { errors { code message } }", **asked)
    [error] = told["results"][0]["errors"]
    return [error["code"], error["message"]]


@pytest.mark.parametrize("form", ["csv", "jsonl"])
@pytest.mark.parametrize("worst", WORST)
async def test_the_largest_record_comes_back(
    shop: ShopClient, other_shop: ShopClient, form: str, worst: str, tmp_path: Path, admin_url: str
) -> None:
    code, message = await _grown(shop, WORST[worst])
    assert code == "LIMIT_EXCEEDED"
    assert f"at most {RECORD_BYTES:,} are kept" in message
    text = await exported(shop, await exporting.of_records(shop.database, shop.id, "thing"), form)
    assert len(text) > 1_000_000
    assert (await import_text(shop, text, "thing", form=form)).counts == (0, 0, 1, 0)
    await backup(shop.database, shop.id, tmp_path / "shop.zip")
    await restore(other_shop.database, other_shop.id, tmp_path / "shop.zip")
    assert await every_record(other_shop, "thing") == await every_record(shop, "thing")
    async with connected(admin_url) as connection:  # or tests that look through all tables would read them again
        await connection.execute("delete from records where shop_id = any($1)", [shop.id, other_shop.id])


async def test_no_way_of_writing_makes_a_record_too_large(shop: ShopClient) -> None:
    lists = {f"l{n}": "LIST" for n in range(3)}
    await shop.define("Thing", {"code": "STRING", **lists}, uniqueKeys=["code"])
    large = ["x" * 1_000] * 1_000
    made = await shop.save_one("thing", {"code": "A", "l0": large})
    await shop.save("thing", {"code": "A", "l1": large})
    payload = await shop.run("updateCustomDataRecord", "userErrors { code path }", id=str(made), data={"l2": large})
    assert payload["userErrors"] == [{"code": "LIMIT_EXCEEDED", "path": "data"}]
    long = "".join('"' + "\u00e9" * 1_000 + '",' for _ in range(999))
    row = f'{{"code":"B","l0":[{long}"x"],"l1":["x"]}}\n'
    imported = await import_text(shop, row, "thing", form="jsonl")
    assert (imported.counts, [code for _, code, _ in imported.errors]) == ((1, 0, 0, 0), [])
    row = f'{{"code":"B","l1":[{long}"x"]}}\n'
    imported = await import_text(shop, row, "thing", form="jsonl")
    assert (imported.counts, [code for _, code, _ in imported.errors]) == ((0, 0, 0, 1), ["LIMIT_EXCEEDED"])
    smaller = await shop.run("updateCustomDataRecord", "outcome userErrors { code }", id=str(made), data={"l1": None})
    assert smaller == {"outcome": "UPDATED", "userErrors": []}


_WRONG = Verdict(0, Outcome.REJECTED, None, (Problem(Code.INVALID_VALUE, "Wrong.", "text"),))


def _columns(header: Any) -> list[Column]:
    return [Column(name, None) if name in ("code", "text") else Column(None) for name in header]


def _again(form: Form, sent: Sent) -> list[Sent]:
    """The rows that a file of rejects with this one has."""
    file = Lines(io.BytesIO(form.heading() + form.rows([(sent, _WRONG)])))
    return list(JsonRows(file) if isinstance(form, JsonForm) else CsvRows(file, _columns, Dialect(",")))


@pytest.mark.parametrize("length", [LINE_BYTES - 1_000_000, LINE_BYTES])
def test_a_file_of_rejects_can_be_read_however_long_a_row_is(length: int) -> None:
    """Where there is no room for the notes, they stand alone, and are refused until somebody has put the row there."""
    text = "x" * (length - 20)
    for form, sent in (
        (CsvForm(["code", "text"], ","), Sent(7, {"code": "A", "text": text}, ["A", text])),
        (JsonForm(), Sent(7, {"text": text}, b'{"text":"' + text.encode() + b'"}\n')),
    ):
        [row] = _again(form, sent)
        if length < LINE_BYTES - 1_000:
            assert row.problem is None
            assert row.value["text"] == text
        else:
            assert row.problem is not None
            assert "nothing but what begins with #" in row.problem.message


@pytest.mark.parametrize("raw", ['"' * (LINE_BYTES // 2 + 1), "\U0001f408" * (LINE_BYTES // 4), "a\n" * LINE_BYTES])
def test_nor_what_could_not_be_read_of_it(raw: str) -> None:
    [row] = _again(CsvForm(["code", "text"], ","), Sent(7, None, raw, _WRONG.errors[0]))
    assert row.problem is not None
