"""Random steps of a shop's life, each done by the gateway and by the model."""

import asyncio
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from decimal import Decimal
from typing import Any, TypeVar

import httpx
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from starlette.applications import Starlette

from app.server.app import mount
from app.server.settings import Settings
from app.store.database import Database
from tests.model.dictionaries import FIELDS, KEY, NATIVE, REJECTED, Model, Table
from tests.shops import ShopClient, new_shop, to

T = TypeVar("T")

NAMES = ("one", "two", "three")
MORE_FIELDS = ("colour", "size")
_CODES = "userErrors { code }"
_READ = """query($d: String!) { customDataRecords(definition: $d, first: 100) {
    nodes { idRecord version data } pageInfo { hasNextPage } } }"""
_STATUSES = "{ customDataDefinitions { key status fields { name } } }"
_PRICES = """query($one: ID!, $two: ID!) { products { nodes {
    idProduct none: price one: price(contact: {idContact: $one}) two: price(contact: {idContact: $two}) } } }"""

names = st.sampled_from(NAMES)
mostly = st.sampled_from([True, True, True, False])
items = st.fixed_dictionaries(
    {},
    optional={
        "contact": st.sampled_from([0, 1, 0, 1, 0, 1, 2, None]),  # which one; the last does not exist
        "product": st.sampled_from(["p1", "p2", "p1", "p2", "p1", "p2", "p9", None]),
        "price": st.sampled_from(["1.00", "2.50", "3.00", None]),
        "n": st.sampled_from([1, 2, 3, None, "x"]),
        "colour": st.sampled_from(["red", "blue", None]),
        "size": st.sampled_from(["small", None]),
    },
)
usual = st.fixed_dictionaries(
    {"contact": st.sampled_from([0, 1]), "product": st.sampled_from(["p1", "p2"])},
    optional={"price": st.sampled_from(["1.00", "2.50", "4.00", "5.00", None]), "n": st.sampled_from([1, 2])},
)


class World:
    """The gateway's application over the run's database, in a loop of its own."""

    def __init__(self, admin_url: str, gateway_url: str) -> None:
        self._admin_url = admin_url
        self._loop = asyncio.new_event_loop()
        self._stack = AsyncExitStack()
        self.run(self._open(gateway_url))

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self._loop.run_until_complete(work)

    def shop(self) -> tuple[ShopClient, list[int]]:
        """A new shop with two products, and its contacts' ids."""
        return self.run(self._shop())

    def close(self) -> None:
        self.run(self._stack.aclose())
        self._loop.close()

    async def _open(self, gateway_url: str) -> None:
        self._database = await Database.connect(gateway_url, size=2)
        self._stack.push_async_callback(self._database.close)
        app = Starlette()
        mount(app, self._database, Settings.model_construct(rate_size=10**9, rate_refill=10**9))
        client = httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://gateway")
        self._http = await self._stack.enter_async_context(client)

    async def _shop(self) -> tuple[ShopClient, list[int]]:
        shop = await new_shop(self._database, self._http, self._admin_url)
        await shop.products(
            *({"idProduct": id_, "name": id_, "price": price, "currency": "EUR"} for id_, price in NATIVE.items())
        )
        return shop, [await shop.contact(f"{name}@example.com") for name in ("one", "two")]


class Shop(RuleBasedStateMachine):
    """One shop each run."""

    world: World  # set by whoever runs it

    @initialize()
    def begin(self) -> None:
        self.shop, contacts = self.world.shop()
        self.model = Model(contacts)
        for name in NAMES[:2]:
            self.create(name, True)
        self.override([*NAMES[:2]])

    @rule(name=names, unique=mostly)
    def create(self, name: str, unique: bool) -> None:
        more: dict[str, Any] = {"uniqueKeys": KEY} if unique else {}
        payload = self._run(
            "createCustomDataDefinition", _CODES, name=name, relationships=RELATIONS,
            fields=[{"name": each, "type": kind} for each, kind in FIELDS.items()], **more,
        )  # fmt: skip
        assert bool(payload["userErrors"]) == (name in self.model.tables), payload
        self.model.tables.setdefault(name, Table(unique))

    @rule(name=names, field=st.sampled_from(MORE_FIELDS))
    def extend(self, name: str, field: str) -> None:
        if (table := self.model.tables.get(name)) is None:
            return
        payload = self._run(
            "extendCustomDataDefinition", _CODES, definition=name, fields=[{"name": field, "type": "STRING"}]
        )
        assert bool(payload["userErrors"]) == (field in table.fields), payload
        if field not in table.fields:
            table.fields.append(field)

    @rule(name=names, active=mostly)
    def switch(self, name: str, active: bool) -> None:
        payload = self._run(f"{'' if active else 'de'}activateCustomDataDefinition", _CODES, definition=name)
        assert bool(payload["userErrors"]) == (name not in self.model.tables), payload
        if table := self.model.tables.get(name):
            table.active = active

    @rule(name=names, force=st.booleans(), spared=mostly)
    def drop(self, name: str, force: bool, spared: bool) -> None:
        if spared:
            return
        payload = self._run("deleteCustomDataDefinition", _CODES, definition=name, force=force)
        refused = name not in self.model.tables or (name in self.model.sources and not force)
        assert bool(payload["userErrors"]) == refused, payload
        if not refused:
            del self.model.tables[name]
            self.model.sources = [each for each in self.model.sources if each != name]

    @rule(name=names, sent=st.lists(usual, min_size=3, max_size=8))
    def fill(self, name: str, sent: list[dict[str, Any]]) -> None:
        self.save(name, sent)

    @rule(sent=st.lists(usual, min_size=3, max_size=8))
    def sell(self, sent: list[dict[str, Any]]) -> None:
        """To the same contacts, in each source at its own price."""
        for priority, name in enumerate(list(self.model.sources), 1):
            self.save(name, [{**item, "price": f"{priority}.50"} for item in sent])

    @rule(name=names, sent=st.lists(st.one_of(usual, usual, items), min_size=1, max_size=5))
    def save(self, name: str, sent: list[dict[str, Any]]) -> None:
        named = [self._named(item) for item in sent]
        payload = self.world.run(self.shop.save(name, *named))
        table = self.model.tables.get(name)
        assert bool(payload["userErrors"]) == (table is None or not table.active), payload
        if table is not None and table.active:
            results = payload["results"]
            ids = [int(each["record"]["idRecord"]) if each["record"] else None for each in results]
            assert [each["outcome"] for each in results] == self.model.save(name, named, ids), (named, payload)

    @precondition(lambda self: any(table.rows or table.gone for table in self.model.tables.values()))
    @rule(data=st.data(), sent=st.one_of(usual, items), version=st.sampled_from([None, None, 1, 2]))
    def update(self, data: st.DataObject, sent: dict[str, Any], version: int | None) -> None:
        name, [id_] = self._some(data, 1)
        named = self._named(sent)
        payload = self._run("updateCustomDataRecord", f"outcome {_CODES}", id=id_, data=named, ifVersion=version)
        expected = self.model.update(name, id_, named, version)
        assert (payload["outcome"] or REJECTED) == expected, (named, payload)
        assert bool(payload["userErrors"]) == (expected == REJECTED), payload

    @precondition(lambda self: any(table.rows or table.gone for table in self.model.tables.values()))
    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        name, [id_] = self._some(data, 1)
        payload = self._run("deleteCustomDataRecord", f"deleted {_CODES}", id=id_)
        table = self.model.tables[name]
        if table.active or id_ in table.gone:
            assert (payload["deleted"], payload["userErrors"]) == (self.model.delete(name, [id_])[0], [])
        else:
            assert (payload["deleted"], len(payload["userErrors"])) == (False, 1)

    @precondition(lambda self: any(table.rows or table.gone for table in self.model.tables.values()))
    @rule(data=st.data())
    def delete_several(self, data: st.DataObject) -> None:
        name, ids = self._some(data, 4)
        payload = self._run("bulkDeleteCustomDataRecords", f"results {{ deleted }} {_CODES}", definition=name, ids=ids)
        assert bool(payload["userErrors"]) == (not self.model.tables[name].active), payload
        if self.model.tables[name].active:
            assert [each["deleted"] for each in payload["results"]] == self.model.delete(name, ids)

    @rule(chosen=st.lists(names, unique=True, max_size=3))
    def override(self, chosen: list[str]) -> None:
        """Of those with a key: which of several rows wins is another rule."""
        chosen = [name for name in chosen if name not in self.model.tables or self.model.tables[name].unique]
        sources = [{"definition": each, "field": "price", "priority": n} for n, each in enumerate(chosen, 1)]
        payload = self.world.run(self.shop.override(*sources))
        refused = not set(chosen) <= self.model.tables.keys()
        assert bool(payload["userErrors"]) == refused, payload
        if not refused:
            self.model.sources = chosen

    @rule()
    def watch(self) -> None:
        self.look()

    def look(self) -> None:
        """Everything, compared."""
        listed = self._ask(_STATUSES)["customDataDefinitions"]
        assert {each["key"]: (each["status"], [field["name"] for field in each["fields"]]) for each in listed} == {
            key: ("ACTIVE" if table.active else "INACTIVE", table.fields) for key, table in self.model.tables.items()
        }
        for key, table in self.model.tables.items():
            page = self._ask(_READ, d=key)["customDataRecords"]
            if page["pageInfo"]["hasNextPage"]:
                continue
            assert {int(each["idRecord"]): (each["version"], each["data"]) for each in page["nodes"]} == {
                id_: (row.version, table.whole(row)) for id_, row in table.rows.items()
            }
        one, two = self.model.contacts
        for told in self._ask(_PRICES, one=one, two=two)["products"]["nodes"]:
            prices = [Decimal(told[name]) for name in ("none", "one", "two")]
            assert prices == [self.model.price(told["idProduct"], contact) for contact in (None, one, two)]

    def teardown(self) -> None:
        if hasattr(self, "model"):
            self.look()

    def _named(self, item: dict[str, Any]) -> dict[str, Any]:
        """The item with a contact's id for its number."""
        known = [*self.model.contacts, 987_654_321]
        contact = item.get("contact")
        return item if contact is None else {**item, "contact": known[contact]}

    def _some(self, data: st.DataObject, most: int) -> tuple[str, list[int]]:
        """A definition, and ids of records it has or had."""
        name = data.draw(st.sampled_from(sorted(k for k, t in self.model.tables.items() if t.rows or t.gone)))
        table = self.model.tables[name]
        ids = st.sampled_from([*table.rows, *table.rows, *table.gone])
        return name, data.draw(st.lists(ids, min_size=1, max_size=most, unique=True))

    def _run(self, mutation: str, selection: str, **input: Any) -> Any:
        return self.world.run(self.shop.run(mutation, selection, **input))

    def _ask(self, query: str, **variables: Any) -> Any:
        return self.world.run(self.shop.ask(query, **variables))


RELATIONS = [to("contact", "contacts"), to("product", "products")]
