"""Products, at the price of whoever asks."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import strawberry

from app.domain import products as domain
from app.domain.limits import PAGE_SIZE, SEARCH_LENGTH
from app.domain.prices import payable
from app.domain.text import text_problem
from app.graphql.access import may_read, only_keys
from app.graphql.connection import After, Before, Connection, First, Last, PageArguments, connect, text_page
from app.graphql.contacts import ContactReference, find_contact
from app.graphql.context import Info
from app.graphql.definitions import DefinitionName, RelationName
from app.graphql.errors import Refusal, limit
from app.graphql.node import Node, encode
from app.graphql.prices import ProductPricing, field_prices, pricing_node
from app.loaders.operation import CatalogueKey
from app.loaders.prices import Quote
from app.store.paging import Page

if TYPE_CHECKING:
    from app.graphql.records import CustomDataRecord

ForContact = Annotated[
    ContactReference | None,
    strawberry.argument(description="Whose price. Inside a contact's products it defaults to that contact."),
]


@strawberry.type(description="A catalogue item.")
class Product(Node):
    id_product: strawberry.ID
    reference: str | None
    name: str
    currency: str | None
    lang: str | None
    is_active: bool
    native_price: Decimal = strawberry.field(description="The catalogue's own price.")
    native_price_discount: Decimal | None = strawberry.field(description="The catalogue's own reduced final price.")
    created_at: datetime
    updated_at: datetime
    row: strawberry.Private[domain.Product]
    viewer: strawberry.Private[int | None]

    @strawberry.field(description="The price for this contact: the first override source that has one, else native.")
    async def price(self, info: Info, contact: ForContact = None) -> Decimal | None:
        _, quote = await self._quote(info, contact)
        return field_prices(self.row, quote)[0].amount

    @strawberry.field(description="The reduced price for this contact, if there is one.")
    async def price_discount(self, info: Info, contact: ForContact = None) -> Decimal | None:
        _, quote = await self._quote(info, contact)
        return field_prices(self.row, quote)[1].amount

    @strawberry.field(description="What this contact pays in the end.")
    async def payable(self, info: Info, contact: ForContact = None) -> Decimal | None:
        _, quote = await self._quote(info, contact)
        return payable(*field_prices(self.row, quote))

    @strawberry.field(description="The prices with their reasons: who won, and what came of every source.")
    async def pricing(self, info: Info, contact: ForContact = None) -> ProductPricing:
        contact_id, quote = await self._quote(info, contact)
        return pricing_node(await info.context.model(), self.row, contact_id, quote, amounts_only=_to_a_contact(info))

    @strawberry.field(
        description="A definition's records that point at this product. `field` names the relation where several do."
    )
    async def custom_data(
        self, info: Info, definition: DefinitionName, field: RelationName = None,
        first: First = None, after: After = None, last: Last = None, before: Before = None,
    ) -> Connection[Annotated["CustomDataRecord", strawberry.lazy("app.graphql.records")]] | None:  # fmt: skip
        from app.graphql.records import records_of_product

        only_keys(info)
        return await records_of_product(info, definition, field, self.row.id, (first, after, last, before))

    async def _quote(self, info: Info, contact: ContactReference | None) -> tuple[int | None, Quote]:
        if contact is not None:
            may_read(info)
        contact_id = self.viewer if contact is None else await find_contact(info, contact)
        if contact_id is None:
            return None, {}
        if info.context.viewer.contact_id is not None and await info.context.loaders.contacts.load(contact_id) is None:
            raise Refusal("CONTACT_NOT_FOUND", "The contact of this token is gone.")
        quote = await info.context.loaders.prices.load((contact_id, self.row.id))
        return contact_id, quote or {}


def _to_a_contact(info: Info) -> bool:
    return info.context.viewer.contact_id is not None


def product_node(row: domain.Product, viewer: int | None = None) -> Product:
    return Product(
        id=encode("Product", row.id),
        id_product=strawberry.ID(row.id),
        reference=row.reference,
        name=row.name,
        currency=row.currency,
        lang=row.lang,
        is_active=row.is_active,
        native_price=row.price,
        native_price_discount=row.price_discount,
        created_at=row.created_at,
        updated_at=row.updated_at,
        row=row,
        viewer=viewer,
    )


async def load_product(info: Info, product_id: str, viewer: int | None = None) -> Product | None:
    row = await info.context.loaders.products.load(product_id)
    return product_node(row, viewer or info.context.viewer.contact_id) if row is not None else None


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
    rows = await loaders.catalogue.load(key) or []

    async def counted() -> int:
        return await loaders.catalogue_counts.load(key) or 0

    return connect(rows, page, lambda row: row.id, lambda row: product_node(row, viewer), counted)


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
    return connect(found, Page(len(found) + 1), lambda row: row.id, lambda row: product_node(row, viewer), counted)


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
