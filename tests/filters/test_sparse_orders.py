"""Pages ordered by fields that, by the statistics of all definitions, nearly no record has, or that all have: the index
is walked all the same, for as many rows as the page takes."""

from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import asyncpg
import httpx
import pytest

from app.domain.orders import Direction, Nulls, SentField
from app.store.database import Database
from app.store.listing import Listing, _composed, page
from app.store.orders import Mark
from app.store.paging import Page
from tests.filters.test_plans import _listing
from tests.shops import ShopClient, new_shop
from tests.store.plans import Explained, Grid, analyse, rows_read

RECORDS, PAGE = 5_000, 21

# the last slots of each kind are taken by few definitions; of the fillers only the last number is null
_OTHERS = """
insert into records (shop_id, definition_id, num4, data)
select $1, 8000000000 + n % 1000, n, '{}' from generate_series(1, 60000) n
"""
_FILL = """
insert into records (shop_id, definition_id, str4, str5, num4, num5, num6, at4, data)
select $1, $2, word, word, null, points, fee::float8, seen, jsonb_build_object('word', word, 'points', points,
       'fee', fee::text, 'seen', to_char(seen at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), 'tier', word)
from (select 'word' || n * 7919 % 5000 as word, n * 7907 % 5000 as points, n * 7901 % 5000 / 100.0 as fee,
             timestamptz '2020-01-01' + n * 7883 % 5000 * interval '1 hour' as seen from generate_series(1, 5000) n) v
"""
_NULLS = """
select attname, null_frac from pg_stats where tablename = 'records' and attname = any($1) order by attname
"""
FIELDS = {
    **{f"text{n}": "STRING" for n in range(3)}, "tier": "STRING", "word": "STRING",
    **{f"number{n}": "NUMBER" for n in range(3)}, "missing": "NUMBER", "points": "NUMBER", "fee": "DECIMAL",
    **{f"day{n}": "DATE" for n in range(3)}, "seen": "DATETIME",
}  # fmt: skip
SLOTS = {"word": "str5", "points": "num5", "fee": "num6", "seen": "at4"}


@pytest.fixture(scope="module")
async def sparse(database: Database, http: httpx.AsyncClient, admin_url: str) -> AsyncIterator[Grid]:
    """5,000 records with values in slots that 60,000 records of other definitions leave empty."""
    shop, others = [await new_shop(database, http, admin_url) for _ in range(2)]
    await shop.define("Sparse", FIELDS)
    async with database.reading(shop.id) as session:
        model = await database.models.current(session)
    definition = model.by_key["sparse"]
    assert {name: definition.field[name].slot for name in SLOTS} == SLOTS
    connection = await asyncpg.connect(admin_url)
    await connection.execute(_OTHERS, others.id)
    await connection.execute(_FILL, shop.id, definition.id)
    await analyse(admin_url)
    yield Grid(database, shop, model)
    for each in (shop, others):
        await connection.execute("delete from records where shop_id = $1", each.id)
    await connection.close()


@pytest.mark.usefixtures("sparse")
async def test_the_statistics_say_so(admin_url: str) -> None:
    connection = await asyncpg.connect(admin_url)
    fractions = {row["attname"]: row["null_frac"] for row in await connection.fetch(_NULLS, [*SLOTS.values()])}
    await connection.close()
    assert all(fraction > 0.8 for fraction in fractions.values()), fractions


async def everything(grid: Grid, listing: Listing) -> list[Any]:
    async with grid.database.reading(grid.shop.id) as session:
        return await page(session, listing, Page(RECORDS))


async def reads(grid: Grid, listing: Listing, asked: Page[Mark], nulls: bool) -> float:
    """How many rows the part's statement looks at, by the plan made for the values at hand or for any, whichever takes
    more."""
    composed = _composed(listing, asked, nulls, asked.limit)
    assert composed is not None
    statement, *parameters = composed
    session = Explained(grid)
    try:
        plans = [await session.ran(mode, statement, *map(str, parameters)) for mode in ("generic", "custom")]
    finally:
        await session.close("rollback")
    return max(map(rows_read, plans))


@pytest.mark.parametrize("nulls", Nulls)
@pytest.mark.parametrize("direction", Direction)
@pytest.mark.parametrize("field", SLOTS)
async def test_a_page_walks_the_index(sparse: Grid, field: str, direction: Direction, nulls: Nulls) -> None:
    listing = _listing(sparse, "sparse", {}, (SentField(field, direction, nulls),))
    listed = await everything(sparse, listing)
    values = [each.mark.values[0] for each in listed]
    assert values == sorted(values, reverse=direction is Direction.DESC)
    for asked, expected in (
        (Page(PAGE), listed[:PAGE]),
        (Page(PAGE, after=listed[2_000].mark), listed[2_001 : 2_001 + PAGE]),
        (Page(PAGE, before=listed[2_000].mark, backward=True), listed[2_000 - PAGE : 2_000][::-1]),
    ):
        async with sparse.database.reading(sparse.shop.id) as session:
            assert await page(session, listing, asked) == expected
        assert await reads(sparse, listing, asked, False) < 10 * PAGE


@pytest.mark.parametrize("direction", Direction)
async def test_a_page_in_an_order_of_several_fields_walks_the_index_of_the_first(
    sparse: Grid, direction: Direction
) -> None:
    listing = _listing(sparse, "sparse", {}, (SentField("seen", direction), SentField("fee", Direction.ASC)))
    listed = await everything(sparse, listing)
    after = Page(PAGE, after=listed[2_000].mark)
    async with sparse.database.reading(sparse.shop.id) as session:
        assert await page(session, listing, after) == listed[2_001 : 2_001 + PAGE]
    for asked in (Page(PAGE), after):
        assert await reads(sparse, listing, asked, False) < 10 * PAGE


@pytest.mark.parametrize("nulls", Nulls)
async def test_a_page_of_records_without_the_value_walks_the_ids(sparse: Grid, nulls: Nulls) -> None:
    """By statistics hardly any record lacks it."""
    listing = _listing(sparse, "sparse", {}, (SentField("missing", Direction.ASC, nulls),))
    listed = await everything(sparse, listing)
    assert len(listed) == RECORDS
    for asked in (Page(PAGE), Page(PAGE, after=listed[2_000].mark)):
        assert await reads(sparse, listing, asked, True) < 10 * PAGE


async def test_a_condition_beside_the_order_is_asked_on_the_way(sparse: Grid) -> None:
    """Also where rows of equal slots have to be sorted anew."""
    where = {"tier": {"startsWith": "word"}}
    listing = _listing(sparse, "sparse", where, (SentField("fee", Direction.DESC),))
    listed = await everything(sparse, listing)
    assert len(listed) == RECORDS
    for asked in (Page(PAGE), Page(PAGE, after=listed[2_000].mark)):
        assert await reads(sparse, listing, asked, False) < 2_000


async def test_rows_of_one_slot_are_in_order_whatever_their_values(shop: ShopClient) -> None:
    """The page's last row is one of many whose slots are equal."""
    await shop.define("Deep", {"text": "STRING", "fee": "DECIMAL"})
    long, close = "x" * 300, "1." + "0" * 20
    await shop.save("deep", *({"text": f"{long}{n * 7 % 20:02}", "fee": f"{close}{n * 7 % 10}"} for n in range(20)))
    query = """query($o: [OrderBy!], $a: String) { customDataRecords(definition: "deep", first: 3, after: $a,
        orderBy: $o) { pageInfo { endCursor hasNextPage } nodes { data } } }"""
    for field, key in (("text", str), ("fee", Decimal)):
        for direction in ("ASC", "DESC"):
            found, more, cursor = [], True, None
            while more:
                order = {"field": field, "direction": direction}
                listed = (await shop.ask(query, o=[order], a=cursor))["customDataRecords"]
                found += [key(each["data"][field]) for each in listed["nodes"]]
                more, cursor = listed["pageInfo"]["hasNextPage"], listed["pageInfo"]["endCursor"]
            assert len(found) == 20
            assert found == sorted(found, reverse=direction == "DESC")
