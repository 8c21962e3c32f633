"""What Python can do at all: each question's answer written by hand, breadth-first, in a bare Starlette route.

The same statements in the same snapshot with the tenant set, and the same bytes as the gateway's answer, without what
makes the gateway general: no authentication, limits, plans, loaders or types. `by_hand:create` is the application; each
question is a path. SHOP_ID names the shop.
"""

import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.domain.definitions import Model
from app.domain.limits import DEFAULT_PAGE_SIZE, LARGEST_ID
from app.domain.prices import money
from app.graphql.node import decode
from app.server.settings import read_settings
from app.store import statements
from app.store.arrays import numbers, texts
from app.store.database import Database
from app.store.price_walk import compose, routes
from app.store.statements import Statement

Ask = Callable[..., Awaitable[list[Any]]]
Handler = Callable[[Ask, Model, dict[str, Any]], Awaitable[dict[str, Any]]]

_contacts = statements.load("contacts.sql")
_products = statements.load("products.sql")
_records = statements.load("records.sql")
# as app.store.records.related composes it, for loyalty's contact_id
_RELATED = Statement(
    "by_hand.related",
    """select p.value, r.id, r.definition_id, r.version, r.data, timestamptz_send(r.created_at) as created,
 timestamptz_send(r.updated_at) as updated from unnest($3::bigint[]) as p (value) cross join lateral (
 select * from records r where r.shop_id = $1 and r.definition_id = $2 and r.ref1 = p.value
 and r.id > $4 and r.id < $5 order by r.ref1, r.id asc limit $6) r
 order by p.value, r.id asc""",
)


async def page_of_records(ask: Ask, model: Model, sent: dict[str, Any]) -> dict[str, Any]:
    """Q1."""
    rows, data = await _loyalty(ask, model, sent, 50)
    contacts = await _by_id(ask, _contacts.by_ids, {each["contact_id"] for each in data})
    products = await _by_id(ask, _products.by_ids, {each["product_id"] for each in data})
    prices = await _prices(ask, model, sent["contact"], products)
    people = {id_: _contact(row) for id_, row in contacts.items()}
    items = {id_: {**_product(row), "price": prices[id_]} for id_, row in products.items()}
    nodes = [
        {
            "idRecord": str(row["id"]), "points": each["points"], "tier": each["tier"], "since": each["since"],
            "contact": people.get(each["contact_id"]), "product": items.get(each["product_id"]),
        }
        for row, each in zip(rows, data, strict=True)
    ]  # fmt: skip
    return {"customDataRecords": {"nodes": nodes}}


async def contacts_with_records(ask: Ask, model: Model, sent: dict[str, Any]) -> dict[str, Any]:
    """Q2."""
    rows = (await ask(_contacts.page_forward, _after(sent), LARGEST_ID, 21))[:20]
    ids = [row["id"] for row in rows]
    bounds = (0, LARGEST_ID, DEFAULT_PAGE_SIZE + 1)
    related = await ask(_RELATED, model.by_key["loyalty"].id, ids, *bounds)
    data = [orjson.loads(row["data"]) for row in related]
    products = await _by_id(ask, _products.by_ids, {each["product_id"] for each in data})
    items = {id_: _product(row) for id_, row in products.items()}
    held: dict[int, list[Any]] = {id_: [] for id_ in ids}
    for row, each in zip(related, data, strict=True):
        product = items.get(each["product_id"])
        held[row["value"]].append(
            {"idRecord": str(row["id"]), "points": each["points"], "tier": each["tier"], "product": product}
        )
    nodes = [{**_contact(row), "loyalty": {"nodes": held[row["id"]][:DEFAULT_PAGE_SIZE]}} for row in rows]
    return {"contacts": {"nodes": nodes}}


async def priced_catalogue(ask: Ask, model: Model, sent: dict[str, Any]) -> dict[str, Any]:
    """Q3."""
    rows = (await ask(_products.page_forward, decode(sent["after"])[1], None, 101, False))[:100]
    prices = await _prices(ask, model, sent["contact"], {row["id"]: row for row in rows})
    return {"products": {"nodes": [{**_product(row), "price": prices[row["id"]]} for row in rows]}}


async def one_record(ask: Ask, model: Model, sent: dict[str, Any]) -> dict[str, Any]:
    """Q4."""
    [row] = await ask(_records.by_ids, numbers([int(sent["id"])]))
    assert row["definition_id"] in model.by_id
    data = orjson.loads(row["data"])
    contacts = await _by_id(ask, _contacts.by_ids, [data["contact_id"]])
    return {
        "customDataRecord": {
            "idRecord": str(row["id"]), "points": data["points"], "tier": data["tier"], "since": data["since"],
            "contact": _contact(contacts[data["contact_id"]]),
        }
    }  # fmt: skip


async def page_of_rows(ask: Ask, model: Model, sent: dict[str, Any]) -> dict[str, Any]:
    """Q5."""
    rows, data = await _loyalty(ask, model, sent, 1_000)
    contacts = await _by_id(ask, _contacts.by_ids, {each["contact_id"] for each in data})
    people = {id_: {"email": row["email"]} for id_, row in contacts.items()}
    nodes = [
        {
            "idRecord": str(row["id"]), "points": each["points"], "tier": each["tier"],
            "contact": people.get(each["contact_id"]),
        }
        for row, each in zip(rows, data, strict=True)
    ]  # fmt: skip
    return {"customDataRecords": {"nodes": nodes}}


HANDLERS: dict[str, Handler] = {
    "Q1": page_of_records,
    "Q2": contacts_with_records,
    "Q3": priced_catalogue,
    "Q4": one_record,
    "Q5": page_of_rows,
}


async def _loyalty(ask: Ask, model: Model, sent: dict[str, Any], size: int) -> tuple[list[Any], list[Any]]:
    """A page's rows, and their data."""
    rows = await ask(_records.page_forward, model.by_key["loyalty"].id, _after(sent), LARGEST_ID, size + 1)
    del rows[size:]
    return rows, [orjson.loads(row["data"]) for row in rows]


async def _prices(ask: Ask, model: Model, contact: str, products: dict[str, Any]) -> dict[str, str]:
    """What the contact pays for each product."""
    [known] = await ask(_contacts.existing, numbers([int(contact)]))
    [route] = routes(model, model.overrides)
    walk, parameters = compose(route)
    found = await ask(
        walk, numbers([known["id"]]), numbers([known["id"]] * len(products)), texts(list(products)), *parameters
    )
    return {
        id_: money(Decimal(amount) if outcome == "WON" and amount is not None else products[id_]["price"])
        for id_, (outcome, _, amount) in zip(products, found, strict=True)
    }


async def _by_id(ask: Ask, statement: Statement, ids: Iterable[Any]) -> dict[Any, Any]:
    sent = texts(list(ids)) if statement is _products.by_ids else numbers(ids)
    return {row["id"]: row for row in await ask(statement, sent)}


def _after(sent: dict[str, Any]) -> int:
    return int(decode(sent["after"])[1])


def _contact(row: Any) -> dict[str, Any]:
    return {
        "idContact": str(row["id"]), "email": row["email"], "firstName": row["first_name"],
        "lastName": row["last_name"],
    }  # fmt: skip


def _product(row: Any) -> dict[str, Any]:
    return {
        "idProduct": row["id"], "name": row["name"], "reference": row["reference"],
        "nativePrice": money(row["price"]),
    }  # fmt: skip


def create() -> Starlette:
    """The application over DATABASE_URL; its lifespan opens and closes the pool."""
    shop = int(os.environ["SHOP_ID"])

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        database = await Database.connect(str(read_settings().database_url))
        app.router.routes += [_route(name, handler, database, shop) for name, handler in HANDLERS.items()]
        yield
        await database.close()

    return Starlette(lifespan=lifespan)


def _route(name: str, handler: Handler, database: Database, shop: int) -> Route:
    async def answer(request: Request) -> Response:
        sent = orjson.loads(await request.body())["variables"]
        session = database.read_session(shop)
        try:
            data = await handler(session.fetch, await database.models.current(session), sent)
        finally:
            await session.close()
        return Response(orjson.dumps({"data": data}), media_type="application/json")

    return Route(f"/{name}", answer, methods=["POST"])
