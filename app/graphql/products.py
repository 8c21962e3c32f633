"""Products, at the price of whoever asks."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from functools import partial
from operator import itemgetter
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple, TypeAlias, cast

import strawberry

from app.domain import products as domain
from app.domain.definitions import Target
from app.domain.limits import PAGE_SIZE, SEARCH_LENGTH
from app.domain.prices import amounts_of, payable_of
from app.domain.text import text_problem
from app.execution import Answers, Column, attribute, batched, represents
from app.graphql.access import may_read, only_keys
from app.graphql.aggregate_types import Aggregates, FirstGroups, GroupOrders, GroupsBy, Having
from app.graphql.connection import After, Before, Connection, First, Last, PageArguments, connect, text_page
from app.graphql.contacts import ContactReference, contact_reference, find_contact
from app.graphql.context import Info
from app.graphql.definitions import DefinitionName, RelationName
from app.graphql.errors import Refusal, limit, refuse
from app.graphql.list_arguments import Orders, Where
from app.graphql.node import Node, opaque_id
from app.graphql.prices import ProductPricing, pricing_node
from app.graphql.selecting import asked_alone
from app.loaders.batching import then
from app.loaders.operation import CatalogueKey
from app.loaders.prices import NATIVE, Told, explained
from app.loaders.references import no_contact
from app.store.paging import Page
from app.tables import Table, column, table

if TYPE_CHECKING:
    from app.graphql.records import CustomDataRecord

ForContact = Annotated[
    ContactReference | None,
    strawberry.argument(description="Whose price. Inside a contact's products it defaults to that contact."),
]


Products: TypeAlias = Sequence["Product"]
Ids: TypeAlias = Sequence[str]
Viewers: TypeAlias = Sequence[int | None]


_PRICE, _DISCOUNT = itemgetter(0), itemgetter(1)  # of what is told of a product


class ShownProduct(NamedTuple):
    """What resolvers of a product are given: whose price it is, too, unless they are told another contact."""

    row: domain.Product
    viewer: int | None


@strawberry.type(description="A catalogue item.")
class Product(Node):
    is_type_of = represents(ShownProduct)
    id: strawberry.ID = opaque_id("Product")
    id_product: strawberry.ID = attribute("row.id")
    reference: str | None = attribute("row.reference")
    name: str = attribute("row.name")
    currency: str | None = attribute("row.currency")
    lang: str | None = attribute("row.lang")
    is_active: bool = attribute("row.is_active")
    native_price: Decimal = attribute("row.price", description="The catalogue's own price.")
    native_price_discount: Decimal | None = attribute(
        "row.price_discount", description="The catalogue's own reduced final price."
    )
    created_at: datetime = attribute("row.created_at")
    updated_at: datetime = attribute("row.updated_at")
    row: strawberry.Private[domain.Product]
    viewer: strawberry.Private[int | None]

    @batched(
        of=("row.id", "viewer", "row.price"),
        description="The price for this contact: the first override source that has one, else native.",
    )
    @staticmethod
    async def price(
        ids: Ids, viewers: Viewers, natives: Sequence[Decimal], info: Info, contact: ForContact = None
    ) -> Column[Decimal | None]:
        _, told = await _told(ids, viewers, info, contact)
        return amounts_of(natives, [*map(_PRICE, told)])

    @batched(
        of=("row.id", "viewer", "row.price_discount"),
        description="The reduced price for this contact, if there is one.",
    )
    @staticmethod
    async def price_discount(
        ids: Ids, viewers: Viewers, natives: Sequence[Decimal | None], info: Info, contact: ForContact = None
    ) -> Column[Decimal | None]:
        _, told = await _told(ids, viewers, info, contact)
        return amounts_of(natives, [*map(_DISCOUNT, told)])

    @batched(
        of=("row.id", "viewer", "row.price", "row.price_discount"), description="What this contact pays in the end."
    )
    @staticmethod
    async def payable(
        ids: Ids, viewers: Viewers, prices: Sequence[Decimal], discounts: Sequence[Decimal | None], info: Info,
        contact: ForContact = None,
    ) -> Column[Decimal | None]:  # fmt: skip
        _, told = await _told(ids, viewers, info, contact)
        return [
            payable_of(native, native_discount, price, discount)
            for native, native_discount, (price, discount, *_) in zip(prices, discounts, told, strict=True)
        ]

    @batched(
        of=("row", "row.id", "viewer"),
        description="The prices with their reasons: who won, and what came of every source.",
    )
    @staticmethod
    async def pricing(
        rows: Sequence[domain.Product], ids: Ids, viewers: Viewers, info: Info, contact: ForContact = None
    ) -> Column[ProductPricing]:
        contacts, told = await _told(ids, viewers, info, contact)
        model, amounts_only = await info.context.model(), info.context.viewer.contact_id is not None
        return [
            pricing_node(model, row, contact_id, explained(each), amounts_only=amounts_only)
            for row, contact_id, each in zip(rows, contacts, told, strict=True)
        ]

    @batched(
        description="A definition's records that point at this product. `field` names the relation where several do."
    )
    @staticmethod
    async def custom_data(
        parents: Products, info: Info, definition: DefinitionName, field: RelationName = None,
        first: First = None, after: After = None, last: Last = None, before: Before = None,
        where: Where = None, order_by: Orders = None,
    ) -> Column[
        Connection[Annotated["CustomDataRecord", strawberry.lazy("app.graphql.records")]] | None
    ]:  # fmt: skip
        from app.graphql.relations import Behind, records_behind

        only_keys(info)
        products = column(parents, "row.id")
        asked = (first, after, last, before)
        return await records_behind(info, Behind(Target.PRODUCTS, products, definition, field), asked, where, order_by)

    @batched(description="What a definition's records that point at this product amount to, in groups.")
    @staticmethod
    async def custom_data_aggregate(
        parents: Products, info: Info, definition: DefinitionName, field: RelationName = None,
        where: Where = None, group_by: GroupsBy = None, order_by: GroupOrders = None, first: FirstGroups = None,
        having: Having = None,
    ) -> Column[Aggregates | None]:  # fmt: skip
        from app.graphql.aggregates import GroupArguments
        from app.graphql.relations import Behind, groups_behind

        asked = GroupArguments(where, group_by, order_by, first, having)
        return await groups_behind(
            info, Behind(Target.PRODUCTS, [parent.row.id for parent in parents], definition, field), asked
        )


async def _told(
    ids: Ids, viewers: Viewers, info: Info, contact: ContactReference | None
) -> tuple[Viewers, Sequence[Told]]:
    """For each product whose price is asked, and what the sources say of it."""
    if contact is None:
        contacts = viewers
    else:
        may_read(info)
        contacts = [await find_contact(info, contact)] * len(ids)
    own = info.context.viewer.contact_id
    if own is not None and await info.context.loaders.contacts.load(own) is None:
        raise Refusal("CONTACT_NOT_FOUND", "The contact of this token is gone.")
    pairs: Sequence[Any] = list(zip(contacts, ids, strict=True))
    if None in contacts:
        pairs = [pair if pair[0] is not None else None for pair in pairs]
    told = await info.context.loaders.prices.load_many(pairs)
    if all(told):
        return contacts, told  # type: ignore[return-value]
    if contact is not None:
        refuse(no_contact(contact_reference(contact)))
    return contacts, [each or NATIVE for each in told]


def product_nodes(rows: Iterable[domain.Product | None], viewer: int | None) -> Any:
    if type(rows) is Table:
        return table(ShownProduct, [rows, [viewer] * len(rows)], len(rows))
    return [row and _shown((row, viewer)) for row in rows]


_shown: Callable[[tuple[object, ...]], ShownProduct] = partial(tuple.__new__, ShownProduct)


def load_products(info: Info, ids: Sequence[str | None]) -> Answers[Product | None]:
    """The products of these ids, aligned."""
    viewer = info.context.viewer.contact_id
    return then(info.context.loaders.products.ask(ids), lambda rows: product_nodes(rows, viewer))


async def load_product(info: Info, product_id: str, viewer: int | None = None) -> Product | None:
    row = await info.context.loaders.products.load(product_id)
    [product] = product_nodes([row], viewer or info.context.viewer.contact_id)
    return cast(Product | None, product)


async def catalogue(
    info: Info, asked: PageArguments, search: str | None = None, *, active: bool = False, viewer: int | None = None
) -> Connection[Product]:
    """A page of the products, in order of id."""
    check_search(search)
    page = text_page(*asked)
    own = info.context.viewer.contact_id
    viewer = viewer or own
    key = CatalogueKey(page, search, active or own is not None)
    loaders = info.context.loaders
    load = loaders.catalogue.load_alone if asked_alone(info) else loaders.catalogue.load
    rows: Sequence[Any] = await load(key) or []

    async def counted() -> int:
        return await loaders.catalogue_counts.load(key) or 0

    return connect(rows, page, lambda shown: product_nodes(shown, viewer), counted)


async def chosen(info: Info, ids: Sequence[str]) -> Connection[Product]:
    """The products of these ids, in the order asked, once each; those that are not there are left out."""
    if len(ids) > PAGE_SIZE:
        raise Refusal(
            "LIMIT_EXCEEDED", f"{len(ids)} ids were sent; at most {PAGE_SIZE} fit.", **limit("ids", len(ids), PAGE_SIZE)
        )
    rows = await info.context.loaders.products.load_many(list(dict.fromkeys(ids)))
    found = [row for row in rows if row is not None]

    async def counted() -> int:
        return len(found)

    viewer = info.context.viewer.contact_id
    return connect(found, Page(len(found) + 1), lambda shown: product_nodes(shown, viewer), counted)


def check_search(search: str | None) -> None:
    """Raises Refusal for a search that is blank or too long."""
    if search is not None and not search.strip():
        raise Refusal("BAD_USER_INPUT", "search is blank. Leave it out to list everything.")
    if search is not None and len(search) > SEARCH_LENGTH:
        raise Refusal(
            "LIMIT_EXCEEDED",
            f"search has {len(search)} characters; at most {SEARCH_LENGTH} count.",
            **limit("search", len(search), SEARCH_LENGTH),
        )
    if search is not None and (unfit := text_problem(search, SEARCH_LENGTH)):
        raise Refusal("BAD_USER_INPUT", unfit)
