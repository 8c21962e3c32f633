"""The second lock of contact tokens: what the database itself shows to the contact's role, with no check of ours."""

from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import httpx
import pytest

from app.domain.definitions import Model
from app.store import contacts, customers, products, records
from app.store.contact_session import ContactSession
from app.store.database import Database
from app.store.paging import Page
from app.store.statements import Statement
from tests.shops import new_shop, new_vet_shop
from tests.storefront import Storefront, new_storefront

READABLE = {
    "shops", "definitions", "override_sources", "contacts", "customers", "products", "records", "change_heads",
}  # fmt: skip
EVERYTHING: Page[Any] = Page(1000)


@pytest.fixture(scope="module")
async def front(database: Database, http: httpx.AsyncClient, admin_url: str) -> Storefront:
    return await new_storefront(await new_vet_shop(await new_shop(database, http, admin_url)))


@pytest.fixture
async def session(front: Storefront) -> AsyncIterator[ContactSession]:
    session = front.shop.database.contact_session(front.shop.id, front.dubois)
    yield session
    await session.close()


async def model(front: Storefront) -> Model:
    async with front.shop.database.reading(front.shop.id) as session:
        return await front.shop.database.models.current(session)


def asking(sql: str) -> Statement:
    """A statement without the first lock."""
    return Statement("test.asking", f"{sql} where $1::bigint is not null")


async def seen(session: ContactSession, table: str, column: str = "id") -> list[Any]:
    return [row[0] for row in await session.fetch(asking(f"select {column} from {table}"))]


async def test_it_sees_its_contact_its_customers_the_active_products_and_its_shop(
    front: Storefront, session: ContactSession
) -> None:
    assert await seen(session, "contacts") == [front.dubois]
    assert await seen(session, "customers", "contact_id") == [front.dubois]
    assert sorted(await seen(session, "products")) == ["bowl", "diet"]
    assert await seen(session, "shops", "shop_id") == [front.shop.id]


async def test_it_sees_no_record_until_the_session_knows_the_definitions(
    front: Storefront, session: ContactSession
) -> None:
    assert await seen(session, "records") == []
    await session.open_records(await model(front))
    assert sorted(await seen(session, "records")) == sorted([front.own, front.gift, front.manager, front.team])


async def test_the_stores_own_reads_find_no_more(front: Storefront, session: ContactSession) -> None:
    known = await model(front)
    await session.open_records(known)
    people = [front.dubois, front.lenoir]
    assert [row.id for row in await contacts.page(session, EVERYTHING)] == [front.dubois]
    assert [row.id for row in await contacts.page(session, EVERYTHING, "lenoir")] == []
    assert await contacts.count(session, 100) == 1
    assert set(await contacts.by_ids(session, people)) == await contacts.existing(session, people) == {front.dubois}
    assert await contacts.by_emails(session, ["lenoir@example.com"]) == {}
    assert set(await customers.of_contacts(session, people)) == {front.dubois}
    assert set(await products.by_ids(session, ["gone", "diet"])) == {"diet"}
    assert await products.count(session, 100, active=False) == 2
    ids = [front.own, front.others, front.note, front.apart, front.martin]
    assert set(await records.by_ids(session, ids)) == {front.own}
    for key, own in (("assignment", [front.own]), ("gift", [front.gift]), ("note", []), ("vet_pricing", [])):
        definition = known.by_key[key]
        assert [row.id for row in (await records.page(session, definition.id, EVERYTHING))[0]] == own
        assert await records.count(session, definition.id, 100) == len(own)
    assignment = known.by_key["assignment"]
    customers_of_hers, _ = await records.related(session, assignment, "manager_id", [front.manager], EVERYTHING)
    read, start, stop = customers_of_hers[front.manager]
    assert [row.id for row in read[start:stop]] == [front.own]
    keys = await records.by_unique_keys(session, assignment.id, [str(front.lenoir)])
    assert keys == {}


async def test_another_contact_and_another_shop_see_theirs(front: Storefront) -> None:
    database = front.shop.database
    for shop_id, contact, own in (
        (front.shop.id, front.lenoir, [front.others, front.gift, front.apart, front.manager, front.team]),
        (front.shop.id, 8_000_000_000_000_000_000, [front.manager, front.team]),
        (front.shop.id + 1_000_000, front.dubois, []),
    ):
        session = database.contact_session(shop_id, contact)
        await session.open_records(await model(front))
        assert sorted(await seen(session, "records")) == sorted(own)
        await session.close()


async def test_it_may_read_these_tables_and_write_none(front: Storefront) -> None:
    async with front.shop.database.pool.acquire() as connection:
        tables = await connection.fetch("""
            select relname, array(select right_ from unnest(array[
                'select', 'insert', 'update', 'delete', 'truncate', 'references', 'trigger']) right_
                where has_table_privilege('custom_data_contact', oid, right_)) as rights
            from pg_class where relkind in ('r', 'p', 'v') and relnamespace = current_schema()::regnamespace""")
    rights = {row["relname"]: row["rights"] for row in tables}
    assert {"api_keys", "token_keys", "idempotent_answers", "schema_migrations"} <= set(rights) - READABLE
    assert rights == {name: ["select"] if name in READABLE else [] for name in rights}


@pytest.mark.parametrize("table", ["api_keys", "token_keys", "idempotent_answers", "schema_migrations"])
async def test_secrets_are_refused(session: ContactSession, table: str) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await seen(session, table, "1")


@pytest.mark.parametrize(
    "write", ["insert into records default values", "update contacts set email = 'x'", "delete from products"]
)
async def test_writes_are_refused(front: Storefront, write: str) -> None:
    """By the role's rights; the session's transaction is read-only besides."""
    async with front.shop.database.pool.acquire() as connection:
        await connection.execute(
            f"begin; set local app.shop_id = '{front.shop.id}'; set local role custom_data_contact"
        )
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(write)
        await connection.execute("rollback")


async def test_keys_are_not_bound_by_its_policies_and_pay_nothing_for_them(front: Storefront) -> None:
    async with front.shop.database.reading(front.shop.id) as session:
        for table in ("contacts", "customers", "products", "records"):
            plan = await session.fetch(asking(f"explain (verbose) select * from {table}"))
            text = " ".join(row[0] for row in plan)
            assert "app.shop_id" in text
            assert not any(word in text for word in ("app.contact_id", "app.nobodys", "app.own_", "Filter: is_active"))
        assert len(await session.fetch(asking("select * from contacts"))) == 3
    contact = front.shop.database.contact_session(front.shop.id, front.dubois)
    plan = await contact.fetch(asking("explain (verbose) select * from contacts"))
    assert "app.contact_id" in " ".join(row[0] for row in plan)
    await contact.close()
