"""Filters and orders find their rows by the slots' indexes: explained as the gateway's role under row-level security,
for the values at hand and for any values."""

from datetime import UTC, datetime
from typing import Any

import asyncpg
import httpx
import pytest

from app.domain.aggregate_parser import SentKey, parse_aggregation
from app.domain.aggregates import Function, Measure
from app.domain.condition_parser import parse_condition
from app.domain.entities import CONTACTS, Entity, of_definition
from app.domain.orders import Direction, SentField, parse_order
from app.domain.periods import Calendar
from app.store import aggregates, nested
from app.store.database import Database
from app.store.listing import Listing, _composed, count, page
from app.store.orders import Mark
from app.store.paging import Page
from tests.shops import ShopClient, new_shop, to
from tests.store.plans import Explained, Grid, Scan, analyse, rows_read, scans

MEMBERS = 30_000

_FILL = """
insert into contacts (shop_id, email, email_key, last_name)
select $1, 'c' || n || '@x.test', 'c' || n || '@x.test', 'last' || n from generate_series(1, {members}) n;
insert into records (shop_id, definition_id, ref1, str1, num1, num2, at1, at2, data)
select $1, {member}, c.id, tier, points, fee::float8, since, seen,
       jsonb_build_object('contact_id', c.id, 'tier', tier, 'points', points, 'fee', fee::text,
           'since', to_char(since, 'YYYY-MM-DD'), 'note', 'n' || points)
from (select id, row_number() over (order by id) as n from contacts where shop_id = $1) c
cross join lateral (select 'tier' || c.n % 1000 as tier, c.n * 7919 % {members} as points, c.n % 5000 / 100.0 as fee,
    timestamptz '2020-01-01' + c.n * 7919 % {members} * interval '1 day' as since,
    timestamptz '2020-01-01' + c.n * interval '1 hour' as seen) v;
insert into customers (shop_id, source, id_customer, contact_id)
select $1, 'shop', 'c' || row_number() over (order by id), id from contacts where shop_id = $1;
"""
# to the planner a definition is as small as most are
_OTHERS = """
insert into records (shop_id, definition_id, ref1, str1, num1, num2, at1, at2, data)
select $1, 7000000000 + n % 1000, n, 'tier' || n % 10, n % 100, n % 100, now(), now(), '{}'
from generate_series(1, 40000) n
"""
CALENDAR = Calendar(datetime(2026, 3, 4, tzinfo=UTC), UTC)


@pytest.fixture(scope="session")
async def members(database: Database, http: httpx.AsyncClient, admin_url: str) -> Grid:
    """Two shops with 30,000 members of a loyalty programme each, beside a thousand small definitions of another."""
    others = await new_shop(database, http, admin_url)
    connection = await asyncpg.connect(admin_url)
    await connection.execute(_OTHERS, others.id)
    await connection.close()
    filled = [await _filled(await new_shop(database, http, admin_url), admin_url) for _ in range(2)]
    await analyse(admin_url)
    return filled[1]


async def _filled(shop: ShopClient, admin_url: str) -> Grid:
    await shop.define(
        "Member",
        {"contact_id": "NUMBER", "tier": "STRING", "points": "NUMBER", "fee": "DECIMAL", "since": "DATE",
         "seen": "DATETIME", "note": "LONGTEXT"},
        relationships=[to("contact_id", "contacts")],
    )  # fmt: skip
    async with shop.database.reading(shop.id) as session:
        model = await shop.database.models.current(session)
    connection = await asyncpg.connect(admin_url)
    for text in _FILL.format(members=MEMBERS, member=model.by_key["member"].id).strip().split(";\n"):
        await connection.execute(text.rstrip(";"), shop.id)
    await connection.close()
    return Grid(shop.database, shop, model)


async def explained(grid: Grid, entity: str, where: Any, *order: SentField) -> dict[str, list[Scan]]:
    """The looks at tables of a page and a count, by statement and kind of plan."""
    session = Explained(grid)
    try:
        listing = _listing(grid, entity, where, order)
        assert await page(session, listing, Page(21))
        assert await count(session, listing, 10_001)
    finally:
        await session.close("rollback")
    return {name: list(scans(plan)) for name, plan in session.plans.items()}


def _listing(grid: Grid, entity: str, where: Any, order: tuple[SentField, ...]) -> Listing:
    of: Entity = CONTACTS if entity == "contacts" else of_definition(grid.definition(entity))
    condition, problem = parse_condition(grid.model, of, where, CALENDAR)
    assert condition is not None, problem
    parsed, problem = parse_order(grid.model, of, order)
    assert parsed is not None, problem
    return Listing(of, condition, parsed)


FILTERS: dict[str, tuple[Any, str]] = {
    # what is asked, and the column of the index condition
    "a text": ({"tier": {"eq": "tier7"}}, "str1"),
    "one of some texts": ({"tier": {"in": ["tier7", "tier8"]}}, "str1"),
    "a beginning": ({"tier": {"startsWith": "tier77"}}, "str1"),
    "a number": ({"points": {"eq": 77}}, "num1"),
    "a range of numbers": ({"points": {"between": [100, 200]}}, "num1"),
    "numbers from somewhere on": ({"points": {"gte": 29_900}}, "num1"),
    "a decimal": ({"fee": {"eq": "1.50"}}, "num2"),
    "a range of decimals": ({"fee": {"between": ["1.40", "1.50"]}}, "num2"),
    "a day": ({"since": {"eq": "2026-03-04"}}, "at1"),
    "a period of days": ({"since": {"within": {"this": "MONTH"}}}, "at1"),
    "before a moment": ({"seen": {"before": "2020-01-03T00:00:00Z"}}, "at2"),
    "a time of creation": ({"created_at": {"after": "2020-01-01T00:00:00Z"}}, "created_at"),
    "a raw id": ({"contact_id": {"in": [1, 2]}}, "ref1"),
    "several at once": ({"points": {"gte": 100, "lt": 200}, "note": {"contains": "1"}}, "num1"),
}


@pytest.mark.parametrize("case", FILTERS)
async def test_a_filter_uses_its_slot(members: Grid, case: str) -> None:
    where, column = FILTERS[case]
    if case == "a raw id":
        listing = _listing(members, "member", {"points": {"lt": 2}}, ())
        async with members.database.reading(members.shop.id) as session:
            where = {
                "contact_id": {"in": [each.row.data["contact_id"] for each in await page(session, listing, Page(2))]}
            }
    plans = await explained(members, "member", where)
    assert len(plans) == 4
    for name, looked in plans.items():
        assert any(column in scan.condition and "definition_id" in scan.condition for scan in looked), (name, looked)


ORDERS = {
    "numbers": ("points", "num1"),
    "texts": ("tier", "str1"),
    "decimals": ("fee", "num2"),
    "days": ("since", "at1"),
    "times of creation": ("created_at", "created_at"),
}


@pytest.mark.parametrize("direction", Direction)
@pytest.mark.parametrize("case", ORDERS)
async def test_an_order_is_that_of_the_index(members: Grid, case: str, direction: Direction) -> None:
    field, column = ORDERS[case]
    session = Explained(members)
    try:
        listing = _listing(members, "member", {}, (SentField(field, direction),))
        first = await page(session, listing, Page(21))
        _read_little(session.plans, f"records_{column}")
        await page(session, listing, Page(21, after=first[10].mark))
        _read_little(session.plans, f"records_{column}")
    finally:
        await session.close("rollback")


def _read_little(plans: dict[str, Any], index: str) -> None:
    """Rows come in order from that index, at most sorted anew where the slot is equal."""
    for plan in plans.values():
        assert index in str(plan), plan
        assert "'Sort'" not in str(plan), plan


async def test_contacts_are_found_by_their_mail(members: Grid) -> None:
    for where in ({"email": {"eq": "C77@x.test"}}, {"email": {"startsWith": "c777"}}):
        for looked in (await explained(members, "contacts", where)).values():
            assert any("email_key" in scan.condition for scan in looked), looked


async def test_records_behind_a_contact_are_found_by_their_relation(members: Grid) -> None:
    where = {"custom": {"member": {"some": {"note": {"contains": "n77"}}}}, "id_contact": {"gt": 0}}
    for looked in (await explained(members, "contacts", where)).values():
        assert any(scan.table == "records" and "definition_id" in scan.condition for scan in looked), looked


async def test_contacts_are_found_by_their_customers(members: Grid) -> None:
    where = {"customers": {"some": {"source": {"eq": "shop"}, "id_customer": {"in": ["c7", "c77"]}}}}
    for name, looked in (await explained(members, "contacts", where)).items():
        assert any(scan.table == "customers" and "id_customer" in scan.condition for scan in looked), (name, looked)


@pytest.mark.parametrize(("bound", "expected"), [(-1, 21), (0, 21), (20_000, 21), (29_990, 10), (40_000, 0)])
async def test_a_range_reads_little_whether_rare_or_common(members: Grid, bound: int, expected: int) -> None:
    await _reads_little(members, _listing(members, "member", {"points": {"gte": bound}}, ()), expected)


@pytest.mark.parametrize(("year", "expected"), [(2020, 21), (2100, 0)])
@pytest.mark.parametrize("entity", ["member", "contacts"])
async def test_a_time_of_creation_reads_little_whether_all_have_it_or_none(
    members: Grid, entity: str, year: int, expected: int
) -> None:
    where = {"created_at": {"after": f"{year}-01-01T00:00:00Z"}}
    await _reads_little(members, _listing(members, entity, where, ()), expected)


@pytest.mark.parametrize(("bound", "expected"), [(-1, 21), (0, 21), (20_000, 21), (29_990, 10), (40_000, 0)])
async def test_records_behind_contacts_are_looked_for_whether_rare_or_common(
    members: Grid, bound: int, expected: int
) -> None:
    where = {"custom": {"member": {"some": {"points": {"gte": bound}}}}, "id_contact": {"gt": 1}}
    await _reads_little(members, _listing(members, "contacts", where, ()), expected)


async def _reads_little(members: Grid, listing: Listing, expected: int) -> None:
    """By the plan made for any values, which is the one the gateway uses."""
    asked = Page(21, after=Mark((), 1))
    async with members.database.reading(members.shop.id) as session:
        assert len(await page(session, listing, asked)) == expected
    session = Explained(members)
    composed = _composed(listing, asked, False, 21)
    assert composed is not None
    statement, *parameters = composed
    try:
        plan = await session.generic(statement, *map(str, parameters))
    finally:
        await session.close("rollback")
    assert rows_read(plan) < 10_000


@pytest.mark.parametrize("order", [(), (SentField("points", Direction.DESC),)])
async def test_lists_and_aggregates_behind_parents_read_what_each_parent_has(
    members: Grid, order: tuple[SentField, ...]
) -> None:
    """Also where an index would find the condition's rows: there are 30 of this tier, and one for each contact."""
    listing = _listing(members, "member", {"tier": {"eq": "tier7"}, "points": {"gte": 0}}, order)
    async with members.database.reading(members.shop.id) as session:
        some = await page(session, _listing(members, "contacts", {}, ()), Page(20))
    contacts = [each.row.id for each in some]
    counted, problem = parse_aggregation(
        members.model, listing.entity, listing.condition, [SentKey("tier")], [Measure(Function.COUNT)], [], "UTC"
    )
    assert counted is not None, problem
    session = Explained(members)
    try:
        await nested.pages(session, listing, "contact_id", contacts, Page(21))
        await nested.counts(session, listing, "contact_id", contacts, 10)
        await aggregates.groups_behind(session, counted, "contact_id", contacts, 10)
    finally:
        await session.close("rollback")
    assert len(session.plans) == 6
    for name, plan in session.plans.items():
        assert {scan.how for scan in scans(plan) if scan.table == "records"} == {"records_ref1"}, (name, plan)
