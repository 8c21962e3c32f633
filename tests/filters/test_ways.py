"""The ways to a page and to groups: each is taken where its bounds lead there, and all of them find the same."""

from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import orjson
import pytest

from app.domain.aggregate_parser import SentKey, parse_aggregation
from app.domain.aggregates import Function, Measure
from app.store import aggregates, link_pages, range_pages, reading_ways
from app.store.listing import Listing, _composed, page
from app.store.orders import Mark
from app.store.paging import Page
from app.store.statements import Statement
from tests.filters.test_plans import _listing
from tests.filters.test_plans import members as members
from tests.store.plans import Explained, Grid

_ALL = 1_000_000
RANGES = {
    "steps": {"_MORE_STEPS": _ALL},
    "few entries": {"_MORE_STEPS": 3, "_FEW": _ALL, "_MANY": _ALL},
    "values": {"_MORE_STEPS": 3, "_FEW": 3, "_VALUES": _ALL},
    "many entries": {"_MORE_STEPS": 3, "_FEW": 3, "_VALUES": 3, "_MANY": _ALL},
    "walk": {"_MORE_STEPS": 3, "_FEW": 3, "_VALUES": 3, "_MANY": 3},
}
LINKS = {"steps": {"_STEPS": _ALL}, "found1": {"_STEPS": 3, "_FEW": _ALL}, "walk": {"_STEPS": 3, "_FEW": 3}}
# many rows of few values, in no order of the ids
ASKED: list[tuple[Any, Callable[[Any], bool]]] = [
    ({"fee": {"gte": "2.01", "lt": "9.99"}}, lambda data: Decimal("2.01") <= Decimal(data["fee"]) < Decimal("9.99")),
    (
        {"points": {"gt": 100, "lte": 9_000}, "note": {"contains": "7"}},
        lambda data: 100 < data["points"] <= 9_000 and "7" in data["note"],
    ),
]
_EVERYTHING = "select id, ref1, data from records where shop_id = $1 and definition_id = $2::bigint order by id"


def _bounded(monkeypatch: pytest.MonkeyPatch, module: Any, bounds: dict[str, int]) -> None:
    for name, bound in bounds.items():
        monkeypatch.setattr(module, name, bound)


async def _everything(grid: Grid) -> list[tuple[int, int, Any]]:
    """Of each member: its id, its contact's and its data."""
    async with grid.database.reading(grid.shop.id) as session:
        rows = await session.fetch(Statement("everything", _EVERYTHING), grid.definition("member").id)
    return [(row["id"], row["ref1"], orjson.loads(row["data"])) for row in rows]


async def _pages_agree(grid: Grid, listing: Listing, expected: list[int], way: str) -> None:
    """Pages from either end and behind a row, each found that way."""
    third = expected[len(expected) // 3]
    behind = [id_ for id_ in expected if id_ > third]
    for asked, ids in (
        (Page(21), expected[:21]),
        (Page(7, backward=True), expected[: -8 : -1]),
        (Page(21, after=Mark((), third)), behind[:21]),
    ):  # fmt: skip
        async with grid.database.reading(grid.shop.id) as session:
            assert [each.row.id for each in await page(session, listing, asked)] == ids
            assert await _way(session, listing, asked) == way


async def _way(session: Any, listing: Listing, asked: Page[Mark]) -> str:
    """What the statement of the page chooses."""
    composed = _composed(listing, asked, False, asked.limit)
    assert composed is not None
    statement, *parameters = composed
    looks, rows = statement.sql.rsplit("\nselect r.id", 1)
    asks = f"{looks} select way from chosen union all select null from (select r.id{rows}) r where false"
    [found] = await session.fetch(Statement("way", asks), *parameters)
    return str(found["way"])


@pytest.mark.parametrize("way", RANGES)
async def test_each_way_to_a_range_finds_the_same(members: Grid, way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    _bounded(monkeypatch, range_pages, RANGES[way])
    everything = await _everything(members)
    for where, fulfilled in ASKED:
        expected = [id_ for id_, _, data in everything if fulfilled(data)]
        await _pages_agree(members, _listing(members, "member", where, ()), expected, way.split()[-1])


@pytest.mark.parametrize("way", LINKS)
async def test_each_way_to_what_records_point_at_finds_the_same(
    members: Grid, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _bounded(monkeypatch, link_pages, LINKS[way])
    everything = await _everything(members)
    for where, fulfilled in ASKED:
        expected = sorted({contact for _, contact, data in everything if fulfilled(data)})
        some = {"custom": {"member": {"some": where}}}
        await _pages_agree(members, _listing(members, "contacts", some, ()), expected, way)


async def test_of_several_links_the_rare_one_is_followed(members: Grid, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of 30,000 contacts has a member of some fee, thirty of them one of a tier."""
    _bounded(monkeypatch, link_pages, {"_STEPS": 3, "_FEW": 50})
    everything = await _everything(members)
    links = [{"custom": {"member": {"some": some}}} for some in ({"fee": {"gte": "0"}}, {"tier": {"eq": "tier7"}})]
    expected = sorted({contact for _, contact, data in everything if data["tier"] == "tier7"})
    assert len(expected) == 30
    await _pages_agree(members, _listing(members, "contacts", {"and": links}, ()), expected, "found2")


@pytest.mark.parametrize(("bounds", "index"), [({"_FEW": 0, "_SHARE": _ALL}, "records_covering"), ({}, "records_num1")])
async def test_groups_of_common_rows_are_read_by_the_covering_index_and_of_rare_ones_by_theirs(
    members: Grid, bounds: dict[str, int], index: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _bounded(monkeypatch, reading_ways, bounds)
    listing = _listing(members, "member", {"points": {"lt": 4_000}}, ())
    figures = [Measure(Function.COUNT)]
    asked, problem = parse_aggregation(
        members.model, listing.entity, listing.condition, [SentKey("tier")], figures, [], "UTC"
    )
    assert asked is not None, problem
    everything = await _everything(members)
    expected = Counter(data["tier"] for _, _, data in everything if data["points"] < 4_000)
    async with members.database.reading(members.shop.id) as session:
        found = await aggregates.groups(session, asked, 1_000)
    assert {group.keys[0]: group.values[0] for group in found} == expected
    assert await _read_by(members, asked) == index


async def _read_by(grid: Grid, asked: Any) -> str:
    """The index that gave most rows, by the plan made for any values."""
    session = Explained(grid)
    statements: list[tuple[Statement, tuple[Any, ...]]] = []

    async def fetch(statement: Statement, *args: Any) -> list[Any]:
        statements.append((statement, args))
        return await Explained.fetch(session, statement, *args)

    session.fetch = fetch  # type: ignore[method-assign]
    try:
        await aggregates.groups(session, asked, 1_000)
        [(statement, args)] = statements
        plan = await session.generic(statement, *map(str, args))
    finally:
        await session.close("rollback")
    return max(_rows(plan), key=lambda each: each[1])[0]


def _rows(plan: Any) -> list[tuple[str, float]]:
    own = [(plan["Index Name"], plan["Actual Rows"] * plan["Actual Loops"])] if "Index Name" in plan else []
    return own + [each for inner in plan.get("Plans", ()) for each in _rows(inner)]
