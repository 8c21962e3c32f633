"""The main statements find their rows by index: explained as the gateway's role, inside the tenant's transaction, where
row-level security decides which conditions an index may answer; for the values at hand and for any values."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from app.domain.limits import LARGEST_ID
from app.domain.references import ContactReference
from app.loaders.references import Resolver
from app.store import contacts, customers, erasures, price_reach, products, record_writes, records, statements
from app.store.database import Database
from app.store.paging import Page, prefix_range
from app.store.price_walk import routes
from app.store.prices import walk
from app.store.session import Session
from tests.shops import new_shop, new_vet_shop
from tests.store.plans import Explained, Grid, Scan, analyse, fill, rows_read, scans

SEARCH = statements.load("contacts.sql").search_forward

Ask = Callable[[Explained, Grid], Awaitable[Any]]


@pytest.fixture(scope="session")
async def grid(database: Database, http: httpx.AsyncClient, admin_url: str) -> Grid:
    shops = [await new_vet_shop(await new_shop(database, http, admin_url)) for _ in range(2)]
    _, grid = [await fill(admin_url, shop) for shop in shops]
    await analyse(admin_url)
    return grid


async def _prices(session: Explained, grid: Grid) -> None:
    [route] = routes(grid.model, grid.model.overrides)
    pairs = [(contact, f"p{n}") for contact in grid.some["contacts"] for n in range(1, 21)]
    found = await walk(session, route, pairs)
    assert {outcome.value for outcome in found.outcomes} == {"WON"}


async def _reached(session: Explained, grid: Grid) -> None:
    """From vets to contacts; from contacts to products."""
    [route] = routes(grid.model, grid.model.overrides)
    people = await price_reach.contacts(session, route, 2, grid.some["vets"], 10_001)
    assert len(people) >= 20_000 / 50 * len(grid.some["vets"])
    assert len(await price_reach.products(session, route, -1, grid.some["contacts"], 10_001)) >= 20 * 400


async def _mixed(session: Explained, grid: Grid) -> None:
    wanted: list[Any] = [
        *(ContactReference("id_contact", id_) for id_ in grid.some["contacts"]),
        *(ContactReference("email", f"c{n}@x.test") for n in range(15)),
        *(ContactReference("id_customer", f"k{id_}") for id_ in grid.some["contacts"]),
    ]
    await Resolver.ask(session, None, wanted, reject_ambiguous=False, hold=False)


def _of(key: str, field: str, values: str, page: Page[int]) -> Ask:
    return lambda session, grid: records.related(session, grid.definition(key), field, grid.some[values], page)


FORWARD: Page[int] = Page(21, after=7000)
BACKWARD: Page[int] = Page(21, backward=True)
KEY = "shop_id definition_id"

CASES: dict[str, tuple[Ask, dict[str, str]]] = {
    # what is asked, and the columns of the index conditions, by statement
    "records by id": (lambda s, g: records.by_ids(s, g.some["records"]), {"records.by_ids": "shop_id id"}),
    "records by unique key": (
        lambda s, g: records.by_unique_keys(s, g.definition("vet_pricing").id, g.some["prices"]),
        {"records.by_unique_keys": f"{KEY} unique_key"},
    ),
    "records locked by unique key": (
        lambda s, g: record_writes.lock_by_unique_keys(s, g.definition("vet_pricing").id, g.some["prices"]),
        {"records.lock_by_unique_keys": f"{KEY} unique_key"},
    ),
    "a page of records": (
        lambda s, g: records.page(s, g.definition("vet_pricing").id, FORWARD), {"records.page_forward": f"{KEY} id"},
    ),
    "a page of records, backward": (
        lambda s, g: records.page(s, g.definition("vet_pricing").id, BACKWARD), {"records.page_backward": f"{KEY} id"},
    ),
    "the count of records": (
        lambda s, g: records.count(s, g.definition("vet_pricing").id, 10_001), {"records.count": KEY},
    ),
    "the prices of a vet": (
        _of("vet_pricing", "veto_id", "vets", FORWARD), {"records.related_ref1_asc": f"{KEY} ref1"},
    ),
    "the latest contacts of a vet": (
        _of("vet_assignment", "veto_id", "vets", BACKWARD), {"records.related_ref2_desc": f"{KEY} ref2"},
    ),
    "the number of a vet's contacts": (
        lambda s, g: records.count_related(s, g.definition("vet_assignment"), "veto_id", g.some["vets"], 10_001),
        {"records.count_related_ref2": f"{KEY} ref2"},
    ),
    "the prices of a product": (
        lambda s, g: records.related(s, g.definition("vet_pricing"), "product_id", ["p1", "p2"], FORWARD),
        {"records.related_product1_asc": f"{KEY} product1"},
    ),
    "which definitions hold a contact": (
        lambda s, g: records.contact_definitions(s, g.some["contacts"], {"ref1": [g.definition("vet_assignment").id]}),
        {"records.contact_definitions": f"{KEY} ref"},
    ),
    "which records others refer to": (
        lambda s, g: records.referenced(
            s, g.some["vets"], {"ref1": [g.definition("vet_pricing").id], "ref2": [g.definition("vet_assignment").id]}
        ),
        {"records.referenced": f"{KEY} ref"},
    ),
    "contacts by id": (lambda s, g: contacts.by_ids(s, g.some["contacts"]), {"contacts.by_ids": "shop_id id"}),
    "contacts of mixed references": (
        _mixed,
        {"contacts.existing": "shop_id id", "contacts.by_emails": "shop_id email_key",
         "contacts.by_customers": "shop_id id_customer"},
    ),
    "a page of contacts": (lambda s, _: contacts.page(s, FORWARD), {"contacts.page_forward": "shop_id id"}),
    "a page of contacts, backward": (lambda s, _: contacts.page(s, BACKWARD), {"contacts.page_backward": "shop_id id"}),
    "contacts by a beginning": (
        lambda s, _: contacts.page(s, Page(21), "c1999"), {"contacts.search_forward": "shop_id"},
    ),
    "the number of contacts by a beginning": (
        lambda s, _: contacts.count(s, 10_001, "last77"), {"contacts.count_search": "shop_id _key"},
    ),
    "the number of contacts": (lambda s, _: contacts.count(s, 10_001), {"contacts.count_all": "shop_id"}),
    "the customers of contacts": (
        lambda s, g: customers.of_contacts(s, g.some["contacts"]), {"customers.of_contacts": "shop_id contact_id"},
    ),
    "products by id": (lambda s, _: products.by_ids(s, ["p1", "p2", "p3"]), {"products.by_ids": "shop_id id"}),
    "products by reference": (
        lambda s, _: products.by_references(s, ["R1", "R2"]), {"products.by_references": "shop_id reference"},
    ),
    "a page of the active catalogue": (
        lambda s, _: products.page(s, Page(21, after="p1"), active=True), {"products.page_forward": "shop_id id"},
    ),
    "products by a beginning": (
        lambda s, _: products.page(s, Page(21), "product 1777", active=True),
        {"products.search_forward": "shop_id"},
    ),
    "whom prices reach": (
        _reached, {"prices.reached_contacts": "shop_id id", "prices.reached_products": "shop_id definition_id ref"},
    ),
    "twenty prices of twenty contacts": (_prices, {"prices.walk": "shop_id"}),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
async def test_found_by_index(grid: Grid, case: str) -> None:
    ask, expected = CASES[case]
    plans = await explained(grid, ask)
    assert plans.keys() == {f"{name} ({kind})" for name in expected for kind in ("custom", "generic")}
    for name, looked in plans.items():
        columns = expected[name.split(" ")[0]].split()
        assert looked
        for scan in looked:
            assert [column for column in columns if column not in scan.condition] == [], (name, looked)


async def test_a_price_is_one_look_into_the_price_index(grid: Grid) -> None:
    for looked in (await explained(grid, _prices)).values():
        [price] = [scan for scan in looked if scan.how == "records_price"]
        assert "ref1" in price.condition
        assert "product1" in price.condition
        others = [scan.how for scan in looked if scan != price and "ref1" not in scan.condition]
        assert sorted(others) in (["contacts_pkey", "records_definition"], ["contacts_pkey", "records_pkey"])


@pytest.mark.parametrize("write", [erasures.unlink_records, erasures.delete_records])
async def test_a_persons_records_are_found_by_their_relations(grid: Grid, write: Any) -> None:
    """By the plan for the values at hand, which looks at no slot that the definition has not."""

    async def asked(session: Session, grid: Grid) -> None:
        await write(session, grid.definition("vet_assignment"), grid.some["contacts"][0])

    async with grid.database.trying(grid.shop.id) as session:
        await asked(session, grid)
        assert await (await session._ready()).fetchval("show plan_cache_mode") == "force_custom_plan"
    plans = await explained(grid, asked)
    found, written = plans["erasures.records_of (custom)"], plans[f"erasures.{write.__name__} (custom)"]
    assert {scan.how for scan in found} == {"records_ref1"}
    assert all("ref1" in scan.condition for scan in found)
    assert {scan.how for scan in written} == {"records_pkey"}


@pytest.mark.parametrize("beginning", ["c", "c19", "c19999", "first", "last77", "zzz"])
async def test_a_search_reads_little_whether_its_beginning_is_rare_or_common(grid: Grid, beginning: str) -> None:
    """A plan made for any beginning, as prepared statements get it where most shops are small, must serve them all."""
    session = Explained(grid)
    try:
        plan = await session.generic(SEARCH, 0, LARGEST_ID, 21, *prefix_range(beginning))
    finally:
        await session.close("rollback")
    assert rows_read(plan) < 5_000


@pytest.mark.parametrize(("beginning", "expected"), [("c1999", 11), ("c199", 111), ("c19", 1_111), ("C1", 10_001)])
async def test_a_search_finds_the_same_in_either_way(grid: Grid, beginning: str, expected: int) -> None:
    """Rare or common, forward or backward, page by page, and counted."""
    async with grid.database.reading(grid.shop.id) as session:
        assert await contacts.count(session, 10_001, beginning) == expected
        first = [each.id for each in await contacts.page(session, Page(8), beginning)]
        after = [each.id for each in await contacts.page(session, Page(3, after=first[4]), beginning)]
        before = [each.id for each in await contacts.page(session, Page(4, None, first[4], True), beginning)]
        last = await contacts.page(session, Page(1, backward=True), beginning)
        [later] = await contacts.page(session, Page(2, after=last[0].id - 1), beginning)
    assert first == sorted(set(first))
    assert (after, before) == (first[5:8], first[3::-1])
    assert later == last[0]
    assert (last[0].email or "").startswith(beginning.lower())


async def explained(grid: Grid, ask: Ask) -> dict[str, list[Scan]]:
    """The looks at tables of every statement asked, by its name and the kind of plan."""
    session = Explained(grid)
    try:
        await ask(session, grid)
    finally:
        await session.close("rollback")
    return {name: list(scans(plan)) for name, plan in session.plans.items()}
