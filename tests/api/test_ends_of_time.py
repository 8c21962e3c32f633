"""The first and the last day and moment that there are: found, ordered, paged and measured as all others, with an index
slot and without."""

from typing import Any

import pytest

from tests.shops import ShopClient

FIRST, LAST = "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z"
NEAR, BEFORE = "0001-01-01T00:00:00.000001Z", "9999-12-31T23:59:59.999998Z"
MOMENTS = [FIRST, NEAR, "2026-03-29T00:30:00Z", BEFORE, LAST]
DAYS = ["0001-01-01", "0001-01-02", "2026-03-29", "9999-12-30", "9999-12-31"]


@pytest.fixture(params=[True, False], ids=["with a slot", "without"])
async def stars(request: pytest.FixtureRequest, shop: ShopClient) -> ShopClient:
    indexed = request.param
    await shop.define(
        "Star", {"n": "NUMBER", "at": {"type": "DATETIME", "indexed": indexed},
                 "day": {"type": "DATE", "indexed": indexed}},
    )  # fmt: skip
    rows = zip(MOMENTS, DAYS, strict=True)
    await shop.save("star", *({"n": n, "at": at, "day": day} for n, (at, day) in enumerate(rows)), {"n": 5})
    return shop


FOUND: dict[str, tuple[dict[str, Any], list[int]]] = {
    "the first moment": ({"at": {"eq": FIRST}}, [0]),
    "not after it": ({"at": {"lte": FIRST}}, [0]),
    "after it": ({"at": {"gt": FIRST}}, [1, 2, 3, 4]),
    "from it on": ({"at": {"gte": FIRST}}, [0, 1, 2, 3, 4]),
    "before the second": ({"at": {"lt": NEAR}}, [0]),
    "the last moment": ({"at": {"in": [LAST, FIRST]}}, [0, 4]),
    "not before it": ({"at": {"gte": LAST}}, [4]),
    "before it": ({"at": {"lt": LAST}}, [0, 1, 2, 3]),
    "between the ends": ({"at": {"between": [FIRST, LAST]}}, [0, 1, 2, 3, 4]),
    "the first day": ({"day": {"eq": "0001-01-01"}}, [0]),
    "behind the first day": ({"day": {"gt": "0001-01-01"}}, [1, 2, 3, 4]),
    "the last day": ({"day": {"gte": "9999-12-31"}}, [4]),
    "within the first day": ({"day": {"within": "0001-01-01"}}, [0]),
    "within it, by the clock": ({"at": {"within": "0001-01-01"}}, [0, 1]),
}


@pytest.mark.parametrize("case", FOUND)
async def test_conditions(stars: ShopClient, case: str) -> None:
    where, expected = FOUND[case]
    query = """query($w: JSON) { customDataRecords(definition: "star", where: $w) { nodes { n: value(field: "n") }
               totalCount { count } } }"""
    found = (await stars.ask(query, w=where))["customDataRecords"]
    assert [node["n"] for node in found["nodes"]] == expected
    assert found["totalCount"]["count"] == len(expected)


@pytest.mark.parametrize("order", ["at: ASC", "at: DESC", "at: ASC_NULLS_FIRST", "day: ASC", "day: DESC"])
async def test_pages(stars: ShopClient, order: str) -> None:
    """One row each, from either end."""
    expected = [4, 3, 2, 1, 0, 5] if "DESC" in order else [5, 0, 1, 2, 3, 4] if "FIRST" in order else [*range(6)]
    for size, cursor, end in (("first", "after", "endCursor"), ("last", "before", "startCursor")):
        query = f"""query($c: String) {{ custom {{ star(orderBy: [{{ {order} }}], {size}: 1, {cursor}: $c) {{
                    nodes {{ n }} pageInfo {{ {end} }} }} }} }}"""
        seen: list[int] = []
        at = None
        for _ in range(6):
            page = (await stars.ask(query, c=at))["custom"]["star"]
            seen += [node["n"] for node in page["nodes"]]
            at = page["pageInfo"][end]
        assert seen == (expected if size == "first" else expected[::-1])


async def test_figures(stars: ShopClient) -> None:
    query = (
        "query($h: StarHaving) { custom { starAggregate(having: $h) { groups { min { at day } max { at day } } } } }"
    )
    found = await stars.ask(query, h={"min": {"at": {"eq": FIRST}}})
    expected = {"min": {"at": FIRST, "day": DAYS[0]}, "max": {"at": LAST, "day": DAYS[-1]}}
    assert found["custom"]["starAggregate"]["groups"] == [expected]


async def test_groups(stars: ShopClient) -> None:
    query = (
        """{ customDataAggregate(definition: "star", groupBy: {field: "%s", unit: YEAR}) { groups { keys count } } }"""
    )
    for field in ("at", "day"):
        groups = (await stars.ask(query % field))["customDataAggregate"]["groups"]
        assert [(group["keys"][0], group["count"]) for group in groups] == [
            ("0001-01-01", 2), ("2026-01-01", 1), ("9999-01-01", 2), (None, 1),
        ]  # fmt: skip
    values = """{ customDataAggregate(definition: "star", groupBy: {field: "at"}) { groups { keys } } }"""
    groups = (await stars.ask(values))["customDataAggregate"]["groups"]
    assert [group["keys"][0] for group in groups] == [*MOMENTS, None]
