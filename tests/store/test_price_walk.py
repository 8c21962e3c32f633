"""The walk from contacts to a source's records, on the database: how it ends, and which of several rows it takes."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from app.domain.definitions import Definition, Model, OverrideSource, Relationship, Target
from app.domain.drafts import Planned
from app.domain.latest import choose_latest_by
from app.domain.paths import choose_path
from app.domain.slots import assign
from app.store import definitions
from app.store.administration import administering
from app.store.arrays import numbers, texts
from app.store.database import Database
from app.store.price_walk import Route, compose, routes
from app.store.prices import Walked, walk
from app.store.record_writes import Row, insert
from app.store.shops import create_shop
from app.store.statements import Statement
from tests.domain.price_models import ASSIGNMENT, CONTRACT, PRICING, VET, definition

PLAN = definition(90, "plan", "price:NUMBER fee:DECIMAL", {"product_id": "products"})
MEMBERSHIP = definition(91, "membership", "", {"contact_id": "contacts", "plan_id": 90})
NODE = definition(60, "node", "price:DECIMAL", {"contact_id": "contacts", "parent": 60, "product_id": "products"})
SECOND = definition(
    95, "second", "price:DECIMAL",
    {"other": 1, "contact_id": "contacts", "gift_id": "products", "product_id": "products"},
)  # fmt: skip
_DELETE = Statement("delete_record", "delete from records where shop_id = $1 and id = $2")


@dataclass
class Shelf:
    """One shop's definitions and records, written below all checks. Drafts' ids become the stored ones."""

    database: Database
    shop_id: int
    ids: dict[int, int] = field(default_factory=dict)
    by_key: dict[str, Definition] = field(default_factory=dict)

    async def define(self, draft: Definition) -> None:
        slots = assign(draft.fields, draft.relationships, draft.unique_keys)
        fields = tuple(replace(each, slot=slots.get(each.name)) for each in draft.fields)
        async with self.database.writing(self.shop_id) as session:
            stored = await definitions.insert(
                session,
                Planned(draft.key, draft.name, draft.key, None, fields, draft.relationships, draft.unique_keys),
            )
        self.ids[draft.id] = stored
        relations = tuple(map(self._stored_relation, draft.relationships))
        self.by_key[draft.key] = replace(draft, id=stored, fields=fields, relationships=relations)

    def _stored_relation(self, relation: Relationship) -> Relationship:
        to = relation.definition_id
        return (
            replace(relation, definition_id=self.ids[to]) if to and relation.target is Target.DEFINITION else relation
        )

    async def add(self, key: str, **data: Any) -> int:
        async with self.database.writing(self.shop_id) as session:
            [stored] = await insert(session, self.by_key[key], [Row(0, None, 1, data)])
        assert stored is not None
        return stored

    async def delete(self, record_id: int) -> None:
        async with self.database.writing(self.shop_id) as session:
            await session.fetch(_DELETE, record_id)

    def route(
        self, source: str, *, fields: str = "price", path: tuple[str, ...] | None = None, latest_by: str | None = None
    ) -> Route:
        model = Model(1, tuple(self.by_key.values()), ())
        chosen, problem = choose_path(model, self.by_key[source], path)
        assert chosen is not None, problem
        latest = choose_latest_by(model, chosen, latest_by)[0] if latest_by else None
        start = OverrideSource("price", 1, chosen.source, "", "product_id", chosen.stored, latest)
        [route] = routes(model, [replace(start, field=name) for name in fields.split()])
        return route

    async def found(self, route: Route, *pairs: tuple[int, str]) -> Walked:
        async with self.database.reading(self.shop_id) as session:
            return await walk(session, route, pairs)

    async def seen(self, route: Route, *pairs: tuple[int, str]) -> list[str | int | None]:
        """Which record was found for each pair, else why none was."""
        walked = await self.found(route, *pairs)
        return [id_ or outcome.name for id_, outcome in zip(walked.record_ids, walked.outcomes, strict=True)]


NewShelf = Callable[..., Awaitable[Shelf]]


@pytest.fixture
def new_shelf(database: Database, admin_url: str) -> NewShelf:
    async def new(*drafts: Definition) -> Shelf:
        async with administering(admin_url) as connection:
            shelf = Shelf(database, (await create_shop(connection, "price walks")).id)
        for draft in drafts:
            await shelf.define(draft)
        return shelf

    return new


@pytest.fixture
async def shelf(new_shelf: NewShelf) -> Shelf:
    """The veterinary case."""
    return await new_shelf(VET, PRICING, ASSIGNMENT)


async def test_how_a_walk_ends(shelf: Shelf) -> None:
    martin, durand, gone = [await shelf.add("veterinarian", nom=name) for name in ("Martin", "Durand", "Gone")]
    price = await shelf.add("vet_pricing", veto_id=martin, product_id="012", price="64.00")
    empty = await shelf.add("vet_pricing", veto_id=durand, product_id="012", price=None)
    await shelf.add("vet_pricing", veto_id=gone, product_id="012", price="1")
    linked = {"a vet": martin, "no price": durand, "a vet that is gone": gone, "nobody": None, "not even a vet": price}
    for contact, vet in enumerate(linked.values(), 1):
        await shelf.add("vet_assignment", contact_id=contact, veto_id=vet)
    await shelf.delete(gone)
    pairs = [(contact, "012") for contact in range(1, 7)]
    assert await shelf.seen(shelf.route("vet_pricing"), *pairs) == [
        price, empty, "DANGLING", "NO_LINK", "DANGLING", "NO_LINK",
    ]  # fmt: skip


async def test_answers_are_aligned_with_pairs_and_product_ids_are_text(shelf: Shelf) -> None:
    vet = await shelf.add("veterinarian", nom="Martin")
    price = await shelf.add("vet_pricing", veto_id=vet, product_id="012", price="64.00", price_discount="60.5")
    await shelf.add("vet_assignment", contact_id=1, veto_id=vet)
    route = shelf.route("vet_pricing", fields="price price_discount")
    pairs = [(1, "12"), (1, "012"), (2, "012"), (1, "012")]
    assert await shelf.seen(route, *pairs) == ["NO_RECORD", price, "NO_LINK", price]
    walked = await shelf.found(route, *pairs)
    assert [*zip(*walked.values, strict=True)][:2] == [(None, None), ("64.00", "60.5")]
    assert set(walked.known) == {False}  # prices may hang on a contact that is gone


async def test_one_row_for_each_hop_two_vets_never_mix(shelf: Shelf) -> None:
    first, second = [await shelf.add("veterinarian", nom=name) for name in "ab"]
    p_first = await shelf.add("vet_pricing", veto_id=first, product_id="p", price="1")
    p_second = await shelf.add("vet_pricing", veto_id=second, product_id="p", price="2")
    q_first = await shelf.add("vet_pricing", veto_id=first, product_id="q", price="3")
    since = {1: ("2026-02-01", "2026-01-01"), 2: ("2026-02-01", None), 3: ("2026-02-01", "2026-02-01")}
    for contact, (earlier, later) in since.items():
        await shelf.add("vet_assignment", contact_id=contact, veto_id=first, since=earlier)
        await shelf.add("vet_assignment", contact_id=contact, veto_id=second, since=later)
    by_id, by_since = shelf.route("vet_pricing"), shelf.route("vet_pricing", latest_by="since")
    assert await shelf.seen(by_id, (1, "p"), (1, "q")) == [p_second, "NO_RECORD"]
    assert await shelf.seen(by_since, (1, "p"), (1, "q")) == [p_first, q_first]
    assert await shelf.seen(by_since, (2, "p"), (3, "p")) == [p_first, p_second]  # null is earliest, ids break ties


@pytest.mark.parametrize("latest_by", ["price", "signed"])
async def test_the_latest_contract_is_told_exactly(new_shelf: NewShelf, latest_by: str) -> None:
    shelf = await new_shelf(CONTRACT)
    exact, earlier = "0.1000000000000000000001", "2026-01-31T10:00:00Z"
    latest = await shelf.add(
        "contract", contact_id=1, product_id="p", price=exact, signed="2026-01-31T10:00:00.100000Z"
    )
    last = await shelf.add("contract", contact_id=1, product_id="p", price="0.1", signed=earlier)
    pairs = [(1, "p"), (2, "p"), (1, "q")]
    assert await shelf.seen(shelf.route("contract"), *pairs) == [last, "NO_RECORD", "NO_RECORD"]
    assert await shelf.seen(shelf.route("contract", latest_by=latest_by), *pairs) == [latest, "NO_RECORD", "NO_RECORD"]


async def test_a_source_that_is_pointed_at(new_shelf: NewShelf) -> None:
    shelf = await new_shelf(PLAN, MEMBERSHIP)
    plan = await shelf.add("plan", product_id="p", price=5, fee="1.50")
    gone = await shelf.add("plan", product_id="p", price=6)
    await shelf.add("membership", contact_id=1, plan_id=plan)
    await shelf.add("membership", contact_id=2, plan_id=gone)
    await shelf.delete(gone)
    route = shelf.route("plan", fields="price fee")
    assert await shelf.seen(route, (1, "p"), (1, "q"), (2, "p"), (3, "p")) == [plan, "NO_RECORD", "DANGLING", "NO_LINK"]
    assert [*zip(*(await shelf.found(route, (1, "p"))).values, strict=True)] == [("5", "1.50")]


async def test_a_definition_that_points_at_itself(new_shelf: NewShelf) -> None:
    shelf = await new_shelf(NODE)
    root = await shelf.add("node", contact_id=1, product_id="p", price="1")
    child = await shelf.add("node", parent=root, product_id="p", price="2")
    assert await shelf.seen(shelf.route("node", path=("parent", "contact_id")), (1, "p")) == [child]
    up_and_down = shelf.route("node", path=("node.parent", "parent", "contact_id"))
    assert await shelf.seen(up_and_down, (1, "p")) == [root]


async def test_slots_beside_the_price_index(new_shelf: NewShelf) -> None:
    shelf = await new_shelf(VET, SECOND)
    price = await shelf.add("second", other=None, contact_id=1, gift_id="g", product_id="p", price="2")
    route = shelf.route("second")
    assert (route.source.column, route.product) == ("ref2", "product2")
    assert await shelf.seen(route, (1, "p"), (1, "g")) == [price, "NO_RECORD"]


async def test_another_shop_finds_nothing_even_without_the_first_lock(new_shelf: NewShelf) -> None:
    mine, other = await new_shelf(CONTRACT), await new_shelf(CONTRACT)
    price = await mine.add("contract", contact_id=1, product_id="p", price="1")
    route = mine.route("contract")
    assert await mine.seen(route, (1, "p")) == [price]
    assert await other.seen(route, (1, "p")) == ["NO_RECORD"]
    statement, parameters = compose(route)
    unlocked = Statement("unlocked", statement.sql.replace("r.shop_id = $1", "$1::bigint is not null"))
    async with other.database.reading(other.shop_id) as session:
        [row] = await session.fetch(unlocked, numbers([1]), numbers([1]), texts(["p"]), *parameters)
    assert row["id"] is None


async def test_routes_of_one_shape_share_their_statement(new_shelf: NewShelf) -> None:
    one, other = await new_shelf(VET, PRICING, ASSIGNMENT), await new_shelf(VET, PRICING, ASSIGNMENT)
    assert one.route("vet_pricing") != other.route("vet_pricing")
    assert compose(one.route("vet_pricing"))[0] == compose(other.route("vet_pricing"))[0]
