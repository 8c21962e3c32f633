"""Every statement stays within one shop, part by part, so that a cluster distributed by shop sends it to one shard."""

import asyncpg
import httpx
import pytest

from app.store.database import Database
from app.store.positions import ASKED
from app.store.replicas import REACHED
from app.store.statements import Statement
from tests.shops import new_shop
from tests.store.routing import shape
from tests.tour import COMPOSED, named_statements, tour


@pytest.fixture(scope="module")
async def issued(database: Database, http: httpx.AsyncClient, admin_url: str) -> dict[str, set[str]]:
    """Every text of every statement that the tour issues: those that are composed have many."""
    found: dict[str, set[str]] = {REACHED.name: {REACHED.sql}}
    shop = await new_shop(database, http, admin_url)

    def observe(shop_id: int, statement: Statement) -> None:
        if shop_id == shop.id:
            found.setdefault(statement.name, set()).add(statement.sql)

    database.observers.append(observe)
    await tour(shop, admin_url)
    database.observers.remove(observe)
    return found


@pytest.mark.parametrize("name", [*named_statements(), *COMPOSED, REACHED.name])
async def test_each_part_of_a_statement_names_its_shop(
    name: str, issued: dict[str, set[str]], tables: frozenset[str]
) -> None:
    assert issued[name]
    for sql in issued[name]:
        told = shape(sql, tables)
        assert told.touched
        assert told.unrouted == ()


@pytest.mark.parametrize("name", [*named_statements(), *COMPOSED])
async def test_conflicts_are_settled_by_immutable_functions(
    name: str, issued: dict[str, set[str]], tables: frozenset[str], gateway_url: str
) -> None:
    called = {function for sql in issued[name] for function in shape(sql, tables).in_conflicts}
    connection = await asyncpg.connect(gateway_url)
    try:
        rows = await connection.fetch(
            "select proname from pg_proc where proname = any($1::name[]) and provolatile <> 'i'", sorted(called)
        )
    finally:
        await connection.close()
    assert [row["proname"] for row in rows] == []


BAD = {
    "no shop": ("select id from records where id = $2", ("records records",)),
    "another parameter": ("select id from records where shop_id = $2", ("records records",)),
    "only in a branch": ("select id from records where shop_id = $1 or id = $2", ("records records",)),
    "one of two": (
        "select r.id from records r join contacts c on c.id = r.ref1 where r.shop_id = $1", ("contacts c",)),
    "unnamed among two": (
        "select 1 from records r, contacts c where shop_id = $1", ("contacts c", "records r")),
    "a part below": (
        "select (select count(*) from contacts) from records where shop_id = $1", ("contacts contacts",)),
    "a common table": ("with r as (delete from records) select 1 from r", ("records records",)),
    "an insert": ("insert into records (id, shop_id) values ($1, $2)", ("records",)),
    "the target of an update": (
        "update records r set version = 1 from contacts c where c.shop_id = $1", ("records r",)),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_the_parser_finds_what_leaves_the_shop(case: str, tables: frozenset[str]) -> None:
    sql, unrouted = BAD[case]
    assert tuple(sorted(shape(sql, tables).unrouted)) == unrouted


def test_positions_alone_are_asked_of_many_shops(tables: frozenset[str]) -> None:
    """By a connection of its own, never in a request's; and only where there are replicas."""
    assert shape(ASKED, tables).unrouted == ("change_heads change_heads",)
