"""One operation: one connection, one snapshot, one tenant; and a mutation shows what it wrote."""

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any

import asyncpg
import httpx
import pytest
from starlette.applications import Starlette

from app.server.app import mount
from app.store.database import Database
from app.store.statements import Statement
from tests.shops import ShopClient, VetShop

PRICE = """query($c: ID!) { product(idProduct: "diet") { name price(contact: {idContact: $c})
    customData(definition: "vet_pricing") { totalCount { count } nodes { data(fields: ["price"]) } } } }"""
OLD = {"product": {"name": "Veterinary Diet 12 kg", "price": "64.00", "customData": {
    "totalCount": {"count": 2}, "nodes": [{"data": {"price": "64"}}, {"data": {"price": "71"}}]}}}  # fmt: skip
NEW = {"product": {"name": "New", "price": "63.00", "customData": {
    "totalCount": {"count": 1}, "nodes": [{"data": {"price": "63"}}]}}}  # fmt: skip


@contextmanager
def before(shop: ShopClient, number: int, work: Callable[[], Coroutine[Any, Any, None]]) -> Iterator[list[str]]:
    """Runs work, on a connection and a thread of its own, just before that statement of the shop's next operation."""
    seen: list[str] = []

    def observe(shop_id: int, statement: Statement) -> None:
        if shop_id != shop.id or statement.name in ("keys.find_key", "shops.find_shop"):
            return
        seen.append(statement.name)
        if len(seen) == number:
            thread = threading.Thread(target=lambda: asyncio.run(work()))
            thread.start()
            thread.join()

    shop.database.observers.append(observe)
    try:
        yield seen
    finally:
        shop.database.observers.remove(observe)


def save_of_another(admin_url: str, vets: VetShop) -> Callable[[], Coroutine[Any, Any, None]]:
    """One transaction that changes a product, a price, and the overrides, and removes a record."""

    async def work() -> None:
        connection = await asyncpg.connect(admin_url)
        async with connection.transaction():
            for change in (
                "update products set name = 'New' where shop_id = $1",
                """update records set data = jsonb_set(data, '{price}', '"63"') where shop_id = $1 and ref1 = $2""",
                "delete from records where shop_id = $1 and data ->> 'price' = '71' and ref1 <> $2",
            ):
                await connection.execute(change, vets.shop.id, *([vets.martin] if "$2" in change else []))
        await connection.close()

    return work


async def test_a_save_while_a_snapshot_begins_is_seen_whole_or_not_at_all(vets: VetShop, admin_url: str) -> None:
    """The beginning and the first statement are sent together, and the save is done in between."""
    with before(vets.shop, 2, save_of_another(admin_url, vets)):
        assert await vets.shop.ask(PRICE, c=vets.dubois) in (OLD, NEW)
    assert await vets.shop.ask(PRICE, c=vets.dubois) == NEW


@pytest.mark.parametrize("number", range(3, 6))
async def test_a_query_never_sees_half_a_save(vets: VetShop, admin_url: str, number: int) -> None:
    with before(vets.shop, number, save_of_another(admin_url, vets)) as seen:
        assert await vets.shop.ask(PRICE, c=vets.dubois) == OLD
    assert len(seen) >= number
    assert await vets.shop.ask(PRICE, c=vets.dubois) == NEW


async def test_a_query_never_sees_half_a_change_of_the_model(vets: VetShop, admin_url: str) -> None:
    async def clear_overrides() -> None:
        connection = await asyncpg.connect(admin_url)
        async with connection.transaction():
            await connection.execute("delete from override_sources where shop_id = $1", vets.shop.id)
            await connection.execute(
                "update shops set model_version = model_version + 1 where shop_id = $1", vets.shop.id
            )
        await connection.close()

    with before(vets.shop, 3, clear_overrides):
        assert await vets.shop.ask(PRICE, c=vets.dubois) == OLD
    after = await vets.shop.ask(PRICE, c=vets.dubois)
    assert after["product"]["price"] == "79.90"


SAVE = """mutation($items: [JSON!]!) { saveCustomDataRecords(input: {definition: "vet_pricing", records: $items}) {
    results { outcome record { version data(fields: ["price"]) relation(field: "product_id") {
        ... on Product { price(contact: {email: "dubois@example.com"}) } } } } } }"""


async def test_a_payload_shows_what_was_written(vets: VetShop) -> None:
    item = {"veto_id": vets.martin, "product_id": "diet", "price": "60.50"}
    [result] = (await vets.shop.ask(SAVE, items=[item]))["saveCustomDataRecords"]["results"]
    assert result == {"outcome": "UPDATED", "record": {
        "version": 2, "data": {"price": "60.50"}, "relation": {"price": "60.50"}}}  # fmt: skip


def _saving(vets: VetShop, price: int) -> str:
    item = f'{{veto_id: {vets.martin}, product_id: "diet", price: {price}}}'
    shown = """results { record { version relation(field: "product_id") {
        ... on Product { price(contact: {email: "dubois@example.com"}) } } } }"""
    return f'saveCustomDataRecords(input: {{definition: "vet_pricing", records: [{item}]}}) {{ {shown} }}'


async def test_mutations_of_one_document_run_in_order_and_each_sees_those_before(vets: VetShop) -> None:
    clear = 'setOverrides(input: {systemField: "price", sources: []})'
    a, b, d = (_saving(vets, price) for price in (50, 51, 51))
    document = f"mutation {{ a: {a} b: {b} c: {clear} {{ overrides {{ priority }} }} d: {d} }}"
    answer = await vets.shop.ask(document)
    found = {name: answer[name]["results"][0]["record"] for name in ("a", "b", "d")}
    assert found == {
        "a": {"version": 2, "relation": {"price": "50.00"}},
        "b": {"version": 3, "relation": {"price": "51.00"}},
        "d": {"version": 3, "relation": {"price": "79.90"}},
    }
    assert answer["c"] == {"overrides": []}


async def test_the_tenant_is_gone_and_the_connections_are_back_when_an_operation_ends(
    vets: VetShop, gateway_url: str
) -> None:
    database = await Database.connect(gateway_url, size=1)  # one operation never needs a second connection
    app = Starlette()
    mount(app, database)
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as http:
        shop = ShopClient(vets.shop.id, vets.shop.key, database, http)
        operations = {
            "a query": PRICE.replace("$c: ID!", "$c: ID = 0").replace("idContact: $c", 'email: "dubois@example.com"'),
            "a query with an error": '{ product(idProduct: "diet") { price(contact: {email: "x"}) } }',
            "a field that is refused": '{ products(first: 1000) { nodes { name } } contacts { nodes { email } } }',
            "a mutation": 'mutation { setOverrides(input: {systemField: "price", sources: []}) { warnings { code } } }',
            "a refused mutation": 'mutation { deleteProducts(input: {ids: []}) { deleted userErrors { code } } }',
            "nonsense": "{ nothing }",
            "nothing": "{ __typename }",
        }  # fmt: skip
        for name, query in operations.items():
            await shop.answer(query)
            assert database.pool.idle == database.pool.size, name
            async with database.pool.acquire() as connection:
                assert await connection.fetchval("select current_setting('app.shop_id', true)") in (None, ""), name
                assert await connection.fetchval("select count(*) from products") == 0, name
    await database.close()


@pytest.mark.parametrize("query", ["{ __typename }", "{ __schema { types { name } } }", '{ node(id: "x") { id } }'])
async def test_an_operation_that_asks_nothing_costs_the_database_nothing(vets: VetShop, query: str) -> None:
    with vets.shop.statements() as seen:
        await vets.shop.ask(query)
    assert seen == []


async def test_more_operations_at_once_than_connections_all_get_their_answer(vets: VetShop) -> None:
    answers = await asyncio.gather(*(vets.shop.ask(PRICE, c=vets.dubois) for _ in range(60)))
    assert answers == [OLD] * 60
