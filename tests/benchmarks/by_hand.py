"""What Python can do at all: each question's answer written by hand, breadth-first, in a bare Starlette route.

The same statements in the same snapshot with the tenant set, and the same bytes as the gateway's answer, without what
makes the gateway general: no authentication, limits, plans, loaders or types. `by_hand:create` is the application; each
question is a path. SHOP_ID names the shop.
"""

import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.domain.definitions import Model, Target
from app.domain.limits import DEFAULT_PAGE_SIZE, LARGEST_ID
from app.domain.prices import money
from app.graphql.node import decode
from app.server.settings import read_settings
from app.store import records, statements
from app.store.arrays import numbers, texts
from app.store.columns import Column
from app.store.database import Database
from app.store.following import Follow
from app.store.price_walk import compose, routes

Ask = Callable[..., Awaitable[list[Any]]]
Handler = Callable[[Ask, Model, dict[str, Any]], Awaitable[dict[str, Any]]]

_contacts = statements.load("contacts.sql")
_products = statements.load("products.sql")
_CONTACT, _PRODUCT = Follow(Target.CONTACTS, "ref1"), Follow(Target.PRODUCTS, "product1")  # of a loyalty record
_DATA, _AT_CONTACT, _AT_PRODUCT = 3, 6, 13  # where the columns of the record end, those of its contact begin, ...


async def page_of_records(ask: Ask, model: Model, sent: dict[str, Any]) -> dict[str, Any]:
    """Q1."""
    rows, data = await _loyalty(ask, model, sent, 50, (_CONTACT, _PRODUCT))
    products = {row[_AT_PRODUCT]: row[_AT_PRODUCT + 3] for row in rows}
    prices = await _prices(ask, model, sent["contact"], products)
    nodes = [
        {
            "idRecord": str(row[0]), "points": each["points"], "tier": each["tier"], "since": each["since"],
            "contact": _contact(row, _AT_CONTACT),
            "product": {**_product(row, _AT_PRODUCT), "price": prices[row[_AT_PRODUCT]]},
        }
        for row, each in zip(rows, data, strict=True)
    ]  # fmt: skip
    return {"customDataRecords": {"nodes": nodes}}


async def contacts_with_records(ask: Ask, model: Model, sent: dict[str, Any]) -> dict[str, Any]:
    """Q2."""
    rows = (await ask(_contacts.page_forward, _after(sent), LARGEST_ID, 21))[:20]
    ids = [row[0] for row in rows]
    statement = records.related_statement(Column("ref1", "bigint"), False, (_PRODUCT,))
    related = await ask(statement, model.by_key["loyalty"].id, numbers(ids), 0, LARGEST_ID, DEFAULT_PAGE_SIZE + 1)
    data = orjson.loads(f"[{','.join([row[_DATA] for row in related])}]")
    held: dict[int, list[Any]] = {id_: [] for id_ in ids}
    for row, each in zip(related, data, strict=True):
        product = _product(row, _DATA + 3)
        held[row[-1]].append(
            {"idRecord": str(row[0]), "points": each["points"], "tier": each["tier"], "product": product}
        )
    nodes = [{**_contact(row, 0), "loyalty": {"nodes": held[row[0]][:DEFAULT_PAGE_SIZE]}} for row in rows]
    return {"contacts": {"nodes": nodes}}


async def priced_catalogue(ask: Ask, model: Model, sent: dict[str, Any]) -> dict[str, Any]:
    """Q3."""
    rows = (await ask(_products.page_forward, decode(sent["after"])[1], None, 101, False))[:100]
    prices = await _prices(ask, model, sent["contact"], {row[0]: row[3] for row in rows})
    return {"products": {"nodes": [{**_product(row, 0), "price": prices[row[0]]} for row in rows]}}


async def one_record(ask: Ask, model: Model, sent: dict[str, Any]) -> dict[str, Any]:
    """Q4."""
    [row] = await ask(records.by_ids_statement((_CONTACT,)), numbers([int(sent["id"])]))
    assert row[1] in model.by_id
    data = orjson.loads(row[_DATA])
    return {
        "customDataRecord": {
            "idRecord": str(row[0]), "points": data["points"], "tier": data["tier"], "since": data["since"],
            "contact": _contact(row, _AT_CONTACT),
        }
    }  # fmt: skip


async def page_of_rows(ask: Ask, model: Model, sent: dict[str, Any]) -> dict[str, Any]:
    """Q5."""
    rows, data = await _loyalty(ask, model, sent, 1_000, (_CONTACT,))
    nodes = [
        {
            "idRecord": str(row[0]), "points": each["points"], "tier": each["tier"],
            "contact": {"email": row[_AT_CONTACT + 1]},
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


async def _loyalty(
    ask: Ask, model: Model, sent: dict[str, Any], size: int, follow: tuple[Follow, ...]
) -> tuple[list[Any], list[Any]]:
    """A page's rows, and their data. Everything they point at is there in the grid."""
    statement = records.page_statement(False, follow)
    rows = await ask(statement, model.by_key["loyalty"].id, _after(sent), LARGEST_ID, size + 1)
    del rows[size:]
    return rows, orjson.loads(f"[{','.join([row[_DATA] for row in rows])}]")


async def _prices(ask: Ask, model: Model, contact: str, products: dict[str, Any]) -> dict[str, str]:
    """What the contact pays for each product, given the native prices."""
    [route] = routes(model, model.overrides)
    walk, parameters = compose(route)
    each = ",".join([contact] * len(products))
    found = await ask(walk, f"{{{contact}}}", f"{{{each}}}", texts(list(products)), *parameters)
    assert found[0][0], "there is no such contact"
    return {
        id_: money(Decimal(amount) if outcome == "WON" and amount is not None else native)
        for (id_, native), (_, outcome, _, amount) in zip(products.items(), found, strict=True)
    }


def _after(sent: dict[str, Any]) -> int:
    return int(decode(sent["after"])[1])


def _contact(row: Any, at: int) -> dict[str, Any]:
    return {"idContact": str(row[at]), "email": row[at + 1], "firstName": row[at + 2], "lastName": row[at + 3]}


def _product(row: Any, at: int) -> dict[str, Any]:
    return {
        "idProduct": row[at], "name": row[at + 2], "reference": row[at + 1], "nativePrice": money(row[at + 3]),
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
        session.assume()
        try:
            data = await handler(session.fetch, await database.models.current(session), sent)
            assert await session.confirmed()
        finally:
            await session.close()
        return Response(orjson.dumps({"data": data}), media_type="application/json")

    return Route(f"/{name}", answer, methods=["POST"])
