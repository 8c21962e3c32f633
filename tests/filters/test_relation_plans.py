"""What hardly any row fulfils of which relations are asked: all are asked at once, by ids alone."""

from collections.abc import Iterator
from typing import Any

import pytest

from app.store.listing import _composed, page
from app.store.orders import Mark
from app.store.paging import Page
from tests.filters.test_plans import MEMBERS, _listing
from tests.filters.test_plans import members as members
from tests.store.plans import Explained, Grid

NOBODY: dict[str, Any] = {  # each contact has a member; and the index that is read of these
    "none": ({"none": {}}, {"records_covering", "records_ref1"}),
    "none with a value": ({"none": {"points": {"gte": 0}}}, {"records_covering"}),
    "every": ({"every": {"points": {"lt": 0}}}, {"records_covering"}),
}


@pytest.mark.parametrize("case", NOBODY)
async def test_what_nobody_fulfils_is_no_look_up_for_each(members: Grid, case: str) -> None:
    asked, indexes = NOBODY[case]
    listing, first = _listing(members, "contacts", {"custom": {"member": asked}}, ()), Page(21, after=Mark((), 1))
    async with members.database.reading(members.shop.id) as session:
        assert await page(session, listing, first) == []
    composed = _composed(listing, first, False, 21)
    assert composed is not None
    statement, *parameters = composed
    session = Explained(members)
    try:
        looked = [*_looks(await session.generic(statement, *map(str, parameters)))]
    finally:
        await session.close("rollback")
    assert {loops for _, _, loops in looked} <= {0, 1, 500}  # only the first are asked one after the other
    all_read = {how for how, rows, loops in looked if rows >= MEMBERS and loops == 1}
    assert "Index Only Scan contacts_pkey" in all_read
    assert all_read & {f"Index Only Scan {index}" for index in indexes}


def _looks(node: Any) -> Iterator[tuple[str, float, float]]:
    """Each look at a table: how, how many rows, how often."""
    if "Relation Name" in node:
        yield f"{node['Node Type']} {node.get('Index Name', '')}", node["Actual Rows"], node["Actual Loops"]
    for inner in node.get("Plans", ()):
        yield from _looks(inner)
