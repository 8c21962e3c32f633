"""Arrays sent as one text arrive as they were."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.store.arrays import numbers, texts
from app.store.database import Database

TEXTS = {
    "none": [],
    "empty text": [""],
    "plain": ["p1", "p2"],
    "quotes": ['say "yes"', '"'],
    "backslashes": ["a\\b", "\\", '\\"'],
    "commas and braces": ["a,b", "{c}", "{", "}", ","],
    "spaces": [" ", " a ", "\n\t"],
    "the word NULL": ["NULL", "null"],
    "beyond ASCII": ["é", "日本", "😀"],
}


@pytest.mark.parametrize("sent", TEXTS.values(), ids=TEXTS)
async def test_texts(sent: list[str], database: Database) -> None:
    async with database.pool.acquire() as connection:
        assert await connection.fetchval("select $1::text::text[]", texts(sent)) == sent


@given(st.lists(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))))
async def test_any_texts(database: Database, sent: list[str]) -> None:
    async with database.pool.acquire() as connection:
        assert await connection.fetchval("select $1::text::text[]", texts(sent)) == sent


@pytest.mark.parametrize("sent", [[], [1], [-5, 0, 2**63 - 1]], ids=["none", "one", "the largest"])
async def test_numbers(sent: list[int], database: Database) -> None:
    async with database.pool.acquire() as connection:
        assert await connection.fetchval("select $1::text::bigint[]", numbers(sent)) == sent
