"""How much of a file is in one transaction: so many rows, or so many bytes of it."""

import pytest

from app.bulk import importing
from tests.bulk.files import import_text
from tests.shops import ShopClient


@pytest.fixture
async def notes(shop: ShopClient) -> ShopClient:
    await shop.define("Note", {"code": "STRING", "text": "LONGTEXT"})
    return shop


@pytest.mark.parametrize("form", ["csv", "jsonl"])
async def test_a_chunk_ends_with_the_row_that_fills_it(
    notes: ShopClient, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "CHUNK_BYTES", 10_000)
    wide = "x" * 2_600
    row = f"A,{wide}\n" if form == "csv" else f'{{"code":"A","text":"{wide}"}}\n'
    head = "code,text\n" if form == "csv" else ""
    imported = await import_text(notes, head + row * 10, "note", form=form)
    assert imported.counts == (10, 0, 0, 0)
    assert [mark - len(head.splitlines()) for mark in imported.marks] == [4, 8, 10]


async def test_wide_rows_are_not_in_memory_together(notes: ShopClient) -> None:
    """The bound itself: 200 rows of the largest text, 20 MB, in three transactions."""
    imported = await import_text(notes, "code,text\n" + f"A,{'x' * 99_000}\n" * 200, "note")
    assert imported.counts == (200, 0, 0, 0)
    assert [mark - 1 for mark in imported.marks] == [85, 170, 200]


async def test_blank_lines_behind_a_last_chunk_that_is_full_are_no_rows(
    notes: ShopClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a file of rows without a key would be taken for one that goes on, and be imported again."""
    monkeypatch.setattr(importing, "ROWS_PER_CHUNK", 5)
    text = "code,text\n" + "A,x\n" * 10 + "\n,\n"
    assert (await import_text(notes, text, "note")).counts == (10, 0, 0, 0)
    assert (await import_text(notes, text, "note")).ended.repeated
